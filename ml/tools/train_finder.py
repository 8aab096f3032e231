"""Trains the ink finder on composed photos.

    python -m ml.tools.train_finder --cache var/cache --out ml/bundled --steps 6000 --batch 64

Photos are composed while it trains, by a process for each core, so that none is seen twice. On a GPU
(`KERAS_BACKEND=jax`), the cores that compose decide how long it takes. A checkpoint is written now and then, from
which `--start` goes on.
"""

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ml.atomic_files import replacing
from ml.finder.architecture import OUTPUTS, build_finder
from ml.network import artifact, backend
from ml.network.backend import keras
from ml.sources.photos.scene import KINDS, compose
from ml.training.photo_batches import PhotoBatches, example, hands_of

CHECKPOINT_FILE = "checkpoint.keras"
CHECKPOINT_STEPS = 500

VALIDATION = 4
"""Photos of each kind of ground in the validation set."""

_VALIDATION_SEED = 1_000_000

WARM_UP = 20
"""The learning rate rises during one in so many turns."""

Pictures = NDArray[np.uint8]
"""uint8 [N, H, W, 3]."""


def main(arguments: list[str] | None = None) -> None:
    """Parses the command line, trains, measures, and writes the finder."""
    parser = argparse.ArgumentParser(prog="python -m ml.tools.train_finder", description="Trains the ink finder.")
    parser.add_argument("--cache", type=Path, required=True, help="cache folder with MNIST and the fonts")
    parser.add_argument(
        "--out", type=Path, required=True, help="an artifact's folder, whose finder it becomes, or an empty one"
    )
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--batch", type=int, default=64, help="photos a step")
    parser.add_argument("--repeats", type=int, default=1, help="turns a step; from the second, the photos are varied")
    parser.add_argument("--learning-rate", type=float, default=2e-3, help="peak rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="finder.keras to go on from")
    parser.add_argument("--precision", choices=["float32", "mixed_bfloat16"], default="float32")
    parser.add_argument("--workers", type=int, help="processes that compose (default: one per core)")
    options = parser.parse_args(arguments)
    backend.configure()
    model = train(options)
    overlaps = measure(model, options.cache)
    for name, value in overlaps.items():
        tqdm.write(f"{name}: {value:.4f}")
    words = ["python", "-m", "ml.tools.train_finder", *(arguments if arguments is not None else sys.argv[1:])]
    artifact.save_finder(model, options.out, overlaps=overlaps, command=shlex.join(words))
    (options.out / CHECKPOINT_FILE).unlink(missing_ok=True)


def train(options: argparse.Namespace) -> Any:
    """The trained finder, in float32."""
    options.out.mkdir(parents=True, exist_ok=True)
    keras.mixed_precision.set_dtype_policy(options.precision)
    network = build_finder(options.seed)
    if options.start:
        network.set_weights(keras.models.load_model(options.start, compile=False).get_weights())
    picture = keras.layers.Input((None, None, 3), dtype="uint8")
    model = keras.Model(picture, network(keras.layers.Rescaling(1 / 255)(picture)))
    turns = options.steps * options.repeats
    rate = keras.optimizers.schedules.CosineDecay(
        1e-5, turns - turns // WARM_UP, warmup_target=options.learning_rate, warmup_steps=turns // WARM_UP
    )
    model.compile(optimizer=keras.optimizers.AdamW(rate, weight_decay=1e-4, clipnorm=1.0), loss=ink_loss)
    with PhotoBatches(options.cache, options.batch, seed=options.seed, workers=options.workers) as made:
        bar = tqdm(made.batches(0, options.steps), total=options.steps, unit="step", mininterval=2)
        for step, (pictures, coverage) in enumerate(bar, start=1):
            loss = model.train_on_batch(pictures, coverage)
            for turn in range(1, options.repeats):
                model.train_on_batch(*varied(pictures, coverage, np.random.default_rng([options.seed, step, turn])))
            if step % 20 == 0:
                bar.set_postfix(loss=f"{float(np.ravel(loss)[0]):.4f}", refresh=False)
            if step % CHECKPOINT_STEPS == 0:
                with replacing(options.out / CHECKPOINT_FILE) as part:
                    _in_float32(network).save(part)
    return _in_float32(network)


def varied(pictures: Pictures, coverage: Pictures, rng: np.random.Generator) -> tuple[Pictures, Pictures]:
    """The batch in other colours, half of the time mirrored."""
    changed = pictures[..., rng.permutation(3)]
    gain = rng.uniform(0.6, 1.15, (len(pictures), 1, 1, 3)).astype(np.float32)
    changed = np.minimum(changed * gain, 255).astype(np.uint8)
    inverted = rng.random(len(pictures)) < 0.2
    changed[inverted] = 255 - changed[inverted]
    if rng.random() < 0.5:
        return np.ascontiguousarray(changed[:, :, ::-1]), np.ascontiguousarray(coverage[:, :, ::-1])
    return changed, coverage


def _in_float32(network: Any) -> Any:
    """A copy of the finder that computes in float32."""
    keras.mixed_precision.set_dtype_policy("float32")
    plain = build_finder()
    plain.set_weights(network.get_weights())
    return plain


def ink_loss(true: Any, logits: Any) -> Any:
    """Cross-entropy plus Dice loss (Milletari et al., 2016) of uint8 coverage [N, H, W, 3]."""
    ops = keras.ops
    true = ops.cast(true, "float32") / 255
    logits = ops.cast(logits, "float32")
    entropy = ops.maximum(logits, 0) - logits * true + ops.log1p(ops.exp(-ops.abs(logits)))
    found = ops.sigmoid(logits)
    # Over the whole batch, because a photo without ink has no overlap to measure.
    overlap = ops.sum(true * found, axis=(0, 1, 2))
    total = ops.sum(true * true, axis=(0, 1, 2)) + ops.sum(found * found, axis=(0, 1, 2))
    dice = 1 - (2 * overlap + 1) / (total + 1)
    return 4 * ops.mean(entropy) + ops.mean(dice)


def measure(model: Any, cache: Path) -> dict[str, float]:
    """Overlaps (intersection over union, 0 to 1) of found and true ink on composed photos that weren't trained on.

    Of each output, and of the digit for each kind of ground ("digit, KIND").
    """
    hands = hands_of(cache, validation=True)
    cv2.setNumThreads(1)
    overlaps: dict[str, float] = {}
    both: list[tuple[NDArray[np.bool_], NDArray[np.bool_]]] = []
    for index, kind in enumerate(KINDS):
        pairs = [
            example(compose(hands, np.random.default_rng([_VALIDATION_SEED, index, number]), kind=kind))
            for number in range(VALIDATION)
        ]
        pictures = np.stack([picture for picture, _ in pairs]).astype(np.float32) / 255
        found = keras.ops.convert_to_numpy(model(pictures, training=False)) > 0
        true = np.stack([coverage for _, coverage in pairs]) > 127
        both.append((found, true))
        overlaps[f"digit, {kind}"] = _overlap(found[..., 1], true[..., 1])
    found, true = (np.concatenate(each) for each in zip(*both, strict=True))
    for output, name in enumerate(OUTPUTS):
        overlaps[name] = _overlap(found[..., output], true[..., output])
    return overlaps


def _overlap(found: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    """Rounded to four digits; 0 where there is no ink, neither found nor true."""
    return round(float((found & true).sum() / max(1, (found | true).sum())), 4)


if __name__ == "__main__":
    main()
