"""Work with a time limit."""

import threading

import pytest

from ml.deadline import TooLong, check, limited


def test_work_without_a_limit_takes_as_long_as_it_takes() -> None:
    check()
    with limited(60):
        check()


def test_work_over_its_limit_ends_and_what_follows_does_not() -> None:
    with pytest.raises(TooLong), limited(-1):
        check()
    check()


def test_a_limit_within_another_does_not_exceed_it() -> None:
    with limited(-1), limited(60), pytest.raises(TooLong):
        check()


def test_the_limit_is_that_of_one_thread() -> None:
    passed: list[bool] = []

    def work() -> None:
        check()
        passed.append(True)

    with limited(-1):
        other = threading.Thread(target=work)
        other.start()
        other.join(30)
    assert passed == [True]
