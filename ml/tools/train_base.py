"""Trains the bundled network.

    python -m ml.tools.train_base --cache var/cache --out ml/bundled --network reader --epochs 85 --seed 8 \\
        --glyphs-seed 1 --precision mixed_bfloat16 --learning-rate 0.001 --start ml/bundled --teacher ml/bundled \\
        --keep 0.5

Making the glyphs takes 28 minutes of one core, shared by all cores, once, because they are cached. On two CPU cores
with bfloat16, an epoch takes 35 seconds, or 47 with a teacher. On a GPU with JAX (`KERAS_BACKEND=jax`) 85 epochs take
minutes.

Without a --teacher, the network learns from the labels alone. Repeat --teacher for several; their predictions are
averaged. With --start, training continues from a network instead of from scratch; use a lower --learning-rate. --keep
then blends that share of the starting weights into the result (Wortsman et al., 2022), to limit forgetting. The
manifest names the starting network, or else the first teacher, as the parent.

Expect 99.7% on MNIST's test set as served. Below FLOOR (99.5%), after at least FLOOR_EPOCHS epochs, AccuracyTooLow is
raised; the network is still written to --out for inspection.

The temperature and the threshold are chosen on the validation pictures. MNIST's test set and the holdout are read once,
at the end, and decide nothing.
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ml.conversion.onnx_files import make_onnx_files
from ml.evaluation.metrics import accuracy, calibration_error
from ml.network import artifact, backend
from ml.network.architectures import PRESETS, build
from ml.network.calibration import Calibration, calibrate
from ml.network.classes import NOT_A_DIGIT
from ml.network.forward import Forward
from ml.network.reader import Classification, Reader
from ml.network.test_time_augmentation import augmented_logits
from ml.sources.mnist import Mnist, load_mnist
from ml.sources.mnist_as_served import as_served
from ml.tools.progress_bar import ProgressBar
from ml.training import mixture
from ml.training.config import TrainingConfig, TrainingSet
from ml.training.distillation import Lessons
from ml.training.finetuning import blend
from ml.training.loop import EpochMetrics, fit

EPOCH_SIZE = 52_000
"""Glyphs per epoch: as many as MNIST's pictures to train on. They are drawn from more than three times as many."""

BATCH_SIZE = 256

HARD_SHARE = 0.5
"""Share of the label in a target; the rest is the teachers' prediction."""

PLAIN_SHARE = 0.05
"""Share of the epochs, at the end, in which glyphs are not distorted."""

FLOOR = 0.995
FLOOR_EPOCHS = 4
"""The floor applies to trainings of at least this many epochs."""


class AccuracyTooLow(Exception):
    """The trained network doesn't reach the floor on MNIST's test set."""


def main(arguments: list[str] | None = None) -> None:
    """Parses the command line and makes the artifact."""
    options = _parser().parse_args(arguments)
    words = ["python", "-m", "ml.tools.train_base", *(arguments if arguments is not None else sys.argv[1:])]
    make(
        cache=options.cache,
        out=options.out,
        config=TrainingConfig(
            preset=options.network,
            epochs=options.epochs,
            epoch_size=EPOCH_SIZE,
            learning_rate=options.learning_rate,
            batch_size=BATCH_SIZE,
            seed=options.seed,
            plain_epochs=round(PLAIN_SHARE * options.epochs),
        ),
        precision=options.precision,
        mnist_path=options.mnist,
        checkpoint=options.checkpoint,
        teachers=options.teacher,
        start=options.start,
        keep=options.keep,
        glyphs_seed=options.seed if options.glyphs_seed is None else options.glyphs_seed,
        tensorboard=options.tensorboard,
        command=shlex.join(words),
    )


def make(  # noqa: PLR0913
    *,
    cache: Path,
    out: Path,
    config: TrainingConfig,
    precision: str = "float32",
    mnist_path: Path | None = None,
    checkpoint: Path | None = None,
    teachers: Sequence[Path] = (),
    start: Path | None = None,
    keep: float = 0.0,
    glyphs_seed: int = 0,
    tensorboard: Path | None = None,
    command: str = "",
) -> artifact.Manifest:
    """Trains, calibrates and measures a network, and writes its artifact to `out`.

    `keep`: share of `start` in the resulting weights. Raises MnistUnavailable, AccuracyTooLow, or ValueError if `keep`
    is not from 0 to 1 or is given without a `start`.
    """
    if not 0 <= keep <= 1 or (keep and not start):
        raise ValueError(f"--keep {keep}: must be a share from 0 to 1, and needs --start")
    backend.configure()
    sources = tuple(artifact.Manifest.read(folder).sha256 for folder in (start, *teachers) if folder)
    config = replace(config, sources=sources)
    mnist = load_mnist(path=mnist_path, cache=cache / "mnist", progress=tqdm.write)
    outputs = PRESETS[config.preset].outputs
    with ProgressBar() as bar:
        dataset = mixture.assemble(mnist, cache, outputs=outputs, seed=glyphs_seed, report=bar.report)
        validation = mixture.validation_set(mnist, cache, outputs=outputs, report=bar.report)
        trained = build(config.preset, config.seed, precision)
        begun = _load(start).get_weights() if start else trained.get_weights()
        trained.set_weights(begun)
        history = fit(
            trained,
            dataset,
            config,
            validation=validation,
            teach=Lessons([_load(folder) for folder in teachers], HARD_SHARE) if teachers else None,
            on_progress=bar.train,
            checkpoint=checkpoint or cache / f"checkpoint-{config.preset}-{config.seed}",
            tensorboard=tensorboard,
        )
    model = build(config.preset, config.seed)
    model.set_weights(blend(begun, trained.get_weights(), keep))
    chosen = calibrate(augmented_logits(Forward(model), validation.pixels), np.argmax(validation.targets, axis=1))
    metrics = measure(model, chosen, mnist, validation)
    metrics["epochs"] = [asdict(epoch) for epoch in history]
    manifest = artifact.save(
        model,
        out,
        network=config.preset,
        temperature=chosen.temperature,
        sure_threshold=chosen.sure_threshold,
        metrics=metrics,
        command=command,
        seed=config.seed,
        parent=next(iter(sources), None),
        finder=artifact.BUNDLED / artifact.FINDER_FILE,
    )
    make_onnx_files(out)
    tqdm.write(_summary(manifest, history))
    share = metrics["mnist_test_served"]["accuracy"]
    if config.epochs >= FLOOR_EPOCHS and share < FLOOR:
        raise AccuracyTooLow(f"{share:.2%} of MNIST's test set as served; the floor is {FLOOR:.2%}")
    return manifest


