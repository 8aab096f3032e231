"""What the database itself refuses: to change a sealed snapshot, or the side that somebody or something is on.

The triggers are taken away before migrations and made again after them: SQLite makes a table anew to alter it, and
forgets its triggers.
"""

from typing import Any, NamedTuple

from django.apps import AppConfig
from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper

NEVER_CHANGED = "A snapshot is sealed: it is never changed. Make another one."
SIDE_IS_FOR_GOOD = "The side of a writer or a picture is for good."


class Guard(NamedTuple):
    """A trigger: `when` is SQL over OLD and NEW under which a row isn't written."""

    name: str
    table: str
    event: str
    when: str
    message: str


_SEALED = "EXISTS (SELECT 1 FROM predictor_dataset WHERE id = {row}.dataset_id AND sealed)"
GUARDS = (
    Guard("dataset_sealed", "predictor_dataset", "UPDATE", "OLD.sealed", NEVER_CHANGED),
    Guard("dataset_item_late", "predictor_datasetitem", "INSERT", _SEALED.format(row="NEW"), NEVER_CHANGED),
    Guard("dataset_item_sealed", "predictor_datasetitem", "UPDATE", _SEALED.format(row="OLD"), NEVER_CHANGED),
    Guard("picture_side_fixed", "predictor_pictureside", "UPDATE", "TRUE", SIDE_IS_FOR_GOOD),
    Guard(
        "owner_side_fixed",
        "predictor_owner",
        "UPDATE OF side",
        "OLD.side <> '' AND NEW.side <> OLD.side",
        SIDE_IS_FOR_GOOD,
    ),
    Guard(
        "drawing_owner_fixed",
        "predictor_drawing",
        "UPDATE OF owner_id",
        "NEW.owner_id <> OLD.owner_id",
        SIDE_IS_FOR_GOOD,
    ),
)


def take_away(sender: AppConfig, using: str, **_: Any) -> None:
    """Before migrations."""
    _each(using, _drop)


def put_up(sender: AppConfig, using: str, apps: Any = None, **_: Any) -> None:
    """After migrations; not where they went back to before there were sealed snapshots."""
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
