"""The trainings made from datasets."""

import uuid

from django.db import models
from django.db.models import Q

from predictor.models.datasets import Dataset
from predictor.models.versions import ModelVersion


class RunStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class TrainingRun(models.Model):
    """One training: what it was asked, how far it is, what came of it.

        queued ──▶ running ──▶ done      `verdict` says whether the candidate was promoted, and why
           └──────────┴──────▶ failed    `error` says why

    A running run holds a lease and renews it with every heartbeat; at most one runs. A run whose
    lease ran out has lost its process: the next claim marks it failed.
    """

    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.QUEUED)
    config = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64, blank=True, help_text="of everything the outcome depends on")
    dataset = models.ForeignKey(Dataset, null=True, blank=True, on_delete=models.SET_NULL, related_name="runs")
    champion = models.ForeignKey(ModelVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    candidate = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="made_by"
    )
    lease = models.UUIDField(default=uuid.uuid4, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    stage = models.CharField(max_length=40, blank=True)
    progress = models.FloatField(default=0.0, help_text="0 to 1")
    curves = models.JSONField(default=list, blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    verdict = models.CharField(max_length=500, blank=True)
    promoted = models.BooleanField(default=False)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=["status"], condition=Q(status="running"), name="run_one_at_a_time"),
            models.CheckConstraint(condition=Q(status__in=RunStatus.values), name="run_status_known"),
        )

    def __str__(self) -> str:
        return f"training {self.pk}"
