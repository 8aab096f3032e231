"""Snapshots of the training data, and the side that each picture is on."""

from django.db import models
from django.db.models import Q

from predictor.models.drawings import Side


class Dataset(models.Model):
    """A numbered snapshot of the accepted, consented drawings.

        being made ──▶ sealed      it and its items never change again: database triggers refuse it

    `sha256` is over a line for each item, in the order of the drawings' ids: drawing, image hash, label, side, writer,
    group, weight with six digits, separated by commas. `manifest` says what the snapshot holds and by which rules it
    was made; it is empty in snapshots older than manifests.
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
    """One drawing in a snapshot. No picture and no foreign key: a deleted drawing leaves nothing behind."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="items")
    drawing_id = models.UUIDField()
    image_hash = models.CharField(max_length=64)
    label = models.CharField(max_length=32, blank=True)
    side = models.CharField(max_length=10, choices=Side.choices)
    writer = models.BigIntegerField(default=0, help_text="the first owner of the person who drew it; 0: unknown")
    group = models.BigIntegerField(null=True, help_text="the same for near-duplicates of one label")
    weight = models.FloatField(default=1.0, help_text="a group weighs 1 in all; then writers are capped")

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

    It outlives the drawing: the same picture, sent by somebody else or imported again after it was deleted, must not be
    trained on once it was held out, nor held out once it was trained on.
    """

    image_hash = models.CharField(max_length=64, primary_key=True)
    side = models.CharField(max_length=10, choices=Side.choices)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(side__in=Side.values), name="picture_side_known"),)

    def __str__(self) -> str:
        return f"{self.image_hash[:12]}: {self.side}"
