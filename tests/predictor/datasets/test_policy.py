"""The settings of datasets: checked when they are made."""

from typing import Any

import pytest

from predictor.datasets.policy import DatasetPolicy


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"writer_share": 0.0}, r"DATASETS\.writer_share is 0\.0: it must be above 0"),
        ({"writer_share": 20}, "up to 1"),
        ({"writer_share": float("nan")}, "a finite number"),
        ({"writer_share": "0.2"}, "a finite number"),
        ({"writer_least": 1.5}, "a whole number"),
        ({"duplicate_bits": True}, "a whole number"),
        ({"duplicate_bits": 4}, "from 0 to 3"),
        ({"upload_drawings": 0}, r"DATASETS\.upload_drawings is 0: it must be at least 1"),
    ],
)
def test_a_value_out_of_range_is_refused(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        DatasetPolicy(**values)
