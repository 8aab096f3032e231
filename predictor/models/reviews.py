"""What waits for review, and what reviewers did."""

from typing import NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from predictor.models.drawings import Drawing


class ReviewReason(models.TextChoices):
    """Why a drawing is reviewed."""

    VERSIONS = "versions", "versions of the network disagree"
    DISPUTED = "disputed", "reviewers disagree"
    DISAGREES = "disagrees", "the visitor disagrees with the reading"
    UNSURE = "unsure", "the network is not sure"
    SECOND = "second", "second opinion"
    LABEL = "label", "a visitor’s label waits"
    AUDIT = "audit", "random check of a sure reading"


class ReadAs(models.TextChoices):
    """What a drawing was read as, at the level of detail by which the queue groups drawings."""

    ANY = "", "anything"
    NOTHING = "nothing"
    UNREAD = "unread", "not read yet"
    NUMBER = "number", "a number"
    ZERO = "0", "0"
    ONE = "1", "1"
    TWO = "2", "2"
    THREE = "3", "3"
    FOUR = "4", "4"
    FIVE = "5", "5"
    SIX = "6", "6"
    SEVEN = "7", "7"
    EIGHT = "8", "8"
    NINE = "9", "9"


class Lane(NamedTuple):
    """A kind of drawing. A reviewer isn't shown many drawings of one lane in a row."""

    read_as: ReadAs
    reason: ReviewReason
    detail: str = ""


class InLane(models.Model):
    """The columns of a lane."""

    read_as = models.CharField(max_length=8, choices=ReadAs.choices, blank=True, help_text="what it was read as")
    reason = models.CharField(max_length=10, choices=ReviewReason.choices, blank=True, help_text="the main reason")
    detail = models.CharField(
        max_length=32,
        blank=True,
        help_text=(
            "what the reading is confused with: the visitor’s label, another version’s reading or the second guess; "
            "for a number, how many digits were read; for a second opinion, the id of the first reviewer"
        ),
    )

    class Meta:
        abstract = True

    @property
    def lane(self) -> Lane:
        return Lane(ReadAs(self.read_as), ReviewReason(self.reason), self.detail)


class ReviewItem(InLane):
    """A drawing that waits for review, or that reviewers are done with; `predictor.review.queue_items` updates it.

        open ◀──▶ closed     `closed_at`; a decision closes it, an undo or a new proposal opens it again

    An open item can be handed out from `free_at` on. A claim is a conditional update of `claimed_by` and `free_at`:
    the reviewer holds the item until then, and after that until somebody else claims it. A closed item with a `known`
    answer is handed out in the same way, to measure the reviewer. If `second_of` is set, another reviewer answers
    again without seeing the first answer.
    """

    drawing = models.OneToOneField(Drawing, primary_key=True, on_delete=models.CASCADE, related_name="review")
    reasons = models.JSONField(default=list, help_text="why it is shown, the main reason first")
    score = models.FloatField(default=0.0)
    second_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    free_at = models.DateTimeField(default=timezone.now, help_text="when it can be handed out")
    closed_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=32, null=True, blank=True, help_text="the accepted label")  # noqa: DJ001
    known = models.BooleanField(default=False, help_text="certain enough to measure reviewers with")
    bits = models.BinaryField(null=True, help_text="its only glyph as a bitmap of 98 bytes, to find similar drawings")

    class Meta:
        indexes = (
            # Lane by lane, highest score first. With `free_at`, the index alone can skip claimed items.
            models.Index(
                fields=["read_as", "reason", "detail", "-score", "free_at"],
                condition=Q(closed_at=None),
                name="review_open",
            ),
            models.Index(fields=["reason", "-score"], condition=Q(closed_at=None), name="review_by_reason"),
            models.Index(fields=["-closed_at"], condition=Q(closed_at__isnull=False), name="review_closed"),
            models.Index(fields=["claimed_by"], condition=Q(claimed_by__isnull=False), name="review_claimed"),
            models.Index(fields=["answer", "-closed_at"], condition=Q(bits__isnull=False), name="review_similar"),
            models.Index(fields=["free_at"], condition=Q(known=True), name="review_known"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(reason__in=ReviewReason.values), name="review_reason_known"),
            models.CheckConstraint(condition=Q(read_as__in=ReadAs.values), name="review_read_as_known"),
            models.CheckConstraint(
                condition=Q(known=False) | Q(answer__isnull=False, closed_at__isnull=False),
                name="review_known_has_an_answer",
            ),
        )

    def __str__(self) -> str:
        return f"{self.drawing_id} ({self.get_reason_display()})"


class ActionKind(models.TextChoices):
    ANSWERED = "answered"
    REJECTED = "rejected", "rejected the visitor's label"
    SKIPPED = "skipped"


class ReviewPurpose(models.TextChoices):
    """Why a reviewer was asked: for a decision, or for an answer that is only compared."""

    REVIEW = "review", "decision"
    SECOND = "second", "second opinion"
    CHECK = "check", "known answer"


class ReviewAction(InLane):
    """One thing that a reviewer did, with what they saw and what it changed.

        done ──▶ undone     once; the row stays

    Only a `review` changes labels. A second opinion and a check are compared with `expected`. `changes` holds the
    state of each changed label before and after, so that an undo restores it. `reason` is blank if the drawing was
    not in the queue.
    """

    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="review_actions"
    )
    drawing = models.ForeignKey(Drawing, on_delete=models.CASCADE, related_name="review_actions")
    revision = models.PositiveIntegerField()
    what = models.CharField(max_length=10, choices=ActionKind.choices)
    purpose = models.CharField(max_length=10, choices=ReviewPurpose.choices, default=ReviewPurpose.REVIEW)
    text = models.CharField(max_length=32, null=True, blank=True, help_text="the answer")  # noqa: DJ001
    expected = models.CharField(max_length=32, null=True, blank=True)  # noqa: DJ001
    read = models.CharField(max_length=64, null=True, blank=True, help_text="what the network read")  # noqa: DJ001
    said = models.CharField(max_length=32, null=True, blank=True, help_text="the visitor’s label")  # noqa: DJ001
    reasons = models.JSONField(default=list, blank=True)
    changes = models.JSONField(default=list, blank=True)
    batch = models.UUIDField(null=True, blank=True, db_index=True, help_text="shared by all answers sent together")
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
            models.CheckConstraint(condition=Q(purpose__in=ReviewPurpose.values), name="action_purpose_known"),
            models.CheckConstraint(condition=Q(reason__in=["", *ReviewReason.values]), name="action_reason_known"),
            models.CheckConstraint(condition=Q(read_as__in=ReadAs.values), name="action_read_as_known"),
            models.CheckConstraint(
                condition=Q(what="answered", text__isnull=False) | (~Q(what="answered") & Q(text=None)),
                name="action_answer_has_a_text",
            ),
            models.CheckConstraint(condition=Q(purpose="review") | Q(changes=[]), name="action_only_reviews_change"),
        )

    def __str__(self) -> str:
        return f"{self.get_what_display()}{'' if self.text is None else ': ' + (self.text or 'not a digit')}"


class ReviewCursor(models.Model):
    """The last reading noted in the review queue. All predict workers advance this single row."""

    done_at = models.DateTimeField()
    prediction_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.done_at} ({self.prediction_id})"
