from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('predictor', '0011_finders_and_several'),
    ]

    operations = [
        migrations.AddField(
            model_name='drawing',
            name='box',
            field=models.JSONField(blank=True, help_text='the part to read: x, y, width and height in pixels as sent; empty for all', null=True),
        ),
    ]
