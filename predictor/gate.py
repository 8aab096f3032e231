"""The gate between a candidate and the champion: only what is no worse, and breaks nothing, goes through.

What decides: MNIST training pictures kept aside and the site's validation drawings. MNIST's test set and
the site's test drawings are reported, and decide nothing. Every rule stands in `settings.GATE`.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from ml import evaluation

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Comparison:
    """Champion and candidate on the same labelled glyphs."""

    labels: NDArray[np.int64]
    champion: Flags
    candidate: Flags

    def as_evidence(self) -> dict[str, Any]:
        """What is recorded: both accuracies with their intervals, the paired test, the flips."""
        if len(self.labels) == 0:
            return {"count": 0}
        return {
            "count": len(self.labels),
            "champion": asdict(evaluation.accuracy(self.champion)),
            "candidate": asdict(evaluation.accuracy(self.candidate)),
            "paired": asdict(evaluation.paired_test(self.champion, self.candidate)),
            "negative_flips": len(evaluation.negative_flips(self.champion, self.candidate)),
        }

    def fall(self) -> float:
        """How much lower the candidate's accuracy is; negative where it is higher."""
        return float(self.champion.mean() - self.candidate.mean())

    def falls_by_class(self) -> dict[int, float]:
        return {
            int(label): float(self.champion[self.labels == label].mean() - self.candidate[self.labels == label].mean())
            for label in np.unique(self.labels)
        }


@dataclass(frozen=True)
class Verdict:
    promote: bool
    reason: str


def judge(*, holdout: Comparison, validation: Comparison) -> Verdict:
    """Whether the candidate may be promoted, and why (not)."""
    rules = settings.GATE
    complaints = [
        *_complaints("held-out MNIST", holdout, rules["holdout_margin"], rules["significance"]),
        *_class_complaints(holdout, rules["class_margin"]),
    ]
    if len(validation.labels):
        complaints += _complaints(
            "the site's validation drawings", validation, rules["validation_margin"], rules["significance"]
        )
    if complaints:
        return Verdict(False, "Kept the champion: " + "; ".join(complaints) + ".")
    return Verdict(True, f"No worse: {_summary('held-out MNIST', holdout)}, {_summary('validation', validation)}.")


def _complaints(what: str, compared: Comparison, margin: float, significance: float) -> list[str]:
    paired = evaluation.paired_test(compared.champion, compared.candidate)
    if compared.fall() > margin:
        return [f"on {what} it falls by {100 * compared.fall():.2f} points, more than {100 * margin:.2f}"]
    if paired.p_worse < significance:
        return [f"on {what} it is significantly worse: {paired.lost} lost, {paired.gained} gained"]
    return []


def _class_complaints(compared: Comparison, margin: float) -> list[str]:
    return [
        f"the {label}s fall by {100 * fall:.2f} points, more than {100 * margin:.2f}"
        for label, fall in compared.falls_by_class().items()
        if fall > margin
    ]


def _summary(what: str, compared: Comparison) -> str:
    if len(compared.labels) == 0:
        return f"no drawings for {what} yet"
    return f"{what} {100 * compared.champion.mean():.2f}% → {100 * compared.candidate.mean():.2f}%"
