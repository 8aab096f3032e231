"""Statements on the way from a picture to its reading, compiled once: that costs several times what they do."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model
from django.db.models.sql.compiler import SQLCompiler

from predictor.models import Drawing, Prediction, PredictionStatus

Row = tuple[Mapping[str, Any], Mapping[str, Any]]
"""The values by which a row is found, and its new ones, by field. All rows name the same fields."""

OF_PREDICTION = ("id", "kind", "revision")
OF_DRAWING = ("id", "revision", "image", "width", "height", "mode", "strokes", "box", "perceptual_hash")


def fetch_queued(prediction_ids: Sequence[int]) -> list[Prediction]:
    """Those that are still queued, oldest first, with only the fields named above."""
    if not prediction_ids:
        return []
    compiler, sql, parameters, converters = _compiled(len(prediction_ids))
    with connection.cursor() as cursor:
        cursor.execute(sql, [*prediction_ids, *parameters])
        rows = list(compiler.apply_converters(cursor.fetchall(), converters))
    split = len(OF_PREDICTION)
    return [
        Prediction(
            **dict(zip(OF_PREDICTION, row, strict=False)),
            status=PredictionStatus.QUEUED,
            drawing=Drawing(**dict(zip(OF_DRAWING, row[split:], strict=True))),
        )
        for row in rows
    ]


@cache
def _compiled(count: int) -> tuple[SQLCompiler, str, tuple[Any, ...], dict[int, Any]]:
    """The compiled query for so many ids, and its parameters behind the ids."""
    found = Prediction.objects.filter(pk__in=range(count), status=PredictionStatus.QUEUED).order_by("pk")
    fields = [*OF_PREDICTION, *(f"drawing__{name}" for name in OF_DRAWING)]
    compiler = found.values_list(*fields).query.get_compiler(DEFAULT_DB_ALIAS)
    sql, parameters = compiler.as_sql()
    return compiler, sql, parameters[count:], compiler.get_converters([each[0] for each in compiler.select])


def update_each(model: type[Model], rows: Sequence[Row]) -> bool:
    """Updates each row that is found, in one round trip; returns whether all were."""
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
