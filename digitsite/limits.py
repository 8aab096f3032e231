"""Limits with room for judgement: on one side of them it goes by itself, on the other not, and between a person is
asked."""

from dataclasses import dataclass
from typing import Literal

Answer = Literal["promote", "ask", "keep"]


@dataclass(frozen=True)
class AtMost:
    """Up to `promote` the measured value speaks for promotion, up to `ask` a person is asked, above it the champion is
    kept. `unit`: "points" and "share" of 1, "times", or none."""

    promote: float
    ask: float
    unit: str
    says: str

    def answer(self, value: float) -> Answer:
        # A share that is reckoned isn't exactly the share that is written.
        if value <= self.promote + 1e-9:
            return "promote"
        return "ask" if value <= self.ask + 1e-9 else "keep"


@dataclass(frozen=True)
class AtLeast:
    """The same from below."""

    promote: float
    ask: float
    unit: str
    says: str

    def answer(self, value: float) -> Answer:
        if value >= self.promote - 1e-9:
            return "promote"
        return "ask" if value >= self.ask - 1e-9 else "keep"


Limit = AtMost | AtLeast
