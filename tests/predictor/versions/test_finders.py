"""Each version brings its own ink finder: whatever a version reads, evaluates or learns from is found by it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User

from ml.evaluation import robustness
from ml.isolation import Isolated, isolate
from ml.network import manifest as artifacts
from ml.network.manifest import BUNDLED, FINDER_FILE, MANIFEST_FILE, MODEL_FILE, Manifest, sha256_of
from ml.sources.mnist import load_mnist
from predictor.evaluation import measurement
from predictor.models import ModelVersion, Owner
from predictor.reading import activity, hashing, idle_work, stored_pictures
from predictor.reading.serving import SERVING, Serving
from predictor.reading.shadow_readings import SHADOW
from predictor.training import retraining, scheduling
from predictor.training.config import Config
from predictor.versions import artifact_files, loading, registry
from tests.predictor.artifacts import another_artifact, stored_finder
from tests.predictor.management.test_commands import run
from tests.predictor.people import Person
from tests.predictor.pictures import drawn
from tests.predictor.stored import learn, snapshot

SHOWN = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)


@pytest.fixture(scope="session")
def other_finder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from ml.conversion.onnx_graph import finder_onnx
    from ml.finder.architecture import build_finder

    file = tmp_path_factory.mktemp("finder") / FINDER_FILE
    model = build_finder(7)
    model.save(file)
    artifacts.onnx_file(file).write_bytes(finder_onnx(model))
    return file


@pytest.fixture
def other(champion: ModelVersion, other_finder: Path, tmp_path: Path) -> ModelVersion:
    """A candidate with another finder."""
    return registry.add_version(folder=another_artifact(tmp_path, finder=other_finder))


@pytest.fixture
def found_by(
    champion: ModelVersion, reader: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[], object]], list[str]]:
    """Does something, and gives the SHA-256 of the finders that found ink in it, in order."""
    monkeypatch.setattr(loading, "load_reader", lambda _: reader)
    monkeypatch.setattr(activity, "QUIET_SECONDS", 0.0)
    isolate = stored_pictures.isolate
    said: list[Any] = []

    def isolate_and_note(*arguments: Any, find: Any) -> Any:
        said.append(find(SHOWN))
        return isolate(*arguments, find=find)

    monkeypatch.setattr(stored_pictures, "isolate", isolate_and_note)

    def of(act: Callable[[], object]) -> list[str]:
        said.clear()
        act()
        says = {
            artifact_files.finder_of(each)[1].finder_sha256: loading.load_finder(each.pk)(SHOWN) for each in versions()
        }
        return [next(sha256 for sha256, shares in says.items() if np.array_equal(shares, each)) for each in said]

    return of


def versions() -> list[ModelVersion]:
    return list(ModelVersion.objects.all())


def finder_sha256(version: ModelVersion) -> str:
    return sha256_of(artifact_files.finder_of(version)[0])


FoundBy = Callable[[Callable[[], object]], list[str]]


def test_promotion_brings_a_versions_finder_and_rollback_the_former_one(
    worker: None, champion: ModelVersion, other: ModelVersion, other_finder: Path, found_by: FoundBy
) -> None:
    person = Person()
    first, second = sha256_of(BUNDLED / FINDER_FILE), sha256_of(other_finder)
    assert first != second
    assert found_by(person.send) == [first]
    run("promote", other.pk)
    SERVING.refresh(wait=True)
    assert found_by(person.send) == [second]
    assert found_by(person.glance) == [second]
    run("rollback")
    SERVING.refresh(wait=True)
    assert found_by(person.send) == [first]
    assert found_by(person.glance) == [first]


def test_a_version_made_before_there_were_finders_uses_the_bundled_one(
    worker: None, champion: ModelVersion, other: ModelVersion, found_by: FoundBy, tmp_path: Path
) -> None:
    run("promote", other.pk)
    old = registry.add_version(folder=another_artifact(tmp_path, finder=None))
    assert not old.finder
    assert old.sha256 == registry.manifest_of(old).sha256
    run("promote", old.pk)
    SERVING.refresh(wait=True)
    assert found_by(Person().send) == [sha256_of(BUNDLED / FINDER_FILE)]


def test_versions_with_the_same_finder_share_it(champion: ModelVersion, other: ModelVersion, tmp_path: Path) -> None:
    same = registry.add_version(folder=another_artifact(tmp_path, finder=stored_finder(other)))
    finder = loading.load_finder(other.pk)
    assert loading.load_finder(same.pk) is finder
    assert loading.load_finder(champion.pk) is not finder


def test_a_version_in_the_shadow_reads_with_its_own(
    worker: None, champion: ModelVersion, other: ModelVersion, found_by: FoundBy
) -> None:
    run("shadow", other.pk, "--share", "1")
    SHADOW.refresh()
    assert found_by(Person().send) == [finder_sha256(champion)]
    assert found_by(idle_work.work) == [finder_sha256(other)]
    run("shadow", "--off")
    SHADOW.refresh()


def test_what_is_read_again_is_found_by_the_new_champions(
    worker: None, other: ModelVersion, writer: Owner, reviewer: User, found_by: FoundBy
) -> None:
    learn(writer, reviewer)
    run("promote", other.pk)
    SERVING.refresh(wait=True)
    assert found_by(idle_work.work) == [finder_sha256(other)]


def test_versions_are_evaluated_each_with_its_own(
    champion: ModelVersion, other: ModelVersion, reader: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "load_reader", lambda _: reader)

    def isolate_all_but_for_the_other(*arguments: Any, find: Any) -> Isolated:
        return Isolated() if find is loading.load_finder(other.pk) else isolate(*arguments)

    monkeypatch.setattr(stored_pictures, "isolate", isolate_all_but_for_the_other)
    (tmp_path / "set" / "7").mkdir(parents=True)
    (tmp_path / "set" / "7" / "a.png").write_bytes(drawn("7", side=100))
    run("evaluate", tmp_path / "set", "--model", champion.pk, other.pk, "--json", tmp_path / "report.json")
    [found] = json.loads((tmp_path / "report.json").read_text())
    assert [version["right"] for version in found["versions"]] == [1, 0]


def test_the_grid_is_isolated_with_each_of_the_finders(
    champion: ModelVersion,
    other: ModelVersion,
    reader: Any,
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "load_reader", lambda _: reader)
    monkeypatch.setattr(robustness.grid, "cells", lambda: [robustness.grid.PLAIN])
    monkeypatch.setattr(robustness, "parts", partial(robustness.parts, jobs=0))
    found: list[Any] = []

    def isolate_all_but_for_the_other(*arguments: Any, find: Any) -> Isolated:
        found.append(find.sha256)
        return Isolated() if find.sha256 == finder_sha256(other) else isolate(*arguments)

    monkeypatch.setattr(robustness, "isolate", isolate_all_but_for_the_other)
    same = registry.add_version(folder=another_artifact(tmp_path))
    three = [Serving.load(each.pk) for each in (champion, other, same)]
    plain = next(iter(measurement.measure_grid(three, load_mnist(cache=cache / "mnist"), 4)))
    assert [version["right"] for version in plain["versions"]] == [4, 0, 4]
    assert found == [finder_sha256(champion)] * 4 + [finder_sha256(other)] * 4, "once for those that share one"


def test_hashes_and_examples_are_found_by_the_champions(
    champion: ModelVersion, other: ModelVersion, writer: Owner, reviewer: User, found_by: FoundBy, tmp_path: Path
) -> None:
    drawing = learn(writer, reviewer)
    run("promote", other.pk)
    type(drawing).objects.update(perceptual_hash=None)
    assert found_by(hashing.hash_all) == [finder_sha256(other)]
    snapshot()
    assert found_by(lambda: run("export_dataset", "--out", tmp_path / "export")) == [finder_sha256(other)]


def test_a_retrained_reader_keeps_its_parents_finder(
    lessons: None, small: None, learns_nothing: None, open_gate: None, other: ModelVersion
) -> None:
    run("promote", other.pk)
    trained: Any = retraining.work_on(scheduling.request_run(Config(epochs=1)).pk)
    made = trained.candidate
    assert (registry.champion(), made.parent) == (made, other)
    assert stored_finder(made) == stored_finder(other), "it is stored once"
    assert registry.manifest_of(made).finder_sha256 == finder_sha256(other)
    assert registry.manifest_of(made).parent == registry.manifest_of(other).sha256
    assert set(registry.manifest_of(made).onnx) == {registry.manifest_of(made).sha256, finder_sha256(other)}


def test_a_reader_retrained_from_an_old_version_keeps_the_finder_that_it_used(
    lessons: None, small: None, learns_nothing: None, open_gate: None, champion: ModelVersion, tmp_path: Path
) -> None:
    run("promote", registry.add_version(folder=another_artifact(tmp_path, finder=None)).pk)
    trained: Any = retraining.work_on(scheduling.request_run(Config(epochs=1)).pk)
    assert registry.manifest_of(trained.candidate).finder_sha256 == sha256_of(BUNDLED / FINDER_FILE)


# ── registering ──


@pytest.mark.parametrize("finder", [None, BUNDLED / FINDER_FILE])
def test_a_release_with_a_new_finder_alone_becomes_the_champion(
    db: None, other_finder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, finder: Path | None
) -> None:
    """Also after a release that had none."""

    def release(finder: Path | None) -> Path:
        folder = another_artifact(tmp_path, finder=finder)
        shutil.copy(BUNDLED / MODEL_FILE, folder)
        manifest = replace(Manifest.read(folder), sha256=Manifest.read(BUNDLED).sha256)
        (folder / MANIFEST_FILE).write_text(manifest.to_json())
        return folder

    registry.promote(version=registry.add_version(folder=release(finder), bundled=True))
    monkeypatch.setattr(artifacts, "BUNDLED", release(other_finder))
    for _ in range(2):
        registry.register_bundled()
        assert [each.status for each in versions()] == ["champion", "retired"]
        assert finder_sha256(versions()[0]) == sha256_of(other_finder)


@pytest.mark.parametrize("damage", [lambda file: file.write_bytes(b"x"), lambda file: file.unlink()])
def test_a_candidate_with_a_damaged_finder_is_refused_and_marked(
    champion: ModelVersion, other: ModelVersion, damage: Any
) -> None:
    damage(stored_finder(other))
    with pytest.raises(registry.UnreadableVersion, match=r"finder"):
        registry.promote(version=other)
    other.refresh_from_db()
    assert (other.status, registry.champion()) == ("failed", champion)


def test_the_champions_finder_is_in_the_sites_storage(champion: ModelVersion) -> None:
    assert stored_finder(champion).read_bytes() == (BUNDLED / FINDER_FILE).read_bytes()
