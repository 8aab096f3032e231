"""Measures how well versions read: labelled sets, the site's own drawings, MNIST, the robustness grid."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from django.utils import timezone
from PIL import Image

from ml.atomic_files import replacing
from ml.evaluation import paired, robustness
from ml.evaluation.composed import FACTOR, Ground
from ml.evaluation.report import html, picture_url
from ml.evaluation.results import SetResult
from ml.isolation import Mode
from ml.pictures import decoding
from ml.pictures import picture as arrays
from ml.progress import ReportProgress
from ml.sources import non_digits
from ml.sources.labelled.sets import Labelled
from ml.sources.mnist import Mnist
from ml.sources.mnist_as_served import enlarge
from predictor import errors
from predictor.datasets.learnable import learnable
from predictor.drawings.framing import framed
from predictor.evaluation import folders
from predictor.evaluation.readings import Readings, Show, prepared
from predictor.models import ModelVersion
from predictor.reading.serving import Serving
from predictor.versions import loading

BATCH = 64
GRID_DIGITS = 1000
"""Digits per cell in a full measurement of the grid."""
SHOWN_ERRORS = 6
"""The most errors of a cell of the grid that the HTML report shows."""
SHOWN_SIDE = 144
PAGE_ONLY = {"worst", "shown", "left_out"}
"""What of a version's figures only the page shows."""
MNIST_SIDES = (28, 280)
"""Sides in pixels at which MNIST's test pictures are read: their own size, and a drawing's."""

Entry = dict[str, Any]
"""The report on one set: its name, its mode, and each version's results."""


class NothingToMeasure(errors.DomainError):
    """The set is empty."""


def load(versions: Sequence[ModelVersion]) -> list[Serving]:
    """The versions' networks, ready to read."""
    return [Serving.load(version.pk) for version in versions]


def measure(
    name: str,
    servings: Sequence[Serving],
    examples: Iterable[Labelled],
    *,
    mode: Mode,
    limit: int | None = None,
    show: Show = "",
    bad: Sequence[Exception] = (),
) -> Entry:
    """Reads every example, or the first `limit`, through the same steps as the site.

    An example's kind decides its mode, or else `mode`. `show`: the readings whose steps the report shows. `bad`: filled
    while the examples are made, with an error for each row that can't be read. Raises NothingToMeasure if all are bad.
    """
    readings = [Readings(show) for _ in servings]
    every = islice(examples, limit)
    while batch := list(islice(every, BATCH)):
        by_finder = {
            finder: [prepared(example, folders.mode_of(example, mode), finder) for example in batch]
            for finder in {serving.finder for serving in servings}
        }
        for serving, reading in zip(servings, readings, strict=True):
            pictures = by_finder[serving.finder]
            reading.add(pictures, serving.read([picture.isolated for picture in pictures]))
    if not readings or not len(readings[0]):
        reason = f" {len(bad)} rows can't be read, the first because: {bad[0]}" if bad else ""
        raise NothingToMeasure(f"{name}: there is nothing to read.{reason}")
    entry = _entry(name, mode, servings, [reading.outcome() for reading in readings])
    for version, reading in zip(entry["versions"], readings, strict=True):
        version |= {"parts": reading.parts(), **reading.shown()}
    return {**entry, "unreadable": [str(error) for error in bad]}


def measure_raw(name: str, servings: Sequence[Serving], mnist: Mnist, limit: int | None = None) -> Entry:
    """Gives MNIST's raw test pictures to the networks, without the site's preprocessing, as published figures do."""
    images, labels = mnist.test_images[:limit], [str(label) for label in mnist.test_labels[:limit]]
    names = [f"test {index}" for index in range(len(labels))]
    outcomes = []
    for serving in servings:
        read = serving.reader.read(images)
        texts = [str(digit) for digit in read.digits]
        outcomes.append(SetResult(names, labels, texts, read.sure, read.confidence.astype(np.float64)))
    return _entry(name, "digit", servings, outcomes)


def measure_grid(
    servings: Sequence[Serving],
    mnist: Mnist,
    digits: int,
    *,
    factors: Sequence[str] | None = None,
    report: ReportProgress | None = None,
) -> Iterable[Entry]:
    """Measures the robustness grid's cells, each against the plain one, and the pictures without a digit."""
    plain: list[SetResult] = []
    finders = [loading.finder_file(serving.version) for serving in servings]
    different = list(dict.fromkeys(finders))
    grids = [
        robustness.parts(mnist, digits, factors=factors, find=finder, report=None if index else report)
        for index, finder in enumerate(different)
    ]
    for isolated in zip(*grids, strict=True):
        parts = [isolated[different.index(finder)] for finder in finders]
        part = parts[0]
        outcomes = [each.read(serving.reader) for each, serving in zip(parts, servings, strict=True)]
        if part.cell is None:
            entry = _entry(f"nothing to read: {part.name}", "digit", servings, outcomes, brief=True)
            entry |= {"group": "nothing", "kind": part.name, "always": part.name in non_digits.ALWAYS_NOTHING}
        elif isinstance(part.cell, Ground):
            entry = _entry(part.name, part.cell.mode or "digit", servings, outcomes, brief=True)
            entry |= {"group": "grounds", "cell": part.name.removeprefix(f"{FACTOR}: ")}
        elif not plain:
            plain = outcomes
            entry = _entry("grid: plain", "digit", servings, outcomes)
        else:
            entry = _entry(f"grid: {part.name}", "digit", servings, outcomes, brief=True)
            entry |= {"group": "grid", "factor": part.cell.factor, "cell": part.cell.name}
            entry["tolerance"] = part.cell.tolerance
        for index, (version, outcome) in enumerate(zip(entry["versions"], outcomes, strict=True)):
            before = plain[index] if entry.get("group") == "grid" else None
            if before:
                difference = paired.difference(before.right, outcome.right)
                names = ("difference", "difference_low", "difference_high")
                version |= dict(zip(names, difference, strict=True))
            version["worst"] = _lost(parts[index], before, outcome)
        yield entry


