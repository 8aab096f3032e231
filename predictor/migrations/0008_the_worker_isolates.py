from django.db import migrations, models


class Migration(migrations.Migration):
    """The worker isolates a drawing from its stored picture: candidates are no longer stored with what is queued."""

    dependencies = [("predictor", "0007_imported_consent")]

    operations = [
        migrations.RemoveField(model_name="prediction", name="candidates"),
        migrations.AlterField(
            model_name="prediction",
            name="preprocessing_version",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="drawing",
            name="perceptual_hash",
            field=models.BigIntegerField(
                editable=False, help_text="of the isolated ink; empty until a worker has computed it", null=True
            ),
        ),
    ]
