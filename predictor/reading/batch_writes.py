"""Updates rows to values of their own: one statement, compiled once and sent in one round trip."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

Row = tuple[Mapping[str, Any], Mapping[str, Any]]
"""The values by which a row is found, and its new ones, by field. All rows name the same fields."""


def update_each(model: type[Model], rows: Sequence[Row]) -> bool:
    """Updates each row that is found; returns whether all were. Much cheaper than `queryset.update()` for each."""
    if not rows:
        return True
    fields = {field.attname: field for field in model._meta.concrete_fields}  # noqa: SLF001
    where, to = ([f"{connection.ops.quote_name(str(fields[name].column))} = %s" for name in part] for part in rows[0])
    table = connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001
    values = [
        [fields[name].get_db_prep_save(value, connection) for part in (new, found_by) for name, value in part.items()]
        for found_by, new in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET {', '.join(to)} WHERE {' AND '.join(where)}", values)  # noqa: S608
        return bool(cursor.rowcount == len(rows))
