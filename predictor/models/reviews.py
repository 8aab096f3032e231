"""What is up for review, and what reviewers did."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from predictor.models.drawings import Drawing


class ReviewItem(models.Model):
    """A drawing that is up for review, or that reviewers are done with. `predictor.review.items` keeps it true.

        open ◀──▶ closed     `closed_at`; a decision closes it, an undo or a new proposal opens it again

    An open one is handed out once `free_at` has passed, by an update that holds only where it still has:
    `claimed_by` has it until `free_at` then, or until someone else takes it after that. A closed one whose answer is
    `known` is handed out in the same way, to measure the reviewer. Where `second_of` is set, someone else than
    that reviewer answers again, without seeing the first answer.
    """

    drawing = models.OneToOneField(Drawing, primary_key=True, on_delete=models.CASCADE, related_name="review")
    kind = models.CharField(max_length=40, help_text="of which not fifty should come one after another")
    reasons = models.JSONField(default=list, help_text="why it is shown, the most telling first")
    score = models.FloatField(default=0.0)
    second_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    free_at = models.DateTimeField(default=timezone.now, help_text="when it may be handed out (again)")
    closed_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=32, null=True, blank=True, help_text="the label that stands")  # noqa: DJ001
    known = models.BooleanField(default=False, help_text="sure enough to measure reviewers with")
    bits = models.BinaryField(null=True, help_text="its only glyph in black and white, 98 bytes: what is similar")

    class Meta:
        indexes = (
            # Each kind is a lane, the most pressing first; with `free_at` what is claimed is passed by in the index.
            models.Index(fields=["kind", "-score", "free_at"], condition=Q(closed_at=None), name="review_open"),
            models.Index(fields=["claimed_by"], condition=Q(claimed_by__isnull=False), name="review_claimed"),
            models.Index(fields=["answer", "-closed_at"], condition=Q(bits__isnull=False), name="review_similar"),
            models.Index(fields=["free_at"], condition=Q(known=True), name="review_known"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(known=False) | Q(answer__isnull=False, closed_at__isnull=False),
                name="review_known_has_an_answer",
            ),
        )

    def __str__(self) -> str:
        return f"{self.drawing_id} ({self.kind})"


class ActionKind(models.TextChoices):
    ANSWERED = "answered"
    REJECTED = "rejected", "rejected the visitor's label"
    SKIPPED = "skipped"


class Purpose(models.TextChoices):
    REVIEW = "review"
    SECOND = "second", "second opinion"
    CHECK = "check", "known answer"


class ReviewAction(models.Model):
    """One thing that a reviewer did, with what they saw, and what it changed.

        done ──▶ undone     once; the row stays

    Only a `review` changes labels: a second opinion and a check are answers that are compared with `expected`.
    `changes` holds of each label that was changed its state before and after, so that an undo restores it.
    """

    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="review_actions"
    )
    drawing = models.ForeignKey(Drawing, on_delete=models.CASCADE, related_name="review_actions")
    revision = models.PositiveIntegerField()
    what = models.CharField(max_length=10, choices=ActionKind.choices)
    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.REVIEW)
    text = models.CharField(max_length=32, null=True, blank=True, help_text="the answer")  # noqa: DJ001
    expected = models.CharField(max_length=32, null=True, blank=True)  # noqa: DJ001
    read = models.CharField(max_length=64, null=True, blank=True, help_text="what the network said")  # noqa: DJ001
    said = models.CharField(max_length=32, null=True, blank=True, help_text="what the visitor said")  # noqa: DJ001
    kind = models.CharField(max_length=40, blank=True)
    reasons = models.JSONField(default=list, blank=True)
    changes = models.JSONField(default=list, blank=True)
    batch = models.UUIDField(null=True, blank=True, db_index=True, help_text="those of one stroke in the grid")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("-pk",)
        indexes = (models.Index(fields=["reviewer", "-id"], name="action_newest_of_reviewer"),)
        constraints = (
            models.CheckConstraint(condition=Q(what__in=ActionKind.values), name="action_what_known"),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="action_purpose_known"),
            models.CheckConstraint(
                condition=Q(what="answered", text__isnull=False) | (~Q(what="answered") & Q(text=None)),
                name="action_answer_has_a_text",
            ),
            models.CheckConstraint(condition=Q(purpose="review") | Q(changes=[]), name="action_only_reviews_change"),
        )

    def __str__(self) -> str:
        return f"{self.get_what_display()}{'' if self.text is None else ': ' + (self.text or 'not a digit')}"


class ReviewMark(models.Model):
    """How far the readings were looked at for the queue: one row, whose walk every predict worker goes on with."""

    done_at = models.DateTimeField()
    prediction_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.done_at} ({self.prediction_id})"
