"""Fills a new site with any number of drawings, to measure how the site behaves when it has grown.

No worker reads these drawings: their pictures are a few hundred that the stroke generator draws, and readings, labels
and reviewers' actions are made up, in proportions like those of a site in use.
"""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone
from numpy.typing import NDArray

from ml.isolation import isolate
from ml.pictures import decoding
from ml.pictures.strokes import fit_strokes, render
from ml.sources import generator
from predictor import errors
from predictor.models import (
    Drawing,
    Label,
    LabelState,
    Mode,
    ModelVersion,
    Owner,
    Prediction,
    PredictionKind,
    ReviewAction,
    ReviewCursor,
    Side,
    Source,
)
from predictor.review import queue_items
from predictor.versions import registry

SEED = 11
SIDE = 300
PICTURES = 200
BATCH = 2_000
DAYS = 180
DECIDED_AFTER = timedelta(hours=3)
REVIEWERS = ("populate-ada", "populate-ben", "populate-cleo")
MADE: dict[type[Model], tuple[str, ...]] = {
    Owner: ("created_at",),
    Drawing: ("created_at", "updated_at"),
    Prediction: ("created_at",),
    Label: ("created_at",),
    ReviewAction: ("created_at",),
}
"""Columns that Django sets to the present moment, and that lie in the past here."""


@dataclass(frozen=True)
class _Drawn:
    """One of the pictures: a digit with its strokes and its glyph, as a worker isolates it."""

    digit: int
    data: bytes
    strokes: dict[str, Any]
    box: list[int]
    pixels: str


def populate(*, drawings: int, visitors: int) -> Iterator[tuple[int, int]]:
    """Makes the drawings in batches. Yields the number made so far, and the total.

    Every visitor has a drawing, and a few have many. They are made over the last `DAYS` days. A third have an earlier
    revision, a fifth a label, a tenth a reading by a version in the shadow. Raises Conflict if the site has drawings,
    BadValue for fewer drawings than visitors.
    """
    if Drawing.objects.exists():
        raise errors.Conflict("This site has drawings. For a new site, set DIGITSITE_DATA to a new folder.")
    if not 1 <= visitors <= drawings:
        raise errors.BadValue("Give at least one visitor, and a drawing for each visitor.")
    rng = np.random.default_rng(SEED)
    versions = registry.register_bundled(), _shadow_version()
    reviewers = [User.objects.get_or_create(username=name)[0] for name in REVIEWERS]
    pictures = [_picture(index % 10, rng) for index in range(PICTURES)]
    began = timezone.now() - timedelta(days=DAYS)
    step = timedelta(days=DAYS) / drawings
    with _dated_by_hand():
        owners = _owners(visitors, rng, began)
        of = _shares(drawings, visitors, rng)
        for start in range(0, drawings, BATCH):
            numbers = range(start, min(start + BATCH, drawings))
            made = [(owners[of[number]], began + number * step) for number in numbers]
            rows, readings, labels = _batch(made, pictures, versions, reviewers, rng)
            with transaction.atomic():
                Drawing.objects.bulk_create(rows)
                Prediction.objects.bulk_create(readings)
                Label.objects.bulk_create(labels)
                ReviewAction.objects.bulk_create([_action(label) for label in labels if label.decided_by])
            yield numbers[-1] + 1, drawings
    for _ in queue_items.rebuild():
        pass
    # A worker needn't note the readings in the review queue again.
    ReviewCursor.objects.create(pk=1, done_at=timezone.now(), prediction_id=0)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as a PostgreSQL in use does by itself; SQLite doesn't


def _shadow_version() -> ModelVersion:
    """A second version, in the shadow; it has the bundled networks' files."""
    bundled = registry.register_bundled()
    made = {name: getattr(bundled, name) for name in ("format_version", "preprocessing_version", "manifest", "metrics")}
    files = {"artifact": bundled.artifact.name, "finder": bundled.finder.name}
    return ModelVersion.objects.create(sha256="0" * 64, parent=bundled, shadowing=True, **made, **files)


