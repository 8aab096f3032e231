"""What the pages show of a drawing: the domain's facts, put so that a template need not reckon."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, Prefetch, QuerySet
from django.utils.formats import number_format

from predictor.models import Drawing, Label, Prediction, PredictionKind

BAR_HEIGHT = 100
BAR_STEP = 31


@dataclass(frozen=True)
class Card:
    drawing: Drawing
    prediction: Prediction | None
    label: Label | None
    state: str
    """`nothing`, `sure`, `unsure`, `queued` or `failed`."""
    percent: str
    """Confidence as on the drawing page: rounded down, "99.8"; "" where there is none."""

    @property
    def text(self) -> str:
        return self.prediction.text if self.prediction else ""

    @property
    def was_wrong(self) -> bool:
        return bool(self.label and self.prediction and self.label.state != "rejected" and self.label.text != self.text)


@dataclass(frozen=True)
class Reading:
    """One of the readings that a drawing ever had."""

    made: Prediction
    percent: str


@dataclass(frozen=True)
class Bar:
    digit: int
    x: int
    height: str
    y: str
    percent: str
    is_best: bool


@dataclass(frozen=True)
class ShownGlyph:
    digit: int
    percent: str
    pixels: str
    bars: list[Bar]


def with_readings(drawings: QuerySet[Drawing], *, of_glyphs: bool) -> QuerySet[Drawing]:
    """The drawings with what is shown of them, in as many queries for many as for one; no pictures.

    A drawing has a prediction for every stroke, and each may be large: only the newest one's is fetched.
    """
    newest = Prediction.objects.filter(kind=PredictionKind.LIVE, revision=F("drawing__revision"))
    shown = newest.defer("explanation", *([] if of_glyphs else ["glyphs"]))
    return drawings.defer("image", "strokes").prefetch_related(Prefetch("predictions", shown), "labels")


def card(drawing: Drawing) -> Card:
    prediction = drawing.latest_prediction
    confidence = percent(prediction.confidence if prediction else None)
    return Card(drawing, prediction, drawing.shown_label, _state(drawing), confidence)


def reading(prediction: Prediction) -> Reading:
    return Reading(prediction, percent(prediction.confidence))


def glyphs(drawing: Drawing) -> list[ShownGlyph]:
    """The glyphs that were read, each with its ten bars as heights of an SVG of BAR_HEIGHT."""
    prediction = drawing.latest_prediction
    return [_glyph(each) for each in prediction.glyphs] if prediction else []


def percent(share: float | None) -> str:
    """A share of 1 in per cent, as the language writes it; rounded down, and never 100: who reads can err."""
    if share is None:
        return ""
    tenths = min(999, int(share * 1000 + 1e-6))
    return number_format(tenths / 10, 1 if tenths % 10 else 0)


def _glyph(glyph: dict[str, Any]) -> ShownGlyph:
    best = max(glyph["probabilities"])
    bars = [_bar(digit, share, is_best=share == best) for digit, share in enumerate(glyph["probabilities"])]
    return ShownGlyph(glyph["digit"], percent(glyph["confidence"]), glyph["pixels"], bars)


def _bar(digit: int, share: float, *, is_best: bool) -> Bar:
    height = share * BAR_HEIGHT
    return Bar(digit, digit * BAR_STEP, f"{height:.2f}", f"{BAR_HEIGHT - height:.2f}", percent(share), is_best)


def _state(drawing: Drawing) -> str:
    prediction = drawing.latest_prediction
    if prediction is None:
        live = drawing.live_prediction
        return "failed" if live is None or live.status == "failed" else "queued"
    if not prediction.text:
        return "nothing"
    return "sure" if prediction.sure else "unsure"
