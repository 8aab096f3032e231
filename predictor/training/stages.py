"""Runs a training's stages, from the champion to a candidate's artifact and the gate's verdict on it.

Checkpoints are kept in the run's folder. A run whose process was killed resumes from its last epoch, or from the
finished network. What needs Keras is imported in functions, because Keras takes seconds to load, and commands import
this module for its other parts.
"""

import platform
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.db import close_old_connections

from ml.network import manifest as artifacts
from ml.network.manifest import Manifest
from ml.sources.mnist import Mnist, MnistUnavailable, load_mnist
from predictor import errors
from predictor.datasets.snapshot_glyphs import Examples, examples
from predictor.models import ModelVersion, Side, TrainingRun
from predictor.training import comparison as comparing
from predictor.training import flips, gate
from predictor.training.comparison import Comparison
from predictor.training.config import Config
from predictor.training.progress import STAGES
from predictor.training.run_heartbeat import TrainingHeartbeat
from predictor.versions import artifact_files, loading, registry

if TYPE_CHECKING:
    from ml.evaluation.held_out import HeldOut


@dataclass(frozen=True)
class TrainedCandidate:
    """A candidate: the folder of its artifact, the gate's verdict, and the evidence for it."""

    artifact: Path
    verdict: gate.Verdict
    evidence: dict[str, Any]
    flips: list[flips.FlipRow]
    weights_sha256: str


def train_and_judge(run: TrainingRun, folder: Path, heartbeat: TrainingHeartbeat) -> TrainedCandidate:
    """Trains in `folder` and compares; registers nothing. Raises runs.Stopped if the run is no longer ours."""
    from ml.conversion.onnx_files import make_onnx_files
    from ml.evaluation.held_out import held_out
    from ml.network import artifact, backend

    config, dataset, champion = Config(**run.config), run.dataset, run.champion
    if dataset is None or champion is None:
        raise errors.Conflict("The snapshot or the champion of this training is gone.")
    backend.make_deterministic(config.seed)
    heartbeat.record |= {"code": code_version(), "python": platform.python_version(), **backend.describe()}
    _begin(heartbeat, "data")
    mnist = load(config.mnist)
    model = artifact.load(artifact_files.reader_of(champion), registry.manifest_of(champion))
    learned = examples(
        dataset, Side.TRAIN, report=lambda done, count: heartbeat.report(f"{done} of {count} drawings", done / count)
    )
    _begin(heartbeat, "pictures")
    pictures = held_out(
        mnist,
        settings.CACHE_DIR,
        report=lambda what, done, count: heartbeat.report(f"{what}, {done} of {count}", done / count),
    )
    made = folder / "candidate"
    if not (made / artifacts.MANIFEST_FILE).is_file():
        _begin(heartbeat, "training")
        candidate = _train(config, model, learned, mnist, folder, heartbeat)
        _save(config, candidate, champion, pictures, made)
    manifest = make_onnx_files(made)
    candidate = artifact.load(made / artifacts.MODEL_FILE, manifest)
    _begin(heartbeat, "comparing")
    comparer = _Comparer(model, registry.manifest_of(champion), candidate, manifest)
    compared, shown = comparer.compare_all(pictures, dataset)
    verdict = gate.judge(
        compared,
        latency=_latency(champion, made, manifest),
        size=(made / artifacts.MODEL_FILE).stat().st_size / artifact_files.reader_of(champion).stat().st_size,
    )
    evidence = {name: comparison.as_evidence() for name, comparison in compared.items()}
    figures = {name: found.get("candidate") for name, found in evidence.items()}
    artifact.add_metrics(manifest, made, **figures, negative_flips=evidence["holdout"].get("negative_flips"))
    return TrainedCandidate(made, verdict, evidence, shown, artifact.weights_sha256(candidate))


def load(path: str = "") -> Mnist:
    """Loads MNIST from `path`, or else as the settings say. Raises errors.Unavailable, which says what was tried."""
    chosen = path or settings.DIGITSITE_MNIST
    try:
        return load_mnist(path=Path(chosen) if chosen else None, cache=settings.CACHE_DIR / "mnist")
    except MnistUnavailable as error:
        raise errors.Unavailable(str(error)) from error


def code_version() -> str:
    """The running commit as git describes it. Without git, the project's version."""
    if (settings.BASE_DIR / ".git").exists():
        command = ["git", "describe", "--always", "--dirty", "--tags"]  # no part of it comes from input
        try:
            told = subprocess.run(  # noqa: S603
                command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True, timeout=10
            )
            return told.stdout.strip()
        except (OSError, subprocess.SubprocessError):
            pass
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def _begin(heartbeat: TrainingHeartbeat, stage: str) -> None:
    # A connection that was idle during a long stage may be dead.
    close_old_connections()
    heartbeat.begin(stage, STAGES[stage])


