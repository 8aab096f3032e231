"""What the network read."""

from django.db import models
from django.db.models import Q

from predictor.models.drawings import Drawing
from predictor.models.states import PredictionKind, PredictionStatus
from predictor.models.versions import ModelVersion


class Prediction(models.Model):
    """One reading of one revision of a drawing.

        queued ──▶ done          a worker read it
           ├─────▶ failed        a worker could not; `error` says why
           └─────▶ superseded    a newer revision came first

    The row exists before its message, and only the row counts: a worker writes by conditional update, so a lost,
    repeated or late message changes nothing. `glyphs` are the chosen glyphs with their probabilities.
    `preprocessing_version` is 0 until the drawing is read.
    """

    # `prediction_said` begins with the drawing.
    drawing = models.ForeignKey(Drawing, on_delete=models.CASCADE, related_name="predictions", db_index=False)
    revision = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=PredictionKind.choices, default=PredictionKind.LIVE)
    status = models.CharField(max_length=10, choices=PredictionStatus.choices, default=PredictionStatus.QUEUED)
    model = models.ForeignKey(ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="predictions")
    preprocessing_version = models.PositiveIntegerField(default=0)
    text = models.CharField(max_length=64, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    sure = models.BooleanField(default=False)
    several = models.BooleanField(
        default=False, db_default=False, help_text="the picture shows more digits than the one that was read"
    )
    glyphs = models.JSONField(default=list, blank=True)
    explanation = models.JSONField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)
    isolated_ms = models.FloatField(default=0.0)
    read_ms = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        indexes = (
            models.Index(fields=["status", "id"], condition=Q(status="queued"), name="prediction_waiting"),
            # `predictor.review.queue_items.catch_up` reads finished predictions in this order.
            models.Index(fields=["done_at", "id"], condition=Q(status="done"), name="prediction_done"),
            # The newest readings with this text, sure or not, or by a version in the shadow. SQLite prefers an index
            # whose first column is given.
            models.Index(fields=["text", "-id"], condition=Q(kind="live", status="done"), name="prediction_by_text"),
            models.Index(fields=["sure", "-id"], condition=Q(kind="live", status="done"), name="prediction_by_sure"),
            models.Index(fields=["model", "-id"], condition=Q(kind="shadow"), name="prediction_shadow"),
            # Has every column that the history's filters need.
            models.Index(fields=["drawing", "revision", "kind", "status", "text", "sure"], name="prediction_said"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["drawing", "revision"], condition=Q(kind="live"), name="prediction_one_live_per_revision"
            ),
            models.CheckConstraint(condition=Q(status__in=PredictionStatus.values), name="prediction_status_known"),
            models.CheckConstraint(condition=Q(kind__in=PredictionKind.values), name="prediction_kind_known"),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(model__isnull=False, done_at__isnull=False),
                name="prediction_done_by_a_model",
            ),
        )

    def __str__(self) -> str:
        return f"{self.text or '–'} ({self.status})"

    @property
    def elapsed_ms(self) -> float | None:
        """Milliseconds from being queued to being read."""
        if self.done_at is None:
            return None
        return round((self.done_at - self.created_at).total_seconds() * 1000, 1)
