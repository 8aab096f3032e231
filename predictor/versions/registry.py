"""Registers, promotes and rolls back versions of the network."""

import logging
import shutil
from dataclasses import asdict
from pathlib import Path

from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from ml import glyphs
from ml.atomic_files import replacing
from ml.network import manifest as artifacts
from ml.network.manifest import Manifest
from predictor import errors
from predictor.models import ModelVersion, Rereading, VersionStatus

logger = logging.getLogger(__name__)


class NoChampion(Exception):
    """There is no champion; `manage.py prepare` registers the bundled network."""


class OtherPromotion(errors.Conflict):
    """Another promotion came first."""


class UnreadableVersion(errors.Conflict):
    """The version's artifact is gone, damaged, or of another format."""


def register_bundled() -> ModelVersion:
    """Registers the networks that came with this release. Idempotent.

    It becomes the champion if there is none, if the champion is an older bundled network, or if this release can't use
    the champion because of its format or preprocessing version.
    """
    manifest = Manifest.read(artifacts.BUNDLED)
    known = ModelVersion.objects.filter(sha256=manifest.artifact_sha256).first()
    version = known or add_version(folder=artifacts.BUNDLED, bundled=True)
    newest = not ModelVersion.objects.filter(bundled=True, pk__gt=version.pk).exists()
    current = champion()
    if current is None or _is_outdated(current) or (current.bundled and newest and known is None):
        promote(version=version)
    version.refresh_from_db()
    return version


def _is_outdated(version: ModelVersion) -> bool:
    made_for = version.format_version, version.preprocessing_version
    return made_for != (artifacts.FORMAT_VERSION, glyphs.VERSION)


def add_version(*, folder: Path, bundled: bool = False, parent: ModelVersion | None = None) -> ModelVersion:
    """Registers the artifact in `folder` as a candidate and copies its files into the site's storage."""
    manifest = Manifest.read(folder)
    version = ModelVersion(
        sha256=manifest.artifact_sha256,
        format_version=manifest.format_version,
        preprocessing_version=manifest.preprocessing_version,
        manifest=asdict(manifest),
        metrics=manifest.metrics,
        bundled=bundled,
        parent=parent,
    )
    try:
        with transaction.atomic():
            _store(version.artifact, folder / artifacts.MODEL_FILE, f"{manifest.sha256[:16]}.keras")
            if manifest.finder_sha256:
                _store(version.finder, folder / artifacts.FINDER_FILE, f"{manifest.finder_sha256[:16]}.finder.keras")
            version.save(force_insert=True)
    except IntegrityError:
        for stored in (version.artifact, version.finder):
            stored.delete(save=False)
        return ModelVersion.objects.get(sha256=manifest.artifact_sha256)
    put_onnx_files(version, folder)
    return version


def put_onnx_files(version: ModelVersion, folder: Path) -> None:
    """Copies the ONNX files in an artifact's folder, if there are any, beside the version's `.keras` files."""
    for stored, name in ((version.artifact, artifacts.MODEL_FILE), (version.finder, artifacts.FINDER_FILE)):
        made = artifacts.onnx_file(folder / name)
        if stored and made.is_file():
            with replacing(artifacts.onnx_file(Path(stored.path))) as part:
                shutil.copyfile(made, part)


def _store(field: FieldFile, file: Path, name: str) -> None:
    with file.open("rb") as content:
        field.save(name, File(content), save=False)


def champion() -> ModelVersion | None:
    return ModelVersion.objects.filter(status=VersionStatus.CHAMPION).first()


def champion_id() -> int | None:
    return ModelVersion.objects.filter(status=VersionStatus.CHAMPION).values_list("pk", flat=True).first()


def former_champions() -> list[int]:
    """The versions to fall back on, the latest champion first. Bundled ones are included."""
    retired = ModelVersion.objects.filter(Q(status=VersionStatus.RETIRED) | Q(bundled=True))
    return list(retired.order_by("-promoted_at", "-pk").values_list("pk", flat=True))


def get(number: int | str) -> ModelVersion:
    """Raises errors.NotFound for an unknown version."""
    try:
        return ModelVersion.objects.get(pk=int(number))
    except (ValueError, ModelVersion.DoesNotExist):
        known = ", ".join(str(pk) for pk in ModelVersion.objects.order_by("pk").values_list("pk", flat=True))
        raise errors.NotFound(f"There is no version {number!r}. There are: {known or 'none'}.") from None


def promote(*, version: ModelVersion, keep_date: bool = False) -> None:
    """Makes `version` the champion and retires the current one, in one transaction.

    Raises UnreadableVersion if its artifact doesn't match its manifest, OtherPromotion if another promotion came first,
    Conflict if it can't be promoted at all. Workers load it with their next heartbeat, then read the labelled drawings
    again.
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
        artifacts.verify(artifact_file(version), manifest_of(version))
        artifacts.verify_finder(*finder_of(version))
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


def manifest_of(version: ModelVersion) -> Manifest:
    return Manifest.of(version.manifest)


def artifact_file(version: ModelVersion) -> Path:
    """The reader's file."""
    return Path(version.artifact.path)


def finder_of(version: ModelVersion | None) -> tuple[Path, Manifest]:
    """The ink finder's file and its manifest: the bundled ones for None, or a version made before there were any."""
    if version and manifest_of(version).finder_sha256:
        return Path(version.finder.path), manifest_of(version)
    return artifacts.BUNDLED / artifacts.FINDER_FILE, Manifest.read(artifacts.BUNDLED)