def _train(
    config: Config, champion: Any, learned: Examples, mnist: Mnist, folder: Path, heartbeat: TrainingHeartbeat
) -> Any:
    from ml.training.finetuning import fine_tune, train_from_scratch
    from ml.training.loop import TrainingProgress

    def on_progress(progress: TrainingProgress) -> None:
        done = progress.epoch + progress.step / progress.steps
        heartbeat.add_point(round(done, 3), loss=round(progress.loss, 5), accuracy=round(progress.accuracy, 5))
        heartbeat.report(
            f"epoch {progress.epoch + 1} of {progress.epochs}, loss {progress.loss:.4f}", done / progress.epochs
        )

    options: dict[str, Any] = {
        "seed": config.seed,
        "epochs": config.effective_epochs(),
        "on_progress": on_progress,
        "checkpoint": folder / "checkpoint.npz",
        "report": lambda what, done, count: heartbeat.report(what, done / count),
    }
    if not config.from_scratch:
        known = learned.labels < int(champion.output_shape[-1])
        options["weights"] = learned.weights[known]
        return fine_tune(champion, learned.pixels[known], learned.labels[known], mnist, settings.CACHE_DIR, **options)
    return train_from_scratch(
        config.network,
        learned.pixels,
        learned.labels,
        mnist,
        settings.CACHE_DIR,
        weights=learned.weights,
        tensorboard=Path(config.tensorboard) if config.tensorboard else None,
        **options,
    )


def _save(config: Config, candidate: Any, champion: ModelVersion, pictures: "HeldOut", folder: Path) -> None:
    """Writes the artifact. Its temperature is fitted on pictures that are neither trained nor compared on."""
    from ml.network import artifact
    from ml.network.calibration import fit_temperature
    from ml.network.forward import Forward
    from ml.network.test_time_augmentation import augmented_logits

    manifest = registry.manifest_of(champion)
    artifact.save(
        candidate,
        folder,
        network=config.network if config.from_scratch else manifest.network,
        temperature=fit_temperature(
            augmented_logits(Forward(candidate), pictures.calibration.pixels), pictures.calibration.labels
        ),
        sure_threshold=manifest.sure_threshold,
        command="manage.py retrain",
        seed=config.seed,
        parent=manifest.sha256,
        finder=artifact_files.finder_of(champion)[0],
    )


def _latency(champion: ModelVersion, made: Path, manifest: Manifest) -> float:
    """The candidate's time for one glyph as a multiple of the champion's, each as it is served."""
    from ml.network.reader import Reader
    from ml.network.timing import time_ratio

    return time_ratio(loading.load_reader(champion.pk), Reader.load(made / artifacts.MODEL_FILE, manifest))


class _Comparer:
    """Compares champion and candidate on the same pictures."""

    def __init__(self, champion: Any, champions: Manifest, candidate: Any, candidates: Manifest) -> None:
        from ml.network.forward import Forward

        self._both = (Forward(champion), champions), (Forward(candidate), candidates)

    def compare_all(self, pictures: "HeldOut", dataset: Any) -> tuple[dict[str, Comparison], list[flips.FlipRow]]:
        """The comparison on each set, and the flips."""
        from ml.evaluation.held_out import cell_of

        compared: dict[str, Comparison] = {}
        shown: list[flips.FlipRow] = []
        for name, found in (
            ("holdout", pictures.holdout),
            ("grid", pictures.grid),
            ("scribbles", pictures.scribbles),
            ("MNIST test", pictures.test),
        ):
            groups = [cell_of(each) for each in found.names] if name == "grid" else None
            compared[name] = self._compare(found.pixels, found.labels, groups, when_sure=name == "scribbles")
            shown += flips.of_pictures(name, compared[name], found.pixels, found.names)
        for name, side in (("validation", Side.VALIDATION), ("site test", Side.TEST)):
            ours = examples(dataset, side).one_of_each_group()
            compared[name] = self._compare(ours.pixels, ours.labels)
            shown += flips.of_drawings(name, compared[name], ours.drawings)
        return compared, shown

    def _compare(
        self, pixels: Any, labels: Any, groups: list[str] | None = None, *, when_sure: bool = False
    ) -> Comparison:
        from ml.network.test_time_augmentation import augmented_logits

        labels = labels.astype(np.int64)
        readings: list[comparing.SetReadings] = []
        for forward, manifest in self._both:
            logits = augmented_logits(forward, pixels)
            if when_sure:
                readings.append(comparing.read_when_sure(logits, manifest.temperature, manifest.sure_threshold))
            else:
                readings.append(comparing.read(logits, labels, manifest.temperature, manifest.sure_threshold))
        champion, candidate = readings
        return Comparison(labels, champion, candidate, groups)
