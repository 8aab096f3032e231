"""A site that is filled with made-up drawings, and the measurement of its pages."""

from collections import Counter
from typing import Any

import pytest
from django.core.management import CommandError
from django.db.models import Count

from predictor.models import Drawing, Label, Owner, Prediction, ReviewAction, ReviewItem
from predictor.review import queue_items
from tests.predictor.people import Person
from tests.predictor.stored import run


@pytest.fixture
def populated(champion: Any) -> str:
    return run("populate", "--drawings", 300, "--visitors", 40)


def test_every_visitor_has_a_drawing_and_some_have_many(populated: str) -> None:
    assert populated == "300 drawings of 40 visitors made. No worker reads them.\n"
    counts = Owner.objects.annotate(count=Count("drawings")).values_list("count", flat=True)
    assert (len(counts), sum(counts)) == (40, 300)
    assert min(counts) >= 1
    assert max(counts) >= 15


def test_the_drawings_are_like_those_of_a_site_in_use(populated: str) -> None:
    made = Drawing.objects.order_by("created_at").values_list("created_at", flat=True)
    assert 170 < (made.last() - made.first()).days < 180
    kinds = Counter(Prediction.objects.values_list("kind", "status"))
    assert kinds["live", "done"] > 350
    assert 10 < kinds["shadow", "done"] < 60
    assert {"proposed", "accepted"} <= set(Label.objects.values_list("state", flat=True))
    decided = Label.objects.filter(state__in=("accepted", "rejected"))
    assert ReviewAction.objects.count() == decided.count() > 0
    assert ReviewItem.objects.filter(closed_at=None).count() > 20
    assert not queue_items.catch_up()


def test_only_a_new_site_is_filled(owner: Person) -> None:
    owner.draws()
    with pytest.raises(CommandError, match="This site has drawings"):
        run("populate", "--drawings", 10)
    assert Drawing.objects.count() == 1


def test_each_visitor_needs_a_drawing(db: None) -> None:
    with pytest.raises(CommandError, match="a drawing for each visitor"):
        run("populate", "--drawings", 10, "--visitors", 11)


@pytest.mark.slow
def test_the_pages_of_a_site_are_measured_and_nothing_stays(populated: str) -> None:
    printed = run("bench", "--pages")
    for path in ("/history/", "/api/v1/drawings/?text=99999", "/admin/predictor/owner/", "/admin/review/grid/"):
        [line] = [line for line in printed.splitlines() if line.split()[0] == path]
        assert float(line.split()[1]) > 0
        assert 1 <= int(line.split()[2]) < 20
    assert not ReviewItem.objects.filter(claimed_by__isnull=False).exists()


def test_a_site_without_drawings_has_nothing_to_measure(db: None) -> None:
    with pytest.raises(CommandError, match=r"manage\.py populate"):
        run("bench", "--pages")
