"""Training runs."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from predictor.models.datasets import Dataset
from predictor.models.versions import ModelVersion


class RunStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Decision(models.TextChoices):
    """The gate's decision on a candidate."""

    PROMOTE = "promote"
    KEEP = "keep", "keep the champion"
    ASK = "ask", "ask a person"


class TrainingRun(models.Model):
    """One training: its configuration, its progress, its result.

        queued ◀──▶ running ──▶ done        `decision` and `verdict` hold the result and its reason
           │           ├──────▶ failed      `error` says why
           └───────────┴──────▶ cancelled   `error` says by whom

    At most one run is running. It holds a lease, renewed with every heartbeat, and a file lock that ends with its
    process. If the process dies or the database can't be reached, the run is queued again and resumes after its last
    epoch; after `runs.MAX_ATTEMPTS` attempts it fails. If the gate asks a person, `decided_by` and `decided_at` say
    who answered and when, and `promoted` holds the answer.

    `rules` holds a row for each of the gate's rules at the time: its name, limits, unit and measured value. Rows stay
    readable after a rule is renamed or dropped.
    """

    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.QUEUED)
    config = models.JSONField(default=dict)
    fingerprint = models.CharField(
        max_length=64, blank=True, help_text="of all that the candidate depends on, except the champion"
    )
    dataset = models.ForeignKey(Dataset, null=True, blank=True, on_delete=models.SET_NULL, related_name="runs")
    champion = models.ForeignKey(ModelVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    candidate = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="made_by"
    )
    attempts = models.PositiveSmallIntegerField(default=0, help_text="how often a process claimed it")
    lease = models.UUIDField(default=uuid.uuid4, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    stage = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=80, blank=True, help_text="what the stage is doing")
    progress = models.FloatField(default=0.0, help_text="of the stage, 0 to 1")
    curves = models.JSONField(default=list, blank=True, help_text="points: epochs trained so far, loss, accuracy")
    record = models.JSONField(default=dict, blank=True, help_text="code, versions, seconds by stage, memory, weights")
    evidence = models.JSONField(default=dict, blank=True, help_text="by set: both networks' figures")
    rules = models.JSONField(
        default=list, blank=True, help_text="the gate's rules with their limits and measured values"
    )
    flips = models.JSONField(default=list, blank=True, help_text="glyphs that only one network reads correctly")
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    verdict = models.CharField(max_length=500, blank=True)
    promoted = models.BooleanField(default=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="trainings_decided"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=["status"], condition=Q(status="running"), name="run_one_at_a_time"),
            models.CheckConstraint(condition=Q(status__in=RunStatus.values), name="run_status_known"),
            models.CheckConstraint(condition=Q(decision__in=["", *Decision.values]), name="run_decision_known"),
            models.CheckConstraint(condition=Q(promoted=False) | Q(status="done"), name="run_promoted_when_done"),
            models.CheckConstraint(condition=Q(decided_at=None) | Q(decision="ask"), name="run_decided_when_asked"),
        )

    def __str__(self) -> str:
        return f"training {self.pk}"

    @property
    def is_over(self) -> bool:
        return self.status not in (RunStatus.QUEUED, RunStatus.RUNNING)
