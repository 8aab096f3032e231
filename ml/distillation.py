"""Soft targets: the belief of one or more teachers mixed with the label (Hinton, Vinyals and Dean, 2015)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.augmentation import Strength, augment
from ml.network import gives_logits
from ml.training import TrainingSet, predict, softmax

VIEW = Strength(rotation=6, shear=0.08, zoom=0.05, shift=0.7, elastic=0.3, pen=0.1, plain_share=0.0)
"""How far the views beside the undistorted one are distorted."""

_CHUNK = 1000


def soften(
    teachers: Sequence[Any],
    hard: TrainingSet,
    *,
    hard_share: float,
    doubted: NDArray[np.bool_],
    views: int,
    seed: int = 0,
) -> TrainingSet:
    """The set with targets between the label, of which `hard_share` stays, and the teachers' belief, averaged over
    `views` of each glyph.

    Where the teachers are wrong, the label alone counts: what they don't know is what there is to learn. But where
    `doubted`, bool [N], the label may be the one that errs, and it is mixed all the same.
    """
    belief = _belief(teachers, _views(hard.pixels, views, np.random.default_rng([seed, 8])))
    mixed = doubted | (np.argmax(belief, axis=1) == np.argmax(hard.targets, axis=1))
    targets = np.where(mixed[:, None], hard_share * hard.targets + (1 - hard_share) * belief, hard.targets)
    return replace(hard, targets=targets.astype(np.float32))


def _views(pixels: NDArray[np.uint8], count: int, rng: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    """The glyphs as they are, then distorted a little, each time in another way."""
    yield pixels
    parts = np.array_split(pixels, max(1, len(pixels) // _CHUNK))
    for _ in range(count - 1):
        yield np.concatenate([np.rint(augment(part, rng, VIEW)[..., 0] * 255).astype(np.uint8) for part in parts])


def _belief(teachers: Sequence[Any], views: Iterable[NDArray[np.uint8]]) -> NDArray[np.float64]:
    """The mean of the teachers' probabilities over the views, float64 [N, outputs]."""
    shares = []
    for view in views:
        for teacher in teachers:
            outputs = predict(teacher, view)
            shares.append(softmax(outputs) if gives_logits(teacher) else outputs)
    return np.asarray(np.mean(shares, axis=0))
