"""The versions of the network, and the rereading by each."""

from django.db import models
from django.db.models import Q

SHADOW_SHARE = 0.1
"""Default share of the live drawings that a shadow version reads."""


class VersionStatus(models.TextChoices):
    CANDIDATE = "candidate"
    CHAMPION = "champion"
    RETIRED = "retired"
    FAILED = "failed"


class ModelVersion(models.Model):
    """A trained network: its artifact, metrics and origin. Its version number is its primary key.

        candidate ──▶ champion ◀──▶ retired     promotion swaps both in one transaction
            └───────▶ failed                    its artifact can't be read

    A rollback promotes the previous champion. One version at a time may be the shadow version (`shadowing`). It
    reads the share `shadow_share` of the live drawings after the champion, and nobody sees its readings.
    """

    status = models.CharField(max_length=10, choices=VersionStatus.choices, default=VersionStatus.CANDIDATE)
    artifact = models.FileField(upload_to="models/", help_text="the reader's file")
    finder = models.FileField(
        upload_to="models/",
        blank=True,
        default="",
        db_default="",
        help_text="the ink finder's file; empty for a version that uses the bundled finder",
    )
    sha256 = models.CharField(max_length=64, unique=True, help_text="of the artifact: of both files")
    format_version = models.PositiveIntegerField()
    preprocessing_version = models.PositiveIntegerField()
    manifest = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict, blank=True)
    bundled = models.BooleanField(default=False, help_text="came with a release of the site")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children")
    error = models.CharField(max_length=500, blank=True)
    shadowing = models.BooleanField(default=False)
    shadow_share = models.FloatField(default=SHADOW_SHARE)
    created_at = models.DateTimeField(auto_now_add=True)
    promoted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["status"], condition=Q(status="champion"), name="version_at_most_one_champion"
            ),
            models.UniqueConstraint(
                fields=["shadowing"], condition=Q(shadowing=True), name="version_at_most_one_shadow"
            ),
            models.CheckConstraint(condition=Q(status__in=VersionStatus.values), name="version_status_known"),
            models.CheckConstraint(
                condition=Q(shadowing=False) | Q(status__in=["candidate", "retired"]),
                name="version_shadow_is_no_champion",
            ),
            models.CheckConstraint(
                condition=Q(shadow_share__gt=0, shadow_share__lte=1), name="version_shadow_share_is_a_share"
            ),
        )

    def __str__(self) -> str:
        return f"version {self.pk}"


class Rereading(models.Model):
    """The rereading of all labelled drawings by a promoted version.

    It goes through the drawings by id, in batches. `after` is the last drawing processed. `walked` is how many were
    processed, of the `total` counted at the start. It skips drawings that the version has already read. Promoting the
    version again starts over; the rereading pauses while another version is the champion.
    """

    version = models.OneToOneField(ModelVersion, on_delete=models.CASCADE, related_name="rereading")
    after = models.UUIDField(null=True, blank=True)
    walked = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True, blank=True)
    began_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"rereading by version {self.version_id}"