def _load(folder: Path) -> Any:
    return artifact.load(folder / artifact.MODEL_FILE, artifact.Manifest.read(folder))


def measure(model: Any, chosen: Calibration, mnist: Mnist, validation: TrainingSet) -> dict[str, Any]:
    """The manifest's figures, JSON-ready: for MNIST's test set and the gate's holdout, each raw and as served, and the
    share of unsure readings among the validation set's non-digits.
    """
    reader = Reader(Forward(model), temperature=chosen.temperature, sure_threshold=chosen.sure_threshold)
    held = mnist.holdout_indices
    sets = {"mnist_test": (mnist.test_images, mnist.test_labels)}
    sets["holdout"] = (mnist.train_images[held], mnist.train_labels[held])
    metrics: dict[str, Any] = {}
    for name, (images, labels) in sets.items():
        metrics[f"{name}_raw"] = figures(reader.read(images), labels)
        metrics[f"{name}_served"] = figures(reader.read(as_served(images)), labels)
    others = np.argmax(validation.targets, axis=1) == NOT_A_DIGIT
    if np.any(others):
        metrics["non_digits_unsure"] = float(1 - reader.read(validation.pixels[others]).sure.mean())
    metrics["parameters"] = int(model.count_params())
    return metrics


def figures(read: Classification, labels: NDArray[np.integer]) -> dict[str, Any]:
    """Accuracy with its 95% interval, calibration error, share of sure readings, and the accuracy of these."""
    right = read.digits == labels
    found = accuracy(right)
    return {
        "accuracy": found.share,
        "interval": [found.low, found.high],
        "right": found.right,
        "count": found.count,
        "calibration_error": calibration_error(read.confidence, right),
        "sure": float(read.sure.mean()),
        "sure_right": float(right[read.sure].mean()) if read.sure.any() else None,
    }


def _summary(manifest: artifact.Manifest, history: list[EpochMetrics]) -> str:
    lines = [f"temperature {manifest.temperature:.3f}, sure from {manifest.sure_threshold:.3f}"]
    for name, value in manifest.metrics.items():
        if isinstance(value, dict):
            lines.append(f"{name}: {value['accuracy']:.2%} of {value['count']}, sure {value['sure']:.1%}")
    lines.append(f"{sum(epoch.seconds for epoch in history):.0f} s of training")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml.tools.train_base", description="Trains the bundled network.")
    parser.add_argument("--cache", type=Path, required=True, help="cache folder for MNIST, glyphs and the checkpoint")
    parser.add_argument("--out", type=Path, required=True, help="folder for the artifact")
    parser.add_argument("--network", choices=sorted(PRESETS), default="reader")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--precision",
        choices=["float32", "mixed_bfloat16"],
        default="float32",
        help="mixed_bfloat16 takes half the time on a CPU or GPU with bfloat16 multiplication",
    )
    parser.add_argument(
        "--teacher", type=Path, action="append", default=[], help="folder of a network to distil from; repeatable"
    )
    parser.add_argument("--start", type=Path, help="folder of a network to continue from")
    parser.add_argument("--keep", type=float, default=0.0, help="share of --start in the resulting weights, 0 to 1")
    parser.add_argument("--glyphs-seed", type=int, help="seed for making glyphs (default: --seed)")
    parser.add_argument("--learning-rate", type=float, default=TrainingConfig.learning_rate, help="peak rate")
    parser.add_argument("--tensorboard", type=Path, help="folder for TensorBoard's logs")
    parser.add_argument("--mnist", type=Path, help="folder of the four IDX files, or mnist.npz")
    parser.add_argument("--checkpoint", type=Path, help="file for the last finished epoch (default: in the cache)")
    return parser


if __name__ == "__main__":
    main()
