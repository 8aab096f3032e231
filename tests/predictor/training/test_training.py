"""A real training, small: from the champion to a verdict, the same each time, whatever is killed."""

import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings as site
from django.db import connection

from ml.network.manifest import BUNDLED, Manifest
from predictor.datasets import snapshots
from predictor.models import Label, ModelVersion, TrainingRun
from predictor.training import retraining, run_folder, runs, scheduling, stages
from predictor.training.config import Config
from predictor.training.gate_policy import RULES
from predictor.training.progress import STAGES
from predictor.versions import loading, registry

ROOT = Path(__file__).resolve().parent.parent.parent.parent


def queued(**values: Any) -> TrainingRun:
    """Also where nothing changed since the last one."""
    config, dataset, champion = Config(**values), snapshots.snapshot(), registry.champion()
    return TrainingRun.objects.create(
        config=asdict(config), dataset=dataset, champion=champion, fingerprint=config.fingerprint(dataset)
    )


def worked_on(run: TrainingRun, said: list[str] | None = None) -> TrainingRun:
    heard: list[str] = [] if said is None else said
    done = retraining.work_on(run.pk, report=lambda what, _: heard.append(what))
    assert done
    return done


def test_a_training_gives_a_candidate_a_verdict_and_evidence(
    lessons: None, small: None, open_gate: None, champion: ModelVersion
) -> None:
    said: list[str] = []
    run = worked_on(scheduling.request_run(Config(epochs=1)), said)
    assert (run.status, run.decision, run.promoted, run.stage, run.progress) == ("done", "promote", True, "done", 1.0)
    assert run.verdict.startswith("No worse: held-out MNIST ")
    assert registry.champion() == run.candidate
    assert run.candidate.parent == champion
    counts = {name: found["count"] for name, found in run.evidence.items()}
    assert counts == {"holdout": 60, "grid": 40, "scribbles": 10, "validation": 4, "MNIST test": 40, "site test": 4}
    assert set(run.evidence["grid"]["groups"]) == {"pen width: 3 px", "turn: +10°"}
    assert [rule["name"] for rule in run.rules] == [rule.name for rule in RULES]
    assert run.curves[-1]["epoch"] == 1.0
    assert {"loss", "accuracy"} < set(run.curves[-1])
    assert any(what.startswith("epoch 1 of 1, loss ") for what in said)
    assert not run_folder.of(run.pk).exists()
    made = registry.manifest_of(run.candidate)
    assert (made.parent, made.command, made.network) == (Manifest.read(BUNDLED).sha256, "manage.py retrain", "reader")
    assert made.metrics["holdout"]["count"] == 60
    reading = loading.load_reader(run.candidate.pk).read(np.zeros((1, 28, 28), np.uint8))
    assert reading.probabilities.shape == (1, 10)
    _is_recorded_whole(run)
    with pytest.raises(scheduling.NothingChanged):
        scheduling.request_run(Config(epochs=1))


def _is_recorded_whole(run: TrainingRun) -> None:
    assert Config(**run.config).seed == 0
    record = run.record
    assert record["code"] == stages.code_version() != ""
    assert record["backend"] == "tensorflow"
    assert {"keras", "tensorflow", "numpy", "python", "device"} <= set(record)
    assert set(record["seconds"]) == set(STAGES)
    assert record["peak_memory"] > 100 * 2**20
    assert len(record["weights_sha256"]) == 64
    assert run.started_at < run.finished_at


def test_the_code_has_a_version_also_without_git(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "7.8"\n')
    settings.BASE_DIR = tmp_path
    assert stages.code_version() == "7.8"


@pytest.mark.slow
def test_a_killed_training_goes_on_and_ends_as_if_nothing_had_been(
    lessons: None,
    small: None,
    small_cache: Path,
    cache: Path,
    open_gate: None,
    champion: ModelVersion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Killed in each stage in turn, by SIGKILL, each time in a process of its own."""
    monkeypatch.setattr(runs, "MAX_ATTEMPTS", 100)
    undisturbed = worked_on(queued(epochs=2, promote=False)).record["weights_sha256"]
    other = worked_on(queued(epochs=2, promote=False, seed=1)).record["weights_sha256"]
    assert other != undisturbed
    run = queued(epochs=2)
    labels = list(Label.objects.values_list("pk", "state", "text"))
    versions = ModelVersion.objects.count()
    for attempt, (stage, first, last) in enumerate(
        (
            ("training", "epoch 1 of 2", "epoch 2 of 2"),
            ("comparing", "epoch 2 of 2", "Comparing"),
            ("registering", "Comparing", "Comparing"),
            ("promoting", "Comparing", "Comparing"),
        ),
        start=1,
    ):
        said = _killed(run, stage, small_cache, cache)
        work = [line for line in said if line.startswith(("epoch", "Comparing"))]
        assert work[0].startswith(first), stage
        assert work[-1].startswith(last), stage
        run.refresh_from_db()
        assert (run.status, run.attempts, run.promoted, run.candidate) == ("running", attempt, False, None)
        assert registry.champion() == champion
        assert ModelVersion.objects.count() == versions, "no version is half registered"
        assert runs.requeue_lost() == 1
    run = worked_on(run)
    assert (run.status, run.attempts, run.promoted) == ("done", 5, True)
    assert registry.champion() == run.candidate
    assert run.record["weights_sha256"] == undisturbed
    assert [point["epoch"] for point in run.curves] == sorted({point["epoch"] for point in run.curves})
    assert run.curves[-1]["epoch"] == 2.0
    assert list(Label.objects.values_list("pk", "state", "text")) == labels


def _killed(run: TrainingRun, stage: str, small_cache: Path, cache: Path) -> list[str]:
    """What a process said that worked on the run until it was killed."""
    connection.close()
    environment = {
        **os.environ,
        "DIGITSITE_TEST_DATA": str(site.DATA_DIR),
        "TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "TEST_CACHE": str(small_cache),
        "TEST_MNIST": str(cache / "mnist"),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.predictor.killed", str(run.pk), stage],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -9, done.stderr[-3000:]
    return done.stdout.splitlines()


# ── what the gate says ──


def test_a_candidate_that_is_worse_is_kept_and_not_promoted_and_each_flip_is_shown(
    lessons: None, small: None, ruins: None, champion: ModelVersion
) -> None:
    run = worked_on(scheduling.request_run(Config()))
    assert (run.status, run.decision, run.promoted) == ("done", "keep", False)
    assert run.verdict.startswith("Kept the champion: accuracy lost on the ")
    assert (run.candidate.status, run.candidate.parent) == ("candidate", champion)
    assert registry.champion() == champion
    lost = [flip for flip in run.flips if flip["set"] == "holdout" and flip["direction"] == "lost"]
    assert len(lost) == run.evidence["holdout"]["negative_flips"]
    assert all(flip["label"] == flip["champion"] != flip["candidate"] for flip in lost)
    assert all(flip["pixels"].startswith("data:image/png;base64,") for flip in lost)
    ours = [flip for flip in run.flips if flip["set"] == "validation"]
    assert ours
    assert all("pixels" not in flip and flip["drawing"] for flip in ours), "a forgotten drawing stays forgotten"
    with pytest.raises(scheduling.NothingChanged):
        scheduling.request_run(Config())
