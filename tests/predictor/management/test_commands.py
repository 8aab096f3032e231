"""The commands: each takes its arguments, calls one function, and says what came of it."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import OperationalError

from predictor.models import Drawing, ForgottenDrawing, Label, ModelVersion, Owner, TrainingRun
from predictor.tools.management.commands import bench
from predictor.training import retraining, runs, scheduling
from predictor.training.comparison import Comparison, SetReadings
from predictor.training.config import Config
from predictor.versions import registry
from tests.predictor.artifacts import another_artifact, stored
from tests.predictor.stored import learn


def run(command: str, *arguments: Any) -> str:
    out = io.StringIO()
    call_command(command, *map(str, arguments), stdout=out)
    return out.getvalue()


# ── prepare, promote, rollback ──


def test_prepare_makes_a_new_site_ready_and_a_second_time_does_nothing(db: None, settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path / "static"
    first = run("prepare")
    assert "Collecting static files" in first
    assert "(champion)" in first
    assert list((tmp_path / "static").glob("**/*.css"))
    second = run("prepare")
    assert "Collecting" not in second
    assert ModelVersion.objects.count() == 1


def test_promote_makes_a_version_the_champion(champion: ModelVersion, tmp_path: Path) -> None:
    other = registry.add_version(folder=another_artifact(tmp_path))
    assert run("promote", other.pk) == f"Version {other.pk} is the champion.\n"
    assert registry.champion() == other


def test_promote_names_the_versions_there_are(champion: ModelVersion) -> None:
    with pytest.raises(CommandError, match=f"There are: {champion.pk}"):
        run("promote", "seven")


def test_promote_refuses_a_damaged_version(champion: ModelVersion, tmp_path: Path) -> None:
    other = registry.add_version(folder=another_artifact(tmp_path))
    stored(other).write_bytes(b"x")
    with pytest.raises(CommandError, match="can't be promoted"):
        run("promote", other.pk)


def test_rollback_goes_back_and_says_where_to(champion: ModelVersion, tmp_path: Path) -> None:
    registry.promote(version=registry.add_version(folder=another_artifact(tmp_path)))
    assert run("rollback") == f"Version {champion.pk} is the champion again.\n"
    with pytest.raises(CommandError, match="no earlier champion"):
        run("rollback")


# ── retrain ──


def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    champion: ModelVersion, writer: Owner, reviewer: User
) -> None:
    learn(writer, reviewer)
    said = run("retrain", "--dry-run")
    assert f"from version {champion.pk}" in said
    assert "1 train, 0 validation, 0 test" in said
    assert "No training was started" in said
    assert not TrainingRun.objects.exists()


def test_with_nothing_to_learn_it_says_what_to_do(champion: ModelVersion) -> None:
    with pytest.raises(CommandError, match="Accept some labels"):
        run("retrain")


def test_without_a_champion_it_says_what_to_do(db: None) -> None:
    with pytest.raises(CommandError, match=r"manage\.py prepare"):
        run("retrain")


def test_when_nothing_changed_it_says_so_and_that_is_no_error(
    champion: ModelVersion, writer: Owner, reviewer: User
) -> None:
    learn(writer, reviewer)
    done = scheduling.request_run(Config())
    TrainingRun.objects.filter(pk=done.pk).update(status="done", verdict="Kept the champion.")
    assert f"Nothing changed since training {done.pk}" in run("retrain")


def test_while_another_one_runs_it_is_refused_and_leaves_no_run_behind(
    champion: ModelVersion, writer: Owner, reviewer: User
) -> None:
    learn(writer, reviewer)
    other = scheduling.request_run(Config(seed=1))
    assert runs.claim(other.pk)
    with pytest.raises(CommandError, match="Another training is running"):
        run("retrain")
    assert TrainingRun.objects.get() == other


def test_a_training_that_was_stopped_is_gone_on_with(
    champion: ModelVersion, writer: Owner, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn(writer, reviewer)
    stopped = scheduling.request_run(Config())
    TrainingRun.objects.filter(pk=stopped.pk).update(attempts=1)
    monkeypatch.setattr(retraining, "work_on", lambda _pk, **_: None)
    out = io.StringIO()
    with pytest.raises(CommandError, match="started by another process"):
        call_command("retrain", stdout=out)
    assert out.getvalue() == f"Training {stopped.pk} goes on from where it stopped.\n"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyboardInterrupt(), "Stopped. Nothing was promoted."),
        (runs.Cancelled("It was cancelled."), "It was cancelled. Nothing was promoted."),
        (OperationalError("gone"), "The database went away .gone.. Run the command again"),
        (runs.AlreadyRunning("Another one runs."), "waits: the train worker starts it afterwards"),
    ],
)
def test_what_ends_a_training_is_said(
    champion: ModelVersion,
    writer: Owner,
    reviewer: User,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    said: str,
) -> None:
    def fail(_pk: int, **_: Any) -> None:
        raise error

    learn(writer, reviewer)
    monkeypatch.setattr(retraining, "work_on", fail)
    with pytest.raises(CommandError, match=said):
        run("retrain")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--epochs", "0"], "--epochs"),
        (["--network", "other"], "reader, deepcnn"),
        (["--network", "deepcnn"], "--from-scratch"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(db: None, arguments: list[str], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        run("retrain", *arguments)


@pytest.mark.parametrize(
    ("decision", "end"), [("keep", "Not promoted.\n"), ("ask", "or run `manage.py promote {version}`.\n")]
)
def test_what_came_of_it_is_said_in_figures(
    champion: ModelVersion, writer: Owner, reviewer: User, monkeypatch: pytest.MonkeyPatch, decision: str, end: str
) -> None:
    learn(writer, reviewer)
    sure = np.ones(2), np.ones(2, bool)
    compared = Comparison(np.array([7, 1]), SetReadings(np.array([7, 8]), *sure), SetReadings(np.array([1, 1]), *sure))
    other = ModelVersion.objects.create(sha256="x", format_version=1, preprocessing_version=1)
    rule = {"name": "holdout_fall", "value": 0.5, "promote": 0.001, "unit": "points", "says": "lost", "answer": "keep"}

    def worked(pk: int, **_: Any) -> TrainingRun:
        evidence = {"holdout": compared.as_evidence(), "validation": {"count": 0}}
        values = {"evidence": evidence, "rules": [rule], "decision": decision, "verdict": "So it is."}
        TrainingRun.objects.filter(pk=pk).update(status="done", candidate=other, **values)
        return TrainingRun.objects.get(pk=pk)

    monkeypatch.setattr(retraining, "work_on", worked)
    said = run("retrain")
    assert " 50.00% →  50.00%   1 negative flips" in said
    assert "validation" not in said
    assert "holdout_fall: 50.00 points, allowed 0.10 points (lost)" in said
    assert f"Version {other.pk}: So it is.\n" in said
    assert said.endswith(end.format(version=other.pk))


# ── demo ──


def test_the_demonstration_fills_a_site(db: None, monkeypatch: pytest.MonkeyPatch, read_waiting: Any) -> None:
    from predictor.tools import demonstration

    monkeypatch.setattr(demonstration, "DRAWINGS", 30)
    said = run("demo")
    assert said.startswith("30 drawings made;")
    assert Drawing.objects.count() == 30
    assert {"proposed", "accepted"} <= set(Label.objects.values_list("state", flat=True))
    assert read_waiting() == 30
    right = [label for label in Label.objects.filter(state="accepted") if _was_read_as(label)]
    assert len(right) >= Label.objects.filter(state="accepted").count() - 1
    assert not User.objects.filter(is_staff=True).exists(), "nobody gets in by the demonstration"
    with pytest.raises(CommandError, match="here already"):
        run("demo")
    assert not ForgottenDrawing.objects.exists()


def _was_read_as(label: Label) -> bool:
    return bool(label.drawing.predictions.get().text == label.text)


# ── bench, announce ──


def test_the_benchmark_says_how_to_install_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "NEEDED", ("json", "nothing_of_this_name"))
    with pytest.raises(CommandError, match=r"^nothing_of_this_name missing: `make bench` installs"):
        run("bench")


def test_announce_says_when_the_site_does_not_read(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from predictor import startup

    settings.PORT = 9
    monkeypatch.setattr(startup, "READY_WITHIN", 0.3)
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("announce", stdout=out)
    assert "isn't ready" in out.getvalue()
    assert "The web process doesn't answer" in out.getvalue()
