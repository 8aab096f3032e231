"""Drawings that are too old or too many are deleted as by their visitors: by command, and by the hourly upkeep."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError
from django.db import connection
from django.utils import timezone

from predictor.datasets import snapshots
from predictor.drawings import intake, retention
from predictor.models import Drawing, ForgottenDrawing, Label, Owner, Prediction, ReviewAction, ReviewItem
from predictor.review import labels as review_labels
from tests.predictor.people import Person
from tests.predictor.stored import learn, run, snapshot, store


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PAUSE_SECONDS", 0)


def _aged(drawing: Drawing, days: float) -> Drawing:
    Drawing.objects.filter(pk=drawing.pk).update(created_at=timezone.now() - timedelta(days=days))
    return drawing


@pytest.fixture
def drawings(writer: Owner, reviewer: User) -> dict[str, Drawing]:
    """Drawings of each kind, old and new."""
    made = {
        "unlabelled, old": _aged(store(writer), 100),
        "unlabelled": _aged(store(writer), 20),
        "unlabelled, young": _aged(store(writer), 0.5),
        "withdrawn, old": _aged(store(writer), 90),
        "said, old": _aged(store(writer), 120),
        "said": _aged(store(writer), 30),
        "learned, old": _aged(learn(writer, reviewer), 300),
    }
    for name, drawing in made.items():
        if name.startswith(("said", "withdrawn")):
            review_labels.propose_label(drawing=drawing, text="7", owner=writer)
    review_labels.withdraw_label(drawing=made["withdrawn, old"], owner=writer)
    return made


def _left(drawings: dict[str, Drawing]) -> set[str]:
    there = set(Drawing.objects.values_list("pk", flat=True))
    return {name for name, drawing in drawings.items() if drawing.pk in there}


ALL = {"unlabelled, old", "unlabelled", "unlabelled, young", "withdrawn, old", "said, old", "said", "learned, old"}


def test_what_is_older_goes_but_what_may_be_learned_from_stays(drawings: dict[str, Drawing]) -> None:
    said = run("purge", "--days", 60)
    assert _left(drawings) == {"unlabelled", "unlabelled, young", "said", "learned, old"}
    assert said == (
        "2 of the drawings without a label\n1 of the drawings with a label, but without consent\n"
        "3 of 7 drawings are deleted.\n0 visitors without a drawing or an account are deleted.\n"
        "3 drawings and 0 visitors deleted.\n"
    )


@pytest.mark.parametrize(
    ("most", "gone"),
    [
        (7, set()),
        (6, {"unlabelled, old"}),
        (4, {"unlabelled, old", "withdrawn, old", "unlabelled"}),
        (3, {"unlabelled, old", "withdrawn, old", "unlabelled", "said, old"}),
        (1, {"unlabelled, old", "withdrawn, old", "unlabelled", "said, old", "said"}),
    ],
)
def test_of_too_many_the_oldest_go_those_without_a_label_first(
    drawings: dict[str, Drawing], most: int, gone: set[str]
) -> None:
    run("purge", "--drawings", most)
    assert ALL - _left(drawings) == gone


def test_what_is_too_old_counts_towards_the_number(drawings: dict[str, Drawing]) -> None:
    run("purge", "--days", 110, "--drawings", 6)
    assert ALL - _left(drawings) == {"said, old"}


def test_what_may_be_learned_from_goes_if_told(drawings: dict[str, Drawing], settings: Any) -> None:
    run("purge", "--days", 60, "--labelled")
    assert _left(drawings) == {"unlabelled", "unlabelled, young", "said"}
    settings.DIGITSITE_PURGE_LABELLED = True
    assert "0 of the drawings with a label and consent" in run("purge", "--days", 60, "--dry-run")


def test_a_dry_run_deletes_nothing(drawings: dict[str, Drawing]) -> None:
    said = run("purge", "--days", 60, "--dry-run")
    assert "3 of 7 drawings would be deleted.\n" in said
    assert _left(drawings) == ALL


@pytest.fixture
def strangers(db: None, reviewer: User) -> list[str]:
    """Old owners who have nothing, and others who have something or are young; returns the keys of the first."""
    old = timezone.now() - timedelta(days=90)
    keys = ["gone", "forgotten"]
    made = [Owner(key=key) for key in keys]
    made += [Owner(key="young"), Owner(key="user", user=reviewer), Owner(key="draws"), Owner(key="sided", side="train")]
    made.append(Owner(key="excluded", excluded_at=old))
    for owner in made:
        owner.save()
    Owner.objects.exclude(key="young").update(created_at=old)
    store(made[4])
    return keys


def _keys() -> set[str]:
    return set(Owner.objects.values_list("key", flat=True))


def test_old_visitors_who_have_nothing_go_and_no_others(strangers: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 1)
    before = _keys()
    said = run("purge", "--days", 60, "--dry-run")
    assert "2 visitors without a drawing or an account would be deleted." in said
    assert _keys() == before
    assert run("purge", "--days", 60).endswith("0 drawings and 2 visitors deleted.\n")
    assert before - _keys() == set(strangers)


def test_a_number_of_drawings_says_nothing_of_visitors(strangers: list[str]) -> None:
    assert "0 visitors" in run("purge", "--drawings", 100)
    assert set(strangers) <= _keys()


def test_a_visitor_who_draws_meanwhile_stays(strangers: list[str]) -> None:
    planned = retention.empty_owners(retention.RetentionPolicy(days=60))
    assert planned.count() == 2
    store(Owner.objects.get(key="gone"))
    assert sum(retention.purge_owners(planned)) == 1
    assert "gone" in _keys()


def test_without_a_limit_it_says_how_to_set_one(drawings: dict[str, Drawing]) -> None:
    for arguments in ((), ("--days", 0), ("--days", -1, "--drawings", 3)):
        with pytest.raises(CommandError, match="DIGITSITE_KEEP_DAYS"):
            run("purge", *arguments)
    assert _left(drawings) == ALL


def test_limits_of_the_settings_hold_where_none_is_given(drawings: dict[str, Drawing], settings: Any) -> None:
    settings.DIGITSITE_KEEP_DAYS = 60
    assert "3 of 7" in run("purge", "--dry-run")
    assert "1 of 7" in run("purge", "--dry-run", "--days", 110)


def test_nothing_of_it_is_left_but_its_id_and_snapshots_stay_whole(
    drawings: dict[str, Drawing], writer: Owner, owner: Person
) -> None:
    drawing = _aged(owner.draws(), 400)
    dataset = snapshot()
    run("purge", "--days", 60, "--labelled")
    for rows in (Prediction, Label, ReviewItem, ReviewAction):
        assert not rows.objects.filter(drawing__isnull=False).exclude(drawing__in=Drawing.objects.all()).exists()
    assert ForgottenDrawing.objects.count() == 5
    assert owner.put(drawing.pk, 2).status_code == 404
    assert snapshots.is_intact(dataset)
    assert dataset.items.count() == 1
    writer.refresh_from_db()
    assert writer.side


def test_it_works_in_batches_that_begin_where_the_last_one_ended(
    drawings: dict[str, Drawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 1)
    surpluses = retention.plan(retention.RetentionPolicy(days=60))
    assert list(retention.purge(surpluses)) == [1, 1, 1]


def test_a_drawing_that_was_labelled_in_the_meantime_stays(drawings: dict[str, Drawing], writer: Owner) -> None:
    surpluses = retention.plan(retention.RetentionPolicy(days=95))
    review_labels.propose_label(drawing=drawings["unlabelled, old"], text="7", owner=writer)
    list(retention.purge(surpluses))
    assert "unlabelled, old" in _left(drawings)
    unlabelled = surpluses[0].drawings
    assert intake.forget_among(drawings=unlabelled, ids=[drawings["said"].pk, drawings["unlabelled"].pk]) == 1


def test_the_oldest_are_found_along_an_index(drawings: dict[str, Drawing]) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by the size of its tables, which are small here")
    [surplus, *_] = retention.plan(retention.RetentionPolicy(days=60))
    after = (timezone.now(), drawings["said"].pk)
    sql, parameters = retention._oldest(surplus.drawings, after).values("pk")[:100].query.sql_with_params()
    with connection.cursor() as cursor:
        plan = [row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]
    assert "drawing_newest" in plan[0], plan
    assert not [step for step in plan if "TEMP B-TREE" in step], plan
