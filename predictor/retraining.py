"""From accepted labels to a candidate, and through the gate or not."""

import hashlib
import json
import logging
import shutil
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import redis
from django.conf import settings
from django.db import close_old_connections, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError
from numpy.typing import NDArray

from digitsite import broker
from ml import glyphs
from ml.base_data import Mnist, MnistUnavailable, load_mnist
from predictor import datasets, errors, gate, registry, runs
from predictor.models import Dataset, ModelVersion, RunStatus, Side, TrainingRun

logger = logging.getLogger(__name__)

HINT_AFTER = timedelta(seconds=20)
FINE_TUNING_EPOCHS = 3
FROM_SCRATCH_EPOCHS = 12
NETWORKS = ("reader", "deepcnn")


class NothingToLearn(errors.Conflict):
    """No accepted label with consent."""


class NothingChanged(errors.Conflict):
    """The same data and configuration as the last training."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a training is asked for. `epochs` None takes the usual number."""

    epochs: int | None = None
    from_scratch: bool = False
    network: str = "reader"
    seed: int = 0
    promote: bool = True
    mnist: str = ""
    tensorboard: str = ""

    def effective_epochs(self) -> int:
        return self.epochs or (FROM_SCRATCH_EPOCHS if self.from_scratch else FINE_TUNING_EPOCHS)

    def fingerprint(self, dataset: Dataset) -> str:
        """Over everything the candidate depends on but the champion."""
        parts = [dataset.sha256, self.effective_epochs(), self.from_scratch, self.network, self.seed, glyphs.VERSION]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def plan(config: Config) -> tuple[Dataset, ModelVersion]:
    """The snapshot and the champion that a training would start from.

    Raises NothingToLearn or NothingChanged where there is no point in training.
    """
    champion = registry.champion()
    if champion is None:
        raise registry.NoChampion("There is no champion to compare with: run `manage.py prepare` first.")
    dataset = datasets.snapshot()
    if not datasets.size(dataset, Side.TRAIN) and not config.from_scratch:
        raise NothingToLearn(
            "There is nothing to learn from: no training drawing has an accepted label and its visitor's consent."
            " Accept some labels in the admin first."
        )
    last = TrainingRun.objects.filter(status=RunStatus.DONE, fingerprint=config.fingerprint(dataset)).first()
    if last and champion.pk in (last.champion_id, last.candidate_id):
        raise NothingChanged(f"Nothing changed since training {last.pk} ({last.verdict}) It would give the same again.")
    return dataset, champion


def request_run(config: Config) -> TrainingRun:
    """A queued run; raises as `plan` does."""
    dataset, champion = plan(config)
    return TrainingRun.objects.create(
        config=asdict(config), dataset=dataset, champion=champion, fingerprint=config.fingerprint(dataset)
    )


def enqueue(config: Config) -> TrainingRun:
    """A run for the train worker; raises as `plan` does."""
    run = request_run(config)
    transaction.on_commit(lambda: _hint(run.pk))
    return run


def beat() -> None:
    """The train worker's pulse: lost runs are marked, a queued one that lost its message is hinted at again."""
    try:
        close_old_connections()
        runs.mark_lost()
        if TrainingRun.objects.filter(status=RunStatus.RUNNING).exists():
            return
        queued = TrainingRun.objects.filter(status=RunStatus.QUEUED, created_at__lt=timezone.now() - HINT_AFTER)
        run_id = queued.order_by("pk").values_list("pk", flat=True).first()
        if run_id and not broker.connect(settings.REDIS_URL).llen(f"{broker.PREFIX}train"):
            _hint(run_id)
    except Exception:
        logger.exception("A pulse was missed")


def _hint(run_id: int) -> None:
    from predictor import tasks

    try:
        tasks.retrain.delay(run_id)
    except (OperationalError, redis.RedisError, OSError) as error:
        logger.warning("Training %s waits for the next pulse: %s", run_id, error)


def work_on(run_id: int, *, report: runs.Report | None = None) -> TrainingRun | None:
    """Trains, compares, decides. A run that is gone or no longer queued is left alone.

    Raises runs.AlreadyRunning while another one runs, and leaves this one queued; any other failure is
    written into the run and raised.
    """
    run = runs.claim(run_id)
    if run is None:
        logger.warning("Training %s is gone, or was taken by another process", run_id)
        return None
    heart = runs.Heart(run, report)
    folder = settings.DATA_DIR / "training" / str(run.pk)
    try:
        with heart:
            _train_and_judge(run, folder, heart)
    except BaseException as error:
        runs.end(run, RunStatus.FAILED, error=_reason(error))
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    run.refresh_from_db()
    return run


