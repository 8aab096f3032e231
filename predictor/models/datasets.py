"""Snapshots of the training data, and the side that each picture is on."""

from django.db import models
from django.db.models import Q

from predictor.models.drawings import Side


class Dataset(models.Model):
    """A numbered snapshot of the accepted, consented drawings.

        being made ──▶ sealed      it and its items never change again; database triggers enforce this

    `sha256` is the hash of one line per item, in the order of the drawings' ids: drawing, image hash, label, side,
    writer, group, weight with six digits, separated by commas. `manifest` says what the snapshot holds and which rules
    it was made by. It is empty in snapshots that were made before manifests existed.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    counts = models.JSONField(default=dict, help_text="drawings per side, and per label within it")
    manifest = models.JSONField(default=dict)
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.RESTRICT,
        related_name="children",
        help_text="the snapshot before",
    )
    sealed = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"dataset {self.pk}"


class DatasetItem(models.Model):
    """One drawing in a snapshot. It has no picture and no foreign key, so that the drawing can be deleted."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="items")
    drawing_id = models.UUIDField()
    image_hash = models.CharField(max_length=64)
    label = models.CharField(max_length=32, blank=True)
    side = models.CharField(max_length=10, choices=Side.choices)
    writer = models.BigIntegerField(default=0, help_text="the first owner of the person who drew it; 0: unknown")
    group = models.BigIntegerField(null=True, help_text="equal for near-duplicates with the same label")
    weight = models.FloatField(
        default=1.0, help_text="a group's weights add up to 1; each writer's total is then capped"
    )

    class Meta:
        indexes = (models.Index(fields=["drawing_id"], name="dataset_item_drawing"),)
        constraints = (
            models.UniqueConstraint(fields=["dataset", "drawing_id"], name="dataset_item_once"),
            models.CheckConstraint(condition=Q(weight__gte=0, weight__lte=1), name="dataset_item_weight_a_share"),
        )

    def __str__(self) -> str:
        return f"{self.drawing_id}: {self.label or 'not a digit'} ({self.side})"


class PictureSide(models.Model):
    """The side of a picture since its first snapshot. It never changes.

    The row outlives the drawing, because somebody else may send the same picture, or import it again. A picture that
    was held out must never be trained on, and one that was trained on must never be held out.
    """

    image_hash = models.CharField(max_length=64, primary_key=True)
    side = models.CharField(max_length=10, choices=Side.choices)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(side__in=Side.values), name="picture_side_known"),)

    def __str__(self) -> str:
        return f"{self.image_hash[:12]}: {self.side}"
