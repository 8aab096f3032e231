"""Drawings and who owns them."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from predictor.models.states import LabelState, PredictionKind, PredictionStatus

if TYPE_CHECKING:
    # Both modules import this one; at runtime their rows come from Django's reverse relations.
    from predictor.models.labels import Label
    from predictor.models.predictions import Prediction


HASH_BANDS = 4
HASH_BAND_BITS = 16


class HashBand(models.Func):
    """A band of 16 bits of the perceptual hash.

    The SQL contains the numbers as literals, because SQLite doesn't use the index for an expression with parameters.
    """

    template = f"((%(expressions)s >> %(shift)s) & {2**HASH_BAND_BITS - 1})"
    output_field = models.IntegerField()

    def __init__(self, place: int) -> None:
        super().__init__(models.F("perceptual_hash"), shift=HASH_BAND_BITS * place)


class Source(models.TextChoices):
    CANVAS = "canvas"
    UPLOAD = "upload"
    CAMERA = "camera"
    API = "api"
    IMPORT = "import"


class Mode(models.TextChoices):
    DIGIT = "digit"
    NUMBER = "number"


class Side(models.TextChoices):
    """The part of a dataset that a writer's drawings belong to. It never changes."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Owner(models.Model):
    """The owner of drawings: an anonymous visitor (the key is in a signed cookie), a user, or an import's writer.

    When a visitor signs in, the cookie's owner is assigned to the user, so a user may have several owners. `side` is
    set with the first accepted label and never changes. An owner with many rejected labels is flagged, and reviewers
    see only a few of their drawings a day. The drawings of an excluded owner are not reviewed or used for training
    until the owner is readmitted (`predictor.review.trust`).
    """

    key = models.CharField(max_length=200, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="owners"
    )
    side = models.CharField(max_length=10, choices=Side.choices, blank=True, db_index=True)
    consent = models.BooleanField(
        null=True, blank=True, help_text="their drawings may be learned from; unknown until they are asked"
    )
    flagged_at = models.DateTimeField(null=True, blank=True)
    excluded_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (
            models.Index(fields=["-flagged_at"], condition=models.Q(flagged_at__isnull=False), name="owner_flagged"),
            models.Index(fields=["-excluded_at"], condition=models.Q(excluded_at__isnull=False), name="owner_excluded"),
        )

    def __str__(self) -> str:
        if self.user:
            return self.user.get_username()
        kind, _, name = self.key.partition(":")
        return name if kind == "import" else f"visitor {self.key[:8]}"


class Drawing(models.Model):
    """A picture someone drew or sent, as of its newest revision.

    The row holds the picture decoded, turned upright and re-encoded (PNG for drawings, JPEG for photos). `width` and
    `height` are those of the picture as it was sent.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # `drawing_history` begins with the owner.
    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="drawings", db_index=False)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.API)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.DIGIT)
    revision = models.PositiveIntegerField(default=1)
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of what the client sent for this revision")
    image = models.BinaryField()
    image_type = models.CharField(max_length=20)
    image_hash = models.CharField(max_length=64, help_text="SHA-256 of the stored picture")
    perceptual_hash = models.BigIntegerField(
        null=True, editable=False, help_text="of the isolated ink; empty until a worker has computed it"
    )
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    strokes = models.JSONField(null=True, blank=True)
    box = models.JSONField(
        null=True, blank=True, help_text="the part to read: x, y, width and height in pixels as sent; empty for all"
    )
    consent = models.BooleanField(default=False, help_text="may be learned from")
    share_token = models.CharField(
        max_length=43,
        null=True,
        blank=True,
        unique=True,
        editable=False,
        help_text="whoever knows it may see the drawing",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            # Includes the revision, so that filters on the newest reading don't read the wide row.
            models.Index(fields=["owner", "-created_at", "-id", "revision"], name="drawing_history"),
            models.Index(fields=["-created_at", "-id"], name="drawing_newest"),
            models.Index(fields=["image_hash"], name="drawing_image_hash"),
            # For the admin's filters, which may find few drawings among many.
            models.Index(fields=["source", "-created_at"], name="drawing_by_source"),
            models.Index(fields=["mode", "-created_at"], name="drawing_by_mode"),
            models.Index(fields=["-created_at"], condition=models.Q(consent=True), name="drawing_consented"),
            # Hashes that differ in few bits share a band, so near-duplicates are found without a scan.
            *(models.Index(HashBand(place), name=f"drawing_hash_band_{place}") for place in range(HASH_BANDS)),
            models.Index(fields=["id"], condition=models.Q(perceptual_hash=None), name="drawing_not_hashed"),
        )
        constraints = (
            models.CheckConstraint(condition=models.Q(revision__gte=1), name="drawing_revision_from_1"),
            models.CheckConstraint(condition=models.Q(mode__in=Mode.values), name="drawing_mode_known"),
            models.CheckConstraint(condition=models.Q(source__in=Source.values), name="drawing_source_known"),
        )

    def __str__(self) -> str:
        return str(self.id)

    @property
    def live_prediction(self) -> "Prediction | None":
        """The live prediction of the newest revision, whatever its status."""
        found = [p for p in self.predictions.all() if p.kind == PredictionKind.LIVE and p.revision == self.revision]
        return found[0] if found else None

    @property
    def latest_prediction(self) -> "Prediction | None":
        """The live prediction of the newest revision; None until it is done."""
        prediction = self.live_prediction
        return prediction if prediction and prediction.status == PredictionStatus.DONE else None

    @property
    def shown_label(self) -> "Label | None":
        """The newest accepted label, else the newest proposed one, else the newest rejected one."""
        labels = sorted(self.labels.all(), key=lambda label: label.pk, reverse=True)
        for state in (LabelState.ACCEPTED, LabelState.PROPOSED, LabelState.REJECTED):
            for label in labels:
                if label.state == state:
                    return label
        return None


class ForgottenDrawing(models.Model):
    """The id of a deleted drawing. It is kept so that a late request can't create the drawing again."""

    id = models.UUIDField(primary_key=True, editable=False)
    forgotten_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.id)