def _train_and_judge(run: TrainingRun, folder: Path, heart: runs.Heart) -> None:
    from ml import artifact
    from ml.held_out import held_out

    config, dataset, champion = Config(**run.config), run.dataset, run.champion
    if dataset is None or champion is None:
        raise errors.Conflict("The snapshot or the champion of this training is gone.")
    cache = settings.CACHE_DIR
    heart.say("base data", 0.0)
    mnist = load(config.mnist)
    model = artifact.load(registry.artifact_file(champion), registry.manifest_of(champion))
    train = datasets.examples(dataset, Side.TRAIN)
    candidate, curves = _train(config, model, train, mnist, folder, heart)
    heart.say("held-out data", 0.0)
    kept_aside = held_out(mnist, cache, say=lambda what, done, count: heart.say(what, done / count))
    heart.say("comparing", 0.0)
    judged = _Judged(model, candidate)
    compared = {
        "holdout": judged.compare(kept_aside.holdout, kept_aside.holdout_labels),
        "validation": judged.compare_examples(datasets.examples(dataset, Side.VALIDATION)),
        "MNIST test": judged.compare(kept_aside.test, kept_aside.test_labels),
        "site test": judged.compare_examples(datasets.examples(dataset, Side.TEST)),
    }
    verdict = gate.judge(holdout=compared["holdout"], validation=compared["validation"])
    evidence = {name: comparison.as_evidence() for name, comparison in compared.items()}
    heart.say("artifact", 0.0)
    version = _register(config, candidate, champion, kept_aside.holdout, kept_aside.holdout_labels, evidence, folder)
    runs.check_lease(run)
    if verdict.promote and config.promote:
        registry.promote(version=version)
    reason = verdict.reason if config.promote else f"{verdict.reason} Not promoted: --no-promote."
    runs.end(
        run,
        RunStatus.DONE,
        candidate=version,
        verdict=reason[:500],
        promoted=verdict.promote and config.promote,
        evidence=evidence,
        curves=curves,
        stage="done",
        progress=1.0,
    )


def load(path: str = "") -> Mnist:
    """MNIST, as the site is set; raises errors.Unavailable saying what was tried."""
    chosen = path or settings.DIGITSITE_MNIST
    try:
        return load_mnist(path=Path(chosen) if chosen else None, cache=settings.CACHE_DIR / "mnist")
    except MnistUnavailable as error:
        raise errors.Unavailable(str(error)) from error


def _train(
    config: Config, champion: Any, train: datasets.Examples, mnist: Mnist, folder: Path, heart: runs.Heart
) -> tuple[Any, list[dict[str, float]]]:
    from ml.finetune import fine_tune, train_from_scratch
    from ml.training import Progress

    curves: list[dict[str, float]] = []

    def on_progress(progress: Progress) -> None:
        done = (progress.epoch + progress.step / progress.steps) / progress.epochs
        heart.say(f"epoch {progress.epoch + 1} of {progress.epochs}, loss {progress.loss:.4f}", done)
        if progress.step == progress.steps:
            curves.append({"epoch": progress.epoch + 1, "loss": progress.loss, "accuracy": progress.accuracy})

    heart.say("preparing", 0.0)
    folder.mkdir(parents=True, exist_ok=True)
    known = train.labels < int(champion.output_shape[-1])
    options: dict[str, Any] = {"seed": config.seed, "epochs": config.effective_epochs(), "on_progress": on_progress}
    options["checkpoint"] = folder / "checkpoint.npz"
    if not config.from_scratch:
        candidate = fine_tune(champion, train.pixels[known], train.labels[known], mnist, **options)
        return candidate, curves
    candidate = train_from_scratch(
        config.network,
        train.pixels,
        train.labels,
        mnist,
        settings.CACHE_DIR,
        tensorboard=Path(config.tensorboard) if config.tensorboard else None,
        say=lambda what, done, count: heart.say(what, done / count),
        **options,
    )
    return candidate, curves


class _Judged:
    """Champion and candidate, asked the same."""

    def __init__(self, champion: Any, candidate: Any) -> None:
        self._models = champion, candidate

    def compare(self, pixels: NDArray[np.uint8], labels: NDArray[Any]) -> gate.Comparison:
        from ml.training import predict

        labels = labels.astype(np.int64)
        if len(labels) == 0:
            nothing = np.zeros(0, bool)
            return gate.Comparison(labels, nothing, nothing)
        champion, candidate = (_is_right(predict(model, pixels), labels) for model in self._models)
        return gate.Comparison(labels, champion, candidate)

    def compare_examples(self, examples: datasets.Examples) -> gate.Comparison:
        return self.compare(examples.pixels, examples.labels)


def _is_right(outputs: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Read as the site reads: a digit by the best of the ten; what is none, by being taken for none."""
    digits = outputs[:, : datasets.NOT_A_DIGIT].argmax(axis=1)
    right: NDArray[np.bool_] = np.where(labels == datasets.NOT_A_DIGIT, outputs.argmax(axis=1), digits) == labels
    return right


def _register(
    config: Config,
    candidate: Any,
    champion: ModelVersion,
    pixels: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    evidence: dict[str, Any],
    folder: Path,
) -> ModelVersion:
    """Writes the candidate's artifact and registers it. Its temperature is fitted on the held-out pictures."""
    from ml import artifact
    from ml.calibration import fit_temperature
    from ml.network import gives_logits
    from ml.training import predict

    outputs = predict(candidate, pixels)
    logits = outputs if gives_logits(candidate) else np.log(np.maximum(outputs, 1e-12))
    measured = {name: found.get("candidate") for name, found in evidence.items()}
    manifest = registry.manifest_of(champion)
    artifact.save(
        candidate,
        folder,
        network=config.network if config.from_scratch else manifest.network,
        temperature=fit_temperature(logits, labels),
        sure_threshold=manifest.sure_threshold,
        metrics={**measured, "negative_flips": evidence["holdout"].get("negative_flips")},
        command="manage.py retrain",
        seed=config.seed,
        parent=champion.sha256,
    )
    return registry.add_version(folder=folder, parent=champion)


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return "It was stopped."
    return f"{type(error).__name__}: {error}"[:500]
