"""The networks the site has had."""

from django.db import models
from django.db.models import Q


class VersionStatus(models.TextChoices):
    CANDIDATE = "candidate"
    CHAMPION = "champion"
    RETIRED = "retired"
    FAILED = "failed"


class ModelVersion(models.Model):
    """A trained network: its artifact, what it is worth, and where it came from. Its number is its key.

        candidate ──▶ champion ◀──▶ retired     promotion swaps both in one transaction
            └───────▶ failed                    its artifact cannot be read

    A rollback promotes the retired version that was champion before.
    """

    status = models.CharField(max_length=10, choices=VersionStatus.choices, default=VersionStatus.CANDIDATE)
    artifact = models.FileField(upload_to="models/")
    sha256 = models.CharField(max_length=64, unique=True)
    format_version = models.PositiveIntegerField()
    preprocessing_version = models.PositiveIntegerField()
    manifest = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict, blank=True)
    bundled = models.BooleanField(default=False, help_text="came with a release of the site")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children")
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    promoted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["status"], condition=Q(status="champion"), name="version_at_most_one_champion"
            ),
            models.CheckConstraint(condition=Q(status__in=VersionStatus.values), name="version_status_known"),
        )

    def __str__(self) -> str:
        return f"version {self.pk}"
