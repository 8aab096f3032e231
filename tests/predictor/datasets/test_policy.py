"""The settings of datasets: checked when they are made."""

from typing import Any

import pytest

from predictor.datasets.policy import DatasetPolicy


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"writer_share": 0.0}, "a share above 0"),
        ({"writer_share": 20}, "up to 1"),
        ({"duplicate_bits": 4}, "from 0 to 3"),
        ({"upload_drawings": 0}, "upload_drawings=0: at least 1"),
    ],
)
def test_a_value_out_of_range_is_refused(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        DatasetPolicy(**values)
