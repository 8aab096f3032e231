"""The row that `/readyz` writes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("predictor", "0014_fewer_indexes")]

    operations = [
        migrations.CreateModel(
            name="Probe",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("written_at", models.DateTimeField()),
            ],
        ),
    ]