def site_examples() -> Iterable[Labelled]:
    """The site's own accepted, consented drawings."""
    for drawing in learnable().order_by("pk").iterator(chunk_size=100):
        label = str(drawing.label)  # type: ignore[attr-defined]  # annotated
        strokes = None if drawing.box else drawing.strokes
        yield Labelled(decoding.decode(framed(drawing)[0]), label, "", str(drawing.pk), strokes)


def pictures_alone(examples: Iterable[Labelled]) -> Iterable[Labelled]:
    """The examples without their strokes."""
    return (replace(example, strokes=None) for example in examples)


def mnist_examples(mnist: Mnist, side: int) -> Iterable[Labelled]:
    """MNIST's test pictures, black on white, enlarged to `side` pixels."""
    for index, (image, label) in enumerate(zip(mnist.test_images, mnist.test_labels, strict=True)):
        yield Labelled(enlarge(image, side), str(label), "", f"test {index}")


def documented(report: Sequence[Entry], *, command: str, limit: int | None) -> list[Entry]:
    """The report with its command, date, limit (None: everything was measured), and the networks' hashes."""
    if limit is not None and any(entry.get("group") for entry in report) and limit >= GRID_DIGITS:
        limit = None
    about = {"command": command, "measured_at": timezone.now().date().isoformat(), "limit": limit}
    numbers = {version["version"] for entry in report for version in entry["versions"]}
    hashes = {str(number): sha256 for number, sha256 in _hashes(numbers)}
    return [
        {**entry, **about, "versions": [{**each, "sha256": hashes.get(each["version"])} for each in entry["versions"]]}
        for entry in report
    ]


def write_html(file: Path, report: Sequence[Entry]) -> None:
    """Writes the report as one HTML page."""
    _write(file, html(report, command=report[0]["command"], measured_at=report[0]["measured_at"]))


def write_json(file: Path, report: Sequence[Entry]) -> None:
    """Writes the report as JSON, without its pictures."""
    bare = [
        {
            **entry,
            "versions": [{k: v for k, v in version.items() if k not in PAGE_ONLY} for version in entry["versions"]],
        }
        for entry in report
    ]
    _write(file, json.dumps(bare, indent=2) + "\n")


def _write(file: Path, text: str) -> None:
    with replacing(file) as part:
        part.write_text(text, encoding="utf-8")


def _hashes(numbers: Iterable[str]) -> Iterable[tuple[int, str]]:
    return ModelVersion.objects.filter(pk__in=[int(number) for number in numbers]).values_list("pk", "sha256")


def _entry(
    name: str, mode: str, servings: Sequence[Serving], outcomes: Sequence[SetResult], *, brief: bool = False
) -> Entry:
    versions = []
    for serving, outcome in zip(servings, outcomes, strict=True):
        figures = outcome.as_brief_report() if brief else outcome.as_report()
        figures = {"version": str(serving.version), **figures}
        if outcome is not outcomes[0]:
            figures["against_the_first"] = asdict(paired.mcnemar(outcomes[0].right, outcome.right))
        versions.append(figures)
    return {"set": name, "mode": mode, "versions": versions}


def _lost(part: robustness.Part, before: SetResult | None, outcome: SetResult) -> list[Entry]:
    """Pictures of the surest errors, without digits that are misread in the plain cell too."""
    new = [int(index) for index in outcome.worst(len(part.labels)) if before is None or before.right[index]]
    shown = []
    for index in new[:SHOWN_ERRORS]:
        confidence = None if np.isnan(outcome.confidence[index]) else float(outcome.confidence[index])
        answer = {"text": outcome.texts[index], "confidence": confidence, "sure": bool(outcome.sure[index])}
        glyphs = [decoding.png_data_url(glyph.pixels) for glyph in part.isolated[index].glyphs[:1]]
        shown.append(_shown(part.draw(index), part.labels[index], answer, glyphs))
    return shown


def _shown(picture: arrays.Picture, label: str, answer: dict[str, Any], glyphs: list[str]) -> Entry:
    small = Image.fromarray(picture)
    small.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    return {
        "label": label,
        "read": answer["text"],
        "confidence": answer["confidence"],
        "sure": answer["sure"],
        "picture": picture_url(small),
        "glyphs": glyphs,
    }
