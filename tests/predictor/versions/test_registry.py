"""Versions: registered, promoted, rolled back."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from ml.network import manifest as artifacts
from ml.network.manifest import BUNDLED, Manifest
from predictor import errors
from predictor.models import Drawing, ModelVersion, Owner, Prediction
from predictor.versions import registry
from tests.predictor.artifacts import another_artifact, stored


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Installs a release of the site with another bundled network."""

    def install() -> None:
        monkeypatch.setattr(artifacts, "BUNDLED", another_artifact(tmp_path))

    return install


def _states() -> list[str]:
    return list(ModelVersion.objects.order_by("pk").values_list("status", flat=True))


def test_the_first_bundled_network_is_the_champion(db: None) -> None:
    version = registry.register_bundled()
    manifest = Manifest.read(BUNDLED)
    assert (version.status, version.bundled, version.sha256) == ("champion", True, manifest.artifact_sha256)
    assert version.promoted_at is not None
    assert version.metrics == manifest.metrics
    assert registry.manifest_of(version) == manifest


def test_the_same_one_again_changes_nothing(db: None) -> None:
    first = registry.register_bundled()
    before = ModelVersion.objects.values().get()
    assert registry.register_bundled() == first
    assert ModelVersion.objects.values().get() == before


def test_a_new_release_replaces_an_older_bundled_champion(db: None, release: Any) -> None:
    registry.register_bundled()
    release()
    assert registry.register_bundled().status == "champion"
    assert _states() == ["retired", "champion"]


def test_a_new_release_does_not_replace_what_the_site_has_learned(db: None, release: Any, tmp_path: Path) -> None:
    parent = registry.register_bundled()
    registry.promote(version=registry.add_version(folder=another_artifact(tmp_path), parent=parent))
    release()
    assert registry.register_bundled().status == "candidate"
    assert _states() == ["retired", "champion", "candidate"]


def test_a_champion_that_this_release_cannot_read_with_gives_way(db: None, tmp_path: Path) -> None:
    bundled = registry.register_bundled()
    learned = registry.add_version(folder=another_artifact(tmp_path), parent=bundled)
    registry.promote(version=learned)
    ModelVersion.objects.filter(pk=learned.pk).update(preprocessing_version=learned.preprocessing_version - 1)
    assert registry.register_bundled() == bundled
    assert _states() == ["champion", "retired"]


def test_the_operators_choice_of_an_older_bundled_one_outlasts_a_restart(db: None, release: Any) -> None:
    registry.register_bundled()
    release()
    registry.register_bundled()
    registry.rollback()
    registry.register_bundled()
    assert _states() == ["champion", "retired"]


def test_registering_an_artifact_twice_gives_the_same_version(db: None, tmp_path: Path) -> None:
    folder = another_artifact(tmp_path)
    first = registry.add_version(folder=folder)
    files = set(stored(first).parent.iterdir())
    assert registry.add_version(folder=folder) == first
    assert set(stored(first).parent.iterdir()) == files, "and leaves no file behind"


def test_promotion_swaps_both_in_one_step(db: None, tmp_path: Path) -> None:
    first = registry.register_bundled()
    second = registry.add_version(folder=another_artifact(tmp_path), parent=first)
    registry.promote(version=second)
    assert _states() == ["retired", "champion"]
    assert registry.champion() == second
    assert registry.champion_id() == second.pk
    first.refresh_from_db()
    assert second.promoted_at > first.promoted_at


def test_promoting_the_champion_changes_nothing(champion: ModelVersion) -> None:
    before = ModelVersion.objects.values().get()
    registry.promote(version=champion)
    assert ModelVersion.objects.values().get() == before


@pytest.mark.parametrize("damage", [lambda file: file.write_bytes(b"x"), lambda file: file.unlink()])
def test_a_damaged_candidate_is_refused_and_marked(db: None, tmp_path: Path, damage: Any) -> None:
    first = registry.register_bundled()
    second = registry.add_version(folder=another_artifact(tmp_path))
    damage(stored(second))
    with pytest.raises(registry.UnreadableVersion):
        registry.promote(version=second)
    second.refresh_from_db()
    assert (second.status, registry.champion()) == ("failed", first)
    assert second.error
    with pytest.raises(errors.Conflict):
        registry.promote(version=second)


@pytest.mark.parametrize("changed", [{"format_version": 99}, {"preprocessing_version": 99}])
def test_a_candidate_for_another_release_is_refused(db: None, tmp_path: Path, changed: dict[str, int]) -> None:
    registry.register_bundled()
    version = registry.add_version(folder=another_artifact(tmp_path, **changed))
    with pytest.raises(registry.UnreadableVersion, match=r"version|format"):
        registry.promote(version=version)


def test_rolling_back_goes_to_the_champion_before_and_then_further_back(db: None, tmp_path: Path) -> None:
    first = registry.register_bundled()
    second, third = (registry.add_version(folder=another_artifact(tmp_path)) for _ in range(2))
    registry.promote(version=second)
    registry.promote(version=third)
    assert registry.rollback() == second
    assert registry.rollback() == first
    assert _states() == ["champion", "retired", "retired"]
    with pytest.raises(errors.Conflict):
        registry.rollback()
    assert registry.champion() == first


def test_after_a_promotion_rolling_back_starts_anew(db: None, tmp_path: Path) -> None:
    first = registry.register_bundled()
    second = registry.add_version(folder=another_artifact(tmp_path))
    registry.promote(version=second)
    registry.rollback()
    registry.promote(version=second)
    assert registry.rollback() == first


def test_a_champion_before_that_is_damaged_is_gone_back_to_only_if_it_can_be_put_back(
    db: None, tmp_path: Path, settings: Any
) -> None:
    first = registry.register_bundled()
    second = registry.add_version(folder=another_artifact(tmp_path))
    registry.promote(version=second)
    stored(first).unlink()
    assert registry.rollback() == first, "the release has it"
    registry.promote(version=second)
    registry.promote(version=first)
    stored(second).unlink()
    shutil.rmtree(settings.NETWORKS_DIR)
    with pytest.raises(registry.UnreadableVersion):
        registry.rollback()
    assert registry.champion() == first


def test_there_is_nothing_to_go_back_to_at_first(champion: ModelVersion) -> None:
    with pytest.raises(errors.Conflict, match="no earlier champion"):
        registry.rollback()


@pytest.mark.parametrize("number", ["0", "99", "two", "", "-1", "1.5"])
def test_an_unknown_version_is_not_found_and_the_known_ones_are_named(champion: ModelVersion, number: str) -> None:
    with pytest.raises(errors.NotFound, match=f"There are: {champion.pk}"):
        registry.get(number)


def test_the_database_holds_one_champion_at_most(champion: ModelVersion) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.create(sha256="other", format_version=1, preprocessing_version=1, status="champion")


def test_the_database_knows_no_other_states(db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.create(sha256="other", format_version=1, preprocessing_version=1, status="best")


def test_a_version_that_has_read_something_stays(champion: ModelVersion, writer: Owner) -> None:
    """Which network said so is part of what was read."""
    drawing = Drawing.objects.create(owner=writer, image=b"", width=1, height=1)
    Prediction.objects.create(
        drawing=drawing, revision=1, status="done", model=champion, preprocessing_version=1, done_at=timezone.now()
    )
    with pytest.raises(ProtectedError):
        champion.delete()
