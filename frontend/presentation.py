"""Prepares drawings for the templates; every value that they show is computed here."""

from dataclasses import dataclass
from typing import Any

from predictor import percentages
from predictor.drawings import record
from predictor.models import Drawing, Label, Prediction, PredictionStatus

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
    """The confidence, such as "99.8%"; "" without one."""
    failure: str
    """Why its state is `failed`, and what to do; else ""."""

    @property
    def text(self) -> str:
        return self.prediction.text if self.prediction else ""


@dataclass(frozen=True)
class ShownReading:
    """One entry in a drawing's list of readings."""

    made: Prediction
    percent: str


@dataclass(frozen=True)
class Bar:
    digit: int
    x: int
    height: str
    y: str
    percent: str
    percentage: str
    """`percent` without its sign."""
    is_best: bool


@dataclass(frozen=True)
class ShownGlyph:
    digit: int
    percent: str
    pixels: str
    bars: list[Bar]


def card(drawing: Drawing) -> Card:
    prediction = drawing.latest_prediction
    confidence = percentages.confidence(prediction.confidence if prediction else None)
    state = _state(drawing)
    failure = record.failure_of(drawing.live_prediction) if state == "failed" else ""
    return Card(drawing, prediction, drawing.shown_label, state, confidence, failure)


def reading(prediction: Prediction) -> ShownReading:
    return ShownReading(prediction, percentages.confidence(prediction.confidence))


def glyphs(drawing: Drawing) -> list[ShownGlyph]:
    """The glyphs of the reading, each with its ten bars in an SVG of BAR_HEIGHT."""
    prediction = drawing.latest_prediction
    return [_glyph(each) for each in prediction.glyphs] if prediction else []


def _glyph(glyph: dict[str, Any]) -> ShownGlyph:
    best = max(glyph["probabilities"])
    bars = [_bar(digit, share, is_best=share == best) for digit, share in enumerate(glyph["probabilities"])]
    return ShownGlyph(glyph["digit"], percentages.confidence(glyph["confidence"]), glyph["pixels"], bars)


def _bar(digit: int, share: float, *, is_best: bool) -> Bar:
    height = share * BAR_HEIGHT
    return Bar(
        digit,
        digit * BAR_STEP,
        f"{height:.2f}",
        f"{BAR_HEIGHT - height:.2f}",
        percentages.confidence(share),
        percentages.confidence_number(share),
        is_best,
    )


def _state(drawing: Drawing) -> str:
    prediction = drawing.latest_prediction
    if prediction is None:
        live = drawing.live_prediction
        return "failed" if live is None or live.status == PredictionStatus.FAILED else "queued"
    if not prediction.text:
        return "nothing"
    return "sure" if prediction.sure else "unsure"
