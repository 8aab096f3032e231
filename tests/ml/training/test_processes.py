"""Long jobs on all cores."""

import subprocess
from functools import partial
from operator import add, truediv

import pytest

from ml.training.processes import spread


def test_every_item_is_done_once_and_in_order() -> None:
    made = list(spread(partial(add, 1), range(7), 3))
    assert made == [[1, 2, 3], [4, 5, 6], [7]]


def test_a_single_share_is_done_in_this_process() -> None:
    seen: list[int] = []
    assert list(spread(seen.append, [1, 2], 2)) == [[None, None]]
    assert seen == [1, 2]


def test_a_failure_ends_the_job(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        list(spread(partial(truediv, 1), [1, 0], 1))
    assert "ZeroDivisionError" in capfd.readouterr().err