def _picture(digit: int, rng: np.random.Generator) -> _Drawn:
    pen = float(rng.uniform(8, 24))
    lines = fit_strokes(generator.digit_strokes(digit, rng), width=SIDE, height=SIDE, pen=pen)
    strokes = [_as_sent(line) for line in lines]
    picture = render(strokes, width=SIDE, height=SIDE)
    glyph = isolate(picture, "digit").glyphs[0]
    return _Drawn(
        digit=digit,
        data=decoding.keep(picture).data,
        strokes={"width": SIDE, "height": SIDE, "background": "#ffffff", "strokes": strokes},
        box=[int(side) for side in glyph.box],
        pixels=decoding.png_data_url(glyph.pixels),
    )


def _as_sent(line: dict[str, Any]) -> dict[str, Any]:
    """A line with as many points, and as precise ones, as the drawing page sends."""
    points = [[round(value, 2) for value in point] for point in (*line["points"][:-1:2], line["points"][-1])]
    return {**line, "width": round(line["width"], 2), "points": points}


@contextmanager
def _dated_by_hand() -> Iterator[None]:
    """Rows keep the moments they are given."""
    fields: list[Any] = [model._meta.get_field(name) for model, names in MADE.items() for name in names]  # noqa: SLF001  Django's documented API
    kept = [(field, field.auto_now, field.auto_now_add) for field in fields]
    try:
        for field in fields:
            field.auto_now = field.auto_now_add = False
        yield
    finally:
        for field, now, added in kept:
            field.auto_now, field.auto_now_add = now, added


