"""Triggers by which the database refuses to change a sealed snapshot, or the side of a writer or a picture.

They are dropped before migrations and created again after them, because SQLite alters a table by rebuilding it, and
loses its triggers.
"""

from typing import Any, NamedTuple

from django.apps import AppConfig
from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper

SNAPSHOT_NEVER_CHANGES = "A sealed snapshot never changes. Make another one."
SIDE_NEVER_CHANGES = "The side of a writer or a picture never changes."


class Guard(NamedTuple):
    """A trigger that refuses a write if `when`, an SQL condition on OLD and NEW, holds."""

    name: str
    table: str
    event: str
    when: str
    message: str


_SEALED = "EXISTS (SELECT 1 FROM predictor_dataset WHERE id = {row}.dataset_id AND sealed)"
GUARDS = (
    Guard("dataset_sealed", "predictor_dataset", "UPDATE", "OLD.sealed", SNAPSHOT_NEVER_CHANGES),
    Guard("dataset_item_late", "predictor_datasetitem", "INSERT", _SEALED.format(row="NEW"), SNAPSHOT_NEVER_CHANGES),
    Guard("dataset_item_sealed", "predictor_datasetitem", "UPDATE", _SEALED.format(row="OLD"), SNAPSHOT_NEVER_CHANGES),
    Guard("picture_side_fixed", "predictor_pictureside", "UPDATE", "TRUE", SIDE_NEVER_CHANGES),
    Guard(
        "owner_side_fixed",
        "predictor_owner",
        "UPDATE OF side",
        "OLD.side <> '' AND NEW.side <> OLD.side",
        SIDE_NEVER_CHANGES,
    ),
    Guard(
        "drawing_owner_fixed",
        "predictor_drawing",
        "UPDATE OF owner_id",
        "NEW.owner_id <> OLD.owner_id",
        SIDE_NEVER_CHANGES,
    ),
)


def drop(sender: AppConfig, using: str, **_: Any) -> None:
    """Drops the triggers before migrations."""
    _each(using, _drop)


def create(sender: AppConfig, using: str, apps: Any = None, **_: Any) -> None:
    """Creates the triggers after migrations, unless these went back to before sealed snapshots existed."""
    if apps is None or hasattr(apps.get_model("predictor", "Dataset"), "sealed"):
        _each(using, _create)


def _each(using: str, statements: Any) -> None:
    connection = connections[using]
    if not router.allow_migrate(using, "predictor"):
        return
    with connection.cursor() as cursor:
        for guard in GUARDS:
            for statement in statements(connection, guard):
                cursor.execute(statement)


def _drop(connection: BaseDatabaseWrapper, guard: Guard) -> list[str]:
    if connection.vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {guard.name}"]
    return [f"DROP FUNCTION IF EXISTS {guard.name}() CASCADE"]


def _create(connection: BaseDatabaseWrapper, guard: Guard) -> list[str]:
    head = f"TRIGGER {{}} {guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH ROW"
    if connection.vendor == "sqlite":
        refusal = f"WHEN {guard.when} BEGIN SELECT RAISE(ABORT, '{guard.message}'); END"
        return [f"CREATE {head.format('IF NOT EXISTS')} {refusal}"]
    refusal = (
        f"BEGIN IF {guard.when} THEN RAISE EXCEPTION '{guard.message}'"
        " USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END"
    )
    return [
        f"CREATE OR REPLACE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $$ {refusal} $$",
        f"CREATE OR REPLACE {head.format('')} EXECUTE FUNCTION {guard.name}()",
    ]
