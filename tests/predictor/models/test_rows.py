"""What the database itself refuses, whoever asks: the state machines' last line of defence."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from predictor.models import Drawing, ModelVersion, Owner, Prediction, TrainingRun
from tests.predictor.stored import queued, store


@pytest.mark.parametrize("wrong", [{"revision": 0}, {"mode": "letters"}, {"source": "elsewhere"}])
def test_a_drawing_is_of_a_known_kind(writer: Owner, wrong: dict[str, Any]) -> None:
    values = {"owner": writer, "image": b"", "width": 1, "height": 1, **wrong}
    with pytest.raises(IntegrityError), transaction.atomic():
        Drawing.objects.create(**values)


def test_a_revision_has_one_live_prediction(writer: Owner) -> None:
    live = queued(writer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Prediction.objects.create(drawing=live.drawing, revision=1, preprocessing_version=1)
    for kind in ("reread", "reread", "shadow"):
        Prediction.objects.create(drawing=live.drawing, revision=1, preprocessing_version=1, kind=kind)


@pytest.mark.parametrize(
    "wrong", [{"status": "lost"}, {"kind": "dead"}, {"status": "done"}, {"status": "done", "done_at": timezone.now()}]
)
def test_a_prediction_is_in_a_known_state_and_done_by_a_network(writer: Owner, wrong: dict[str, Any]) -> None:
    live = queued(writer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Prediction.objects.filter(pk=live.pk).update(**wrong)


def test_a_visitors_key_is_theirs_alone(writer: Owner) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Owner.objects.create(key=writer.key)


def test_a_training_is_in_a_known_state(db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingRun.objects.create(status="resting")


def test_rows_say_what_they_are_where_they_are_listed(writer: Owner, champion: ModelVersion) -> None:
    drawing = store(writer)
    assert str(drawing) == str(drawing.pk)
    assert str(writer) == "visitor writer"
    assert str(champion) == f"version {champion.pk}"
    assert str(drawing.predictions.get()) == "– (queued)"


@pytest.mark.parametrize("model", [Drawing, Prediction])
def test_no_index_of_a_large_table_is_the_beginning_of_another(db: None, model: Any) -> None:
    """Each index takes bytes, and time of each new drawing."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    declared = (*model._meta.indexes, *model._meta.constraints)
    partial = {each.name for each in declared if getattr(each, "condition", None)}
    indexes = {name: each["columns"] for name, each in found.items() if each["index"] and name not in partial}
    # Of expressions, and PostgreSQL's for searches by the beginning.
    whole = {
        name: columns for name, columns in indexes.items() if columns and all(columns) and not name.endswith("_like")
    }
    for name, columns in whole.items():
        longer = [other for other, theirs in whole.items() if other != name and theirs[: len(columns)] == columns]
        assert not longer, name
