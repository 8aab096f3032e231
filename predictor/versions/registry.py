"""Registers, promotes and rolls back versions of the network."""

import logging
from dataclasses import asdict
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils import timezone

from ml import glyphs
from ml.network import manifest as artifacts
from ml.network.manifest import Manifest
from predictor import errors
from predictor.models import ModelVersion, Rereading, VersionStatus
from predictor.versions import artifact_files

logger = logging.getLogger(__name__)


class NoChampion(Exception):
    """There is no champion; `manage.py prepare` registers the bundled network."""


class OtherPromotion(errors.Conflict):
    """Another promotion came first."""


class UnreadableVersion(errors.Conflict):
    """The version's artifact is gone, damaged, or of another format."""


def register_bundled() -> ModelVersion:
    """Registers the networks that came with this release, and puts their files into the site's storage. Idempotent.

    It becomes the champion if there is none, if the champion is an older bundled network, or if this release can't use
    the champion because of its format or preprocessing version. Raises errors.Unavailable if the storage can't be used.
    """
    manifest = Manifest.read(artifacts.BUNDLED)
    known = ModelVersion.objects.filter(sha256=manifest.artifact_sha256).first()
    version = known or add_version(folder=artifacts.BUNDLED, bundled=True)
    if known:
        artifact_files.put(known, artifacts.BUNDLED)
    newest = not ModelVersion.objects.filter(bundled=True, pk__gt=version.pk).exists()
    current = champion()
    if current is None or _is_outdated(current) or (current.bundled and newest and known is None):
        try:
            promote(version=version)
        except errors.Conflict:
            if champion_id() != version.pk:  # another host has promoted it at the same time
                raise
    version.refresh_from_db()
    return version


def _is_outdated(version: ModelVersion) -> bool:
    made_for = version.format_version, version.preprocessing_version
    return made_for != (artifacts.FORMAT_VERSION, glyphs.VERSION)


def add_version(*, folder: Path, bundled: bool = False, parent: ModelVersion | None = None) -> ModelVersion:
    """Registers the artifact in `folder` as a candidate, once its files are in the site's storage."""
    manifest = Manifest.read(folder)
    version = ModelVersion(
        artifact=artifact_files.name_of(manifest.sha256, artifacts.MODEL_FILE),
        finder=artifact_files.name_of(manifest.finder_sha256, artifacts.FINDER_FILE),
        sha256=manifest.artifact_sha256,
        format_version=manifest.format_version,
        preprocessing_version=manifest.preprocessing_version,
        manifest=asdict(manifest),
        metrics=manifest.metrics,
        bundled=bundled,
        parent=parent,
    )
    artifact_files.put(version, folder)
    try:
        with transaction.atomic():
            version.save(force_insert=True)
    except IntegrityError:
        return ModelVersion.objects.get(sha256=manifest.artifact_sha256)
    return version


def champion() -> ModelVersion | None:
    return ModelVersion.objects.filter(status=VersionStatus.CHAMPION).first()


def champion_id() -> int | None:
    return ModelVersion.objects.filter(status=VersionStatus.CHAMPION).values_list("pk", flat=True).first()


def get(number: int | str) -> ModelVersion:
    """Raises errors.NotFound for an unknown version."""
    try:
        return ModelVersion.objects.get(pk=int(number))
    except (ValueError, ModelVersion.DoesNotExist):
        known = ", ".join(str(pk) for pk in ModelVersion.objects.order_by("pk").values_list("pk", flat=True))
        raise errors.NotFound(f"There is no version {number!r}. There are: {known or 'none'}.") from None


def promote(*, version: ModelVersion, keep_date: bool = False) -> None:
    """Makes `version` the champion and retires the current one, in one transaction.

    Raises UnreadableVersion if its artifact doesn't match its manifest, Unavailable if the storage can't be used,
    OtherPromotion if another promotion came first, Conflict if it can't be promoted at all. Workers load it with their
    next heartbeat, then read the labelled drawings again.
    """
    verify(version)
    try:
        with transaction.atomic():
            _exchange(version, keep_date=keep_date)
    except IntegrityError:
        raise OtherPromotion("Another version became the champion at the same time.") from None
    version.refresh_from_db()


def _exchange(version: ModelVersion, *, keep_date: bool) -> None:
    current = ModelVersion.objects.select_for_update().filter(status=VersionStatus.CHAMPION).first()
    if current and current.pk == version.pk:
        return
    if current:
        ModelVersion.objects.filter(pk=current.pk).update(status=VersionStatus.RETIRED)
    promotable = ModelVersion.objects.filter(pk=version.pk, status__in=(VersionStatus.CANDIDATE, VersionStatus.RETIRED))
    promoted_at = version.promoted_at if keep_date else timezone.now()
    if not promotable.update(status=VersionStatus.CHAMPION, promoted_at=promoted_at, shadowing=False):
        raise errors.Conflict(f"Version {version.pk} is neither a candidate nor retired: it can't be promoted.")
    begin_rereading(version)
    logger.info("Version %s is the champion; workers load it with their next heartbeat", version.pk)


def begin_rereading(version: ModelVersion) -> None:
    """Has the workers read all labelled drawings again with this version while it is the champion."""
    fresh = {"after": None, "walked": 0, "total": None, "began_at": timezone.now(), "finished_at": None}
    Rereading.objects.update_or_create(version=version, defaults=fresh)


def verify(version: ModelVersion, *, to: str = "be promoted") -> None:
    """Raises UnreadableVersion, and fails a candidate, if the artifact doesn't match its manifest or this release."""
    try:
        artifact_files.verify(version)
    except artifacts.ArtifactError as error:
        failed = ModelVersion.objects.filter(pk=version.pk, status=VersionStatus.CANDIDATE)
        failed.update(status=VersionStatus.FAILED, error=str(error)[:500], shadowing=False)
        raise UnreadableVersion(f"Version {version.pk} can't {to}: {error}") from error


def rollback() -> ModelVersion:
    """Makes the previous champion the champion again. Raises Conflict if there is none.

    Its promotion date stays as it was, so that a second rollback goes further back.
    """
    before = champion_before()
    if before is None:
        raise errors.Conflict("There is no earlier champion to go back to.")
    promote(version=before, keep_date=True)
    return before


def champion_before() -> ModelVersion | None:
    """The version that a rollback goes back to."""
    current = champion()
    retired = ModelVersion.objects.filter(status=VersionStatus.RETIRED).order_by("-promoted_at")
    return retired.filter(promoted_at__lt=current.promoted_at).first() if current else retired.first()


def former_champions() -> list[int]:
    """The versions that were champions, the last one first."""
    retired = ModelVersion.objects.filter(status=VersionStatus.RETIRED, promoted_at__isnull=False)
    return list(retired.order_by("-promoted_at").values_list("pk", flat=True))


def manifest_of(version: ModelVersion) -> Manifest:
    return Manifest.of(version.manifest)
