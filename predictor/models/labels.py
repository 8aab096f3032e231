"""What people say a drawing shows."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from predictor.models.drawings import Drawing
from predictor.models.states import LabelAuthor, LabelState


class Label(models.Model):
    """What a person says one revision of a drawing shows; "" means "not a digit".

        proposed ──▶ accepted ◀──▶ rejected     a reviewer, who may change their mind
            ├──────▶ rejected
            └──────▶ withdrawn                  the visitor
        accepted, rejected ──▶ previous state   an undo; it withdraws a reviewer's own label, and a visitor's label
                                                if the visitor has given another one since

    A reviewer's own label is created accepted. The text of a label never changes: another answer is another label, so
    the rows of a drawing are the history of its label. `ReviewAction` records who decided and undid what, and when.
    """

    drawing = models.ForeignKey(Drawing, on_delete=models.CASCADE, related_name="labels")
    revision = models.PositiveIntegerField()
    text = models.CharField(max_length=32, blank=True)
    by = models.CharField(max_length=10, choices=LabelAuthor.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="labels_said"
    )
    state = models.CharField(max_length=10, choices=LabelState.choices, default=LabelState.PROPOSED)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="labels_decided"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        indexes = (
            models.Index(fields=["state", "drawing"], name="label_by_state"),
            models.Index(fields=["state", "-id"], name="label_newest_by_state"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(state__in=LabelState.values), name="label_state_known"),
            models.CheckConstraint(condition=Q(by__in=LabelAuthor.values), name="label_by_known"),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at=None) | (~Q(state="proposed") & Q(decided_at__isnull=False)),
                name="label_decided_when_decided",
            ),
            models.UniqueConstraint(
                fields=["drawing"], condition=Q(state="proposed", by="visitor"), name="label_one_open_proposal"
            ),
        )

    def __str__(self) -> str:
        return f"{self.text or 'not a digit'} ({self.by}, {self.state})"
