"""Splits `kind` ("7 disagrees 1") into the columns `read_as`, `reason` and `detail`."""

import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

REASONS = [
    ("versions", "versions of the network disagree"),
    ("disputed", "reviewers disagree"),
    ("disagrees", "the visitor disagrees with the reading"),
    ("unsure", "the network is not sure"),
    ("second", "second opinion"),
    ("label", "a visitor’s label waits"),
    ("audit", "random check of a sure reading"),
]
READ_AS = [
    ("", "anything"),
    ("nothing", "Nothing"),
    ("unread", "not read yet"),
    ("number", "a number"),
    *((digit, digit) for digit in "0123456789"),
]
DETAIL = (
    "what the reading is confused with: the visitor’s label, another version’s reading or the second guess; "
    "for a number, how many digits were read; for a second opinion, the id of the first reviewer"
)


def columns_of(kind):
    """
    ""               the action of a drawing that wasn't in the queue
    disputed
    second 5         of what reviewer 5 decided
    number 3 unsure  of three digits; "?" where it wasn't read
    7 disagrees 1    "–" is nothing, or not a digit; "?" is not read
    """
    first, *rest = kind.split(" ")
    if first in ("", "disputed", "second"):
        return {"read_as": "", "reason": first, "detail": "".join(rest)}
    if first == "number":
        count, reason = rest
        return {"read_as": "number", "reason": reason, "detail": count.replace("?", "")}
    reason, against = [*rest, ""][:2]
    read_as = {"–": "nothing", "?": "unread"}.get(first, first)
    return {"read_as": read_as, "reason": reason, "detail": against.replace("–", "")}


def split_kinds(apps, schema_editor):
    for name in ("ReviewItem", "ReviewAction"):
        rows = apps.get_model("predictor", name).objects.using(schema_editor.connection.alias)
        for kind in rows.order_by().values_list("kind", flat=True).distinct():
            rows.filter(kind=kind).update(**columns_of(kind))


def columns_for(model):
    return [
        migrations.AddField(model, "read_as", models.CharField(blank=True, choices=READ_AS, help_text="what it was read as", max_length=8)),
        migrations.AddField(model, "reason", models.CharField(blank=True, choices=REASONS, help_text="the main reason", max_length=10)),
        migrations.AddField(model, "detail", models.CharField(blank=True, help_text=DETAIL, max_length=32)),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("predictor", "0008_the_worker_isolates"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RenameModel("ReviewMark", "ReviewCursor"),
        *columns_for("reviewitem"),
        *columns_for("reviewaction"),
        migrations.RunPython(split_kinds, migrations.RunPython.noop),
        # Migrated back, `kind` is empty until `manage.py queue_reviews` fills it.
        migrations.AlterField("reviewitem", "kind", models.CharField(max_length=40, default="")),
        migrations.AlterField("reviewaction", "kind", models.CharField(max_length=40, blank=True, default="")),
        migrations.RemoveIndex("reviewitem", "review_open"),
        migrations.RemoveField("reviewitem", "kind"),
        migrations.RemoveField("reviewaction", "kind"),
        migrations.AddIndex(
            "reviewitem",
            models.Index(
                condition=models.Q(("closed_at", None)),
                fields=["read_as", "reason", "detail", "-score", "free_at"],
                name="review_open",
            ),
        ),
        migrations.AddConstraint(
            "reviewitem",
            models.CheckConstraint(
                condition=models.Q(("reason__in", [value for value, _ in REASONS])), name="review_reason_known"
            ),
        ),
        migrations.AddConstraint(
            "reviewitem",
            models.CheckConstraint(
                condition=models.Q(("read_as__in", [value for value, _ in READ_AS])), name="review_read_as_known"
            ),
        ),
        migrations.AddConstraint(
            "reviewaction",
            models.CheckConstraint(
                condition=models.Q(("reason__in", ["", *(value for value, _ in REASONS)])), name="action_reason_known"
            ),
        ),
        migrations.AddConstraint(
            "reviewaction",
            models.CheckConstraint(
                condition=models.Q(("read_as__in", [value for value, _ in READ_AS])), name="action_read_as_known"
            ),
        ),
        migrations.AlterField("reviewitem", "reasons", models.JSONField(default=list, help_text="why it is shown, the main reason first")),
        migrations.AlterField("reviewitem", "free_at", models.DateTimeField(default=django.utils.timezone.now, help_text="when it can be handed out")),
        migrations.AlterField("reviewitem", "answer", models.CharField(blank=True, help_text="the accepted label", max_length=32, null=True)),
        migrations.AlterField("reviewitem", "known", models.BooleanField(default=False, help_text="certain enough to measure reviewers with")),
        migrations.AlterField("reviewitem", "bits", models.BinaryField(help_text="its only glyph as a bitmap of 98 bytes, to find similar drawings", null=True)),
        migrations.AlterField("reviewaction", "purpose", models.CharField(choices=[("review", "decision"), ("second", "second opinion"), ("check", "known answer")], default="review", max_length=10)),
        migrations.AlterField("reviewaction", "read", models.CharField(blank=True, help_text="what the network read", max_length=64, null=True)),
        migrations.AlterField("reviewaction", "said", models.CharField(blank=True, help_text="the visitor’s label", max_length=32, null=True)),
        migrations.AlterField("reviewaction", "batch", models.UUIDField(blank=True, db_index=True, help_text="shared by all answers sent together", null=True)),
    ]
