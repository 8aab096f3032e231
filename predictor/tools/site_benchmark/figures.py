"""What one run of the benchmark measured, by name, one value a round; its medians and ratios."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that is at least as large as this share of the values. Raises ValueError if there are none."""
    if not values:
        raise ValueError("There are no values.")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


@dataclass(frozen=True)
class Run:
    """A run. `about`: date, commit and machine, in words. `figures`: a value for each round, by name:

    - `start/first`, `start/second`: seconds from the command to the first answer
    - `part/PART`: milliseconds
    - `SERVER/KIND/CLIENTS/…`: `p50`, `p95`, `p99` in milliseconds, `rate` in answers a second; `failed` and `late`,
      which count the other answers
    - `retraining/KIND/CLIENTS/…`: the same of the site while a training runs, which takes `retraining/cores` cores
    - `overload/…`, of one round: `capacity` and `rate` in drawings a second; of all `answers`, how many are `read`,
      `misread`, `late`, `refused` or `wrong`; `p50` and `p95` of the read and misread ones in milliseconds; `lost`
      drawings; seconds until `normal`
    - `cpu/SERVER/KIND/CLIENTS/PROCESS`: milliseconds of CPU time an answer
    - `memory/WHEN/PROCESS/…`: `pss` and `rss` in MB, of all processes of that name
    """

    about: dict[str, Any]
    figures: dict[str, list[float]] = field(default_factory=dict)

    def note(self, prefix: str, values: Mapping[str, float]) -> None:
        """Adds the values of a round."""
        for name, value in values.items():
            self.figures.setdefault(f"{prefix}/{name}", []).append(round(value, 3))

    def median(self, above: Sequence[str], below: Sequence[str] = ()) -> float | None:
        """The median of the rounds' sums, each divided by the round's sum of `below`, if any. None if one of them
        wasn't measured in each round, or is 0.
        """
        sums, divisors = self._sums(above), self._sums(below) if below else [1.0] * len(self._sums(above))
        if not sums or len(sums) != len(divisors) or not all(divisors):
            return None
        return statistics.median(each / divisor for each, divisor in zip(sums, divisors, strict=True))

    def after(self, prefix: str) -> list[str]:
        """What follows this prefix in the names, up to the next slash, in the order of measurement."""
        return list(
            dict.fromkeys(name[len(prefix) :].split("/")[0] for name in self.figures if name.startswith(prefix))
        )

    def _sums(self, names: Sequence[str]) -> list[float]:
        """One for each round; [] if one of them wasn't measured in each."""
        found = [self.figures.get(name, []) for name in names]
        return [math.fsum(values) for values in zip(*found, strict=True)] if len({*map(len, found)}) == 1 else []