def _owners(visitors: int, rng: np.random.Generator, began: datetime) -> list[Owner]:
    """Visitors; one in twenty has a side, and one in fifty consents to nothing."""
    sides = (Side.TRAIN, Side.TRAIN, Side.TRAIN, Side.TRAIN, Side.VALIDATION, Side.TEST)
    rows = [
        Owner(
            key=f"populate:{number}:{rng.bytes(12).hex()}",
            side=sides[number // 20 % len(sides)] if number % 20 == 0 else "",
            consent=None if number % 3 else number % 50 != 0,
            flagged_at=timezone.now() if number % 1000 == 999 else None,
            created_at=began,
        )
        for number in range(visitors)
    ]
    return Owner.objects.bulk_create(rows, batch_size=BATCH)


def _shares(drawings: int, visitors: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Whose each drawing is, as places in the list of visitors: one for each, the rest mostly of the first ones."""
    weight = 1 / np.sqrt(np.arange(1, visitors + 1))
    rest = rng.choice(visitors, drawings - visitors, p=weight / weight.sum())
    return rng.permutation(np.concatenate([np.arange(visitors), rest]))


def _batch(
    made: list[tuple[Owner, datetime]],
    pictures: list[_Drawn],
    versions: tuple[ModelVersion, ModelVersion],
    reviewers: list[User],
    rng: np.random.Generator,
) -> tuple[list[Drawing], list[Prediction], list[Label]]:
    drawings: list[Drawing] = []
    predictions: list[Prediction] = []
    labels: list[Label] = []
    for owner, moment in made:
        drawn, chance = pictures[int(rng.integers(len(pictures)))], rng.random(6)
        text = str(drawn.digit) if chance[0] < 0.85 else str(rng.integers(10, 10_000))
        drawing = _drawing(owner, moment, drawn, text, 2 if chance[1] < 1 / 3 else 1, rng)
        drawings.append(drawing)
        for revision in range(1, drawing.revision + 1):
            predictions.append(_reading(drawing, revision, versions[0], drawn, text, chance[2]))
        if chance[3] < 0.1:
            other = text if rng.random() < 0.98 else str((drawn.digit + 1) % 10)
            kind = PredictionKind.SHADOW
            predictions.append(_reading(drawing, drawing.revision, versions[1], drawn, other, chance[2], kind))
        if chance[4] < 0.2:
            said = text if rng.random() < 0.85 else str((drawn.digit + 1) % 10)
            labels.append(_label(drawing, said, chance[5], reviewers[int(rng.integers(len(reviewers)))]))
    return drawings, predictions, labels


def _drawing(
    owner: Owner, moment: datetime, drawn: _Drawn, text: str, revision: int, rng: np.random.Generator
) -> Drawing:
    drawing_id = uuid.UUID(bytes=rng.bytes(16), version=4)
    # Bytes after a PNG's end change the file, not the picture: no two drawings have the same hash.
    data = drawn.data + drawing_id.bytes
    hashed = hashlib.sha256(data).hexdigest()
    return Drawing(
        id=drawing_id,
        owner=owner,
        source=Source.CANVAS if rng.random() < 0.9 else Source.UPLOAD,
        mode=Mode.DIGIT if len(text) == 1 else Mode.NUMBER,
        revision=revision,
        consent=bool(owner.consent),
        content_hash=hashed,
        image=data,
        image_type="image/png",
        image_hash=hashed,
        perceptual_hash=int.from_bytes(rng.bytes(8), "big", signed=True),
        width=SIDE,
        height=SIDE,
        strokes=drawn.strokes,
        share_token=drawing_id.hex if rng.random() < 0.01 else None,
        created_at=moment,
        updated_at=moment,
    )


def _reading(
    drawing: Drawing,
    revision: int,
    version: ModelVersion,
    drawn: _Drawn,
    text: str,
    doubt: float,
    kind: PredictionKind = PredictionKind.LIVE,
) -> Prediction:
    sure = doubt > 0.07
    confidence = round(0.9 + doubt / 10.1 if sure else 0.4 + 5 * doubt, 4)
    glyphs = []
    for digit in map(int, text):
        chances = [round((1 - confidence) / 9, 6)] * 10
        chances[digit] = confidence
        one = {"box": drawn.box, "digit": digit, "confidence": confidence, "probabilities": chances}
        glyphs.append({**one, "pixels": drawn.pixels})
    # What comes first was drawn a moment earlier.
    moment = drawing.created_at + timedelta(milliseconds=700 * (revision - 1))
    return Prediction(
        drawing=drawing,
        revision=revision,
        kind=kind,
        status="done",
        model=version,
        preprocessing_version=version.preprocessing_version,
        text=text,
        confidence=confidence,
        sure=sure,
        glyphs=glyphs,
        created_at=moment,
        done_at=moment + timedelta(milliseconds=40),
        isolated_ms=5.0,
        read_ms=3.0,
    )


def _label(drawing: Drawing, text: str, chance: float, reviewer: User) -> Label:
    """Half of the labels of those who have a side are decided; the others wait, but for a few that were withdrawn."""
    state = LabelState.WITHDRAWN if chance < 0.03 else LabelState.PROPOSED
    if drawing.owner.side and chance > 0.5:
        state = LabelState.REJECTED if chance > 0.95 else LabelState.ACCEPTED
    made = drawing.created_at + timedelta(seconds=5)
    return Label(
        drawing=drawing,
        revision=drawing.revision,
        text=text,
        by="visitor",
        state=state,
        created_at=made,
        decided_at=None if state == LabelState.PROPOSED else made + DECIDED_AFTER,
        decided_by=reviewer if state in (LabelState.REJECTED, LabelState.ACCEPTED) else None,
    )


def _action(label: Label) -> ReviewAction:
    accepted = label.state == LabelState.ACCEPTED
    return ReviewAction(
        reviewer=label.decided_by,
        drawing=label.drawing,
        revision=label.revision,
        what="answered" if accepted else "rejected",
        text=label.text if accepted else None,
        read=label.text,
        said=label.text,
        reason="label",
        created_at=label.created_at + DECIDED_AFTER,
    )
