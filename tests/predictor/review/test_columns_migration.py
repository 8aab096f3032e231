"""The rows of the queue and of the log keep their lane when `kind` becomes columns."""

import importlib
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from predictor.models import Owner, ReviewAction, ReviewItem
from tests.predictor.stored import store

MIGRATION = importlib.import_module("predictor.migrations.0009_review_item_columns")
KINDS = {
    "7 disagrees 1": ("7", "disagrees", "1"),
    "7 disagrees –": ("7", "disagrees", ""),
    "– disagrees 7": ("nothing", "disagrees", "7"),
    "7 versions –": ("7", "versions", ""),
    "4 unsure 9": ("4", "unsure", "9"),
    "7 unsure": ("7", "unsure", ""),
    "0 label": ("0", "label", ""),
    "? label": ("unread", "label", ""),
    "7 audit": ("7", "audit", ""),
    "number 3 disagrees": ("number", "disagrees", "3"),
    "number ? label": ("number", "label", ""),
    "disputed": ("", "disputed", ""),
    "second 15": ("", "second", "15"),
}


def _old(model: str) -> Any:
    """A model as the migration before has it."""
    return (
        MigrationExecutor(connection)
        .loader.project_state(MIGRATION.Migration.dependencies[0])
        .apps.get_model("predictor", model)
    )


def test_every_kind_is_split_into_its_columns(transactional_db: None) -> None:
    owner = Owner.objects.create(key="writer")
    drawings = {kind: store(owner) for kind in (*KINDS, "")}
    try:
        call_command("migrate", "predictor", MIGRATION.Migration.dependencies[0][1], verbosity=0)
        items, actions, mark = _old("ReviewItem"), _old("ReviewAction"), _old("ReviewMark")
        for kind, drawing in drawings.items():
            if kind:
                items.objects.create(drawing_id=drawing.pk, kind=kind, reasons=["label"], score=1.5)
            actions.objects.create(drawing_id=drawing.pk, kind=kind, revision=1, what="skipped")
        mark.objects.create(pk=1, done_at=drawings[""].created_at, prediction_id=7)
    finally:
        call_command("migrate", "predictor", verbosity=0)
    for kind, columns in KINDS.items():
        item = ReviewItem.objects.get(drawing=drawings[kind])
        action = ReviewAction.objects.get(drawing=drawings[kind])
        assert item.lane == action.lane == columns, kind
    assert (item.score, item.reasons) == (1.5, ["label"])
    outside = ReviewAction.objects.get(drawing=drawings[""])
    assert (outside.read_as, outside.reason, outside.detail) == ("", "", "")
