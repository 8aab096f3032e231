"""The states and kinds of labels and predictions. Drawings use them too, and can import neither model."""

from django.db import models


class LabelState(models.TextChoices):
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class LabelAuthor(models.TextChoices):
    VISITOR = "visitor"
    REVIEWER = "reviewer"


class PredictionStatus(models.TextChoices):
    QUEUED = "queued"
    DONE = "done"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class PredictionKind(models.TextChoices):
    LIVE = "live"
    REREAD = "reread"
    SHADOW = "shadow"
