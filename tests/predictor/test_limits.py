"""Counts in Redis: all of a thing's counters count, or none does."""

import threading
import time
from typing import Any

import pytest

from predictor import limits
from predictor.errors import Throttled


def _admitted(*counters: limits.Counter) -> bool:
    try:
        limits.count(list(counters))
    except Throttled:
        return False
    return True


def test_as_many_as_the_rate_says_are_let_in_and_the_next_is_told_when(redis: Any) -> None:
    [counter] = limits.counter("exports", "someone", (3, 600))
    assert [_admitted(counter) for _ in range(4)] == [True, True, True, False]
    with pytest.raises(Throttled) as refused:
        limits.count([counter])
    assert 590 < refused.value.retry_after <= 600
    assert "more than 3 times in 600 s" in refused.value.message


def test_a_factor_makes_it_more_or_less_and_no_rate_counts_nothing(redis: Any) -> None:
    assert limits.counter("exports", "someone", (3, 600), factor=4)[0].times == 12
    assert limits.counter("readings", "someone", (300, 60), factor=0.5)[0].times == 150
    assert limits.counter("exports", "someone", None) == []
    limits.count([])
    assert redis.keys("*") == []


def test_what_one_counter_refuses_uses_up_nothing_of_the_others(redis: Any) -> None:
    mine, all_of_us = limits.Counter("mine", 1, 60), limits.Counter("all", 2, 60)
    assert [_admitted(mine, all_of_us) for _ in range(5)] == [True, False, False, False, False]
    assert _admitted(limits.Counter("yours", 1, 60), all_of_us)
    assert not _admitted(limits.Counter("theirs", 1, 60), all_of_us)
    assert _admitted(limits.Counter("theirs", 1, 60)), "the address was full, so nothing was counted"


def test_many_at_once_are_counted_one_by_one(redis: Any) -> None:
    counter, admitted = limits.Counter("one", 20, 60), []
    threads = [threading.Thread(target=lambda: admitted.append(_admitted(counter))) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert admitted.count(True) == 20


def test_the_count_begins_anew_when_its_time_is_over(redis: Any) -> None:
    counter = limits.Counter("one", 1, 1)
    assert [_admitted(counter), _admitted(counter)] == [True, False]
    time.sleep(1.1)
    assert _admitted(counter)
    assert 0 < redis.pttl("one") <= 1000, "or it would stay in Redis for good"


def test_without_redis_nothing_is_limited(redis_is_gone: None) -> None:
    assert all(_admitted(limits.Counter("one", 1, 60)) for _ in range(3))
    limits.reset([limits.Counter("one", 1, 60)])
