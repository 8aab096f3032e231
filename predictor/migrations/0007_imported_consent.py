"""What was imported to be reviewed may be learned from once it is: whoever imported it answered for that."""

from django.db import migrations


def consent(apps, schema_editor):
    apps.get_model("predictor", "Drawing").objects.filter(source="import", consent=False).update(consent=True)


class Migration(migrations.Migration):
    dependencies = [("predictor", "0006_training")]
    operations = [migrations.RunPython(consent, migrations.RunPython.noop)]
