"""What the pages show of a drawing: the domain's facts, put so that a template need not reckon."""

from dataclasses import dataclass
from typing import Any

from predictor.models import Drawing, Label, Prediction

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


def card(drawing: Drawing) -> Card:
    prediction = drawing.latest_prediction
    return Card(drawing, prediction, drawing.shown_label, _state(drawing), percent(prediction and prediction.confidence))


def glyphs(drawing: Drawing) -> list[ShownGlyph]:
    """The glyphs that were read, each with its ten bars as heights of an SVG of BAR_HEIGHT."""
    prediction = drawing.latest_prediction
    return [_glyph(each) for each in prediction.glyphs] if prediction else []


def percent(share: float | None) -> str:
    """A share of 1 in per cent, rounded down to a tenth, so that only certainty is 100."""
    if share is None:
        return ""
    return f"{int(share * 1000 + 1e-6) / 10:.1f}".removesuffix(".0")


def _glyph(glyph: dict[str, Any]) -> ShownGlyph:
    best = max(glyph["probabilities"])
    bars = [
        Bar(digit, digit * BAR_STEP, f"{share * BAR_HEIGHT:.2f}", f"{(1 - share) * BAR_HEIGHT:.2f}", percent(share), share == best)
        for digit, share in enumerate(glyph["probabilities"])
    ]
    return ShownGlyph(glyph["digit"], percent(glyph["confidence"]), glyph["pixels"], bars)


def _state(drawing: Drawing) -> str:
    prediction = drawing.latest_prediction
    if prediction is None:
        live = drawing.live_prediction
        return "failed" if live is None or live.status == "failed" else "queued"
    if not prediction.text:
        return "nothing"
    return "sure" if prediction.sure else "unsure"
