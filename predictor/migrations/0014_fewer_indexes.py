"""Drops the indexes that another one contains, and the one by which PostgreSQL would search for the beginning of a hash.

SQLite would rebuild the whole table for an AlterField.
"""

import django.db.models.deletion
from django.db import migrations, models

COLUMNS = (("Prediction", "drawing"), ("Drawing", "owner"), ("Drawing", "image_hash"))


def drop(apps, schema_editor):
    for model, field in _columns(apps):
        for name in schema_editor._constraint_names(model, [field.column], index=True, unique=False):
            schema_editor.execute(schema_editor._delete_index_sql(model, name))


def make_again(apps, schema_editor):
    for model, field in _columns(apps):
        schema_editor.execute(schema_editor._create_index_sql(model, fields=[field]))


def _columns(apps):
    models = [(apps.get_model("predictor", model), name) for model, name in COLUMNS]
    return [(model, model._meta.get_field(name)) for model, name in models]


class Migration(migrations.Migration):
    dependencies = [("predictor", "0013_growth")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop, make_again)],
            state_operations=[
                migrations.AlterField(
                    "prediction",
                    "drawing",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="predictions",
                        to="predictor.drawing",
                    ),
                ),
                migrations.AlterField(
                    "drawing",
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drawings",
                        to="predictor.owner",
                    ),
                ),
                migrations.AlterField(
                    "drawing",
                    "image_hash",
                    models.CharField(help_text="SHA-256 of the stored picture", max_length=64),
                ),
            ],
        ),
        migrations.AddIndex("drawing", models.Index(fields=["image_hash"], name="drawing_image_hash")),
    ]
