"""How well versions read: labelled sets, the site's own drawings, MNIST."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ml import decoding, evaluation
from ml.base_data import Mnist
from ml.labelled import Labelled
from predictor import datasets, registry
from predictor.intake import isolate
from predictor.models import ModelVersion
from predictor.serving import Serving

BATCH = 64


@dataclass(frozen=True)
class Outcome:
    """How one version read one set: `right` and `sure` bool [N], and which were wrong."""

    version: int
    right: np.ndarray[Any, np.dtype[np.bool_]]
    sure: np.ndarray[Any, np.dtype[np.bool_]]
    confidence: np.ndarray[Any, np.dtype[np.float64]]
    wrong: list[dict[str, str]]

    def as_report(self) -> dict[str, Any]:
        report: dict[str, Any] = {"version": str(self.version), **asdict(evaluation.accuracy(self.right))}
        report["sure"] = float(self.sure.mean())
        report["right_among_sure"] = float(self.right[self.sure].mean()) if self.sure.any() else None
        report["calibration_error"] = evaluation.calibration_error(self.confidence, self.right)
        return {**report, "wrong": self.wrong}


def measure(version: ModelVersion, examples: Iterable[Labelled], *, mode: str) -> Outcome:
    """Reads every example as the site does: kept, isolated, scored, chosen."""
    serving = Serving(version.pk, registry.load_reader(version.pk))
    right, sure, confidence, wrong = [], [], [], []
    batch: list[Labelled] = []

    def read() -> None:
        outcomes = serving.read([_candidates(example, mode) for example in batch])
        for example, outcome in zip(batch, outcomes, strict=True):
            right.append(outcome["text"] == example.label)
            sure.append(outcome["sure"])
            confidence.append(outcome["confidence"] or 0.0)
            if not right[-1]:
                wrong.append({"name": example.name, "label": example.label, "read": outcome["text"]})
        batch.clear()

    for example in examples:
        batch.append(example)
        if len(batch) == BATCH:
            read()
    if batch:
        read()
    return Outcome(version.pk, np.array(right, bool), np.array(sure, bool), np.array(confidence, np.float64), wrong)


def site_examples() -> Iterable[Labelled]:
    """The site's own accepted, consented drawings."""
    for drawing in datasets.learnable().order_by("pk").iterator(chunk_size=100):
        label = str(drawing.label)  # type: ignore[attr-defined]  # annotated
        yield Labelled(decoding.decode(bytes(drawing.image)), label, "", str(drawing.pk))


def mnist_examples(mnist: Mnist) -> Iterable[Labelled]:
    """MNIST's test pictures, black on white, enlarged to 280 pixels."""
    for index, (image, label) in enumerate(zip(mnist.test_images, mnist.test_labels, strict=True)):
        yield Labelled(evaluation.enlarge(image), str(label), "", f"test {index}")


def write_report(file: Path, report: Any) -> None:
    """As JSON, written beside its place and then renamed."""
    part = file.with_name(file.name + ".part")
    part.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    part.replace(file)


def _candidates(example: Labelled, mode: str) -> list[dict[str, Any]]:
    kept = decoding.keep(example.picture)
    return isolate(kept.pixels, mode, width=kept.width, height=kept.height)
