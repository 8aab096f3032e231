"""What a slice of cases gave: answers by class, and the most time and memory that one case took."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECONDS = 2.0
"""CPU time that one case may take."""
MEGABYTES = 300.0
"""Memory that one case may take."""
KEPT = 150.0
"""Megabytes that a process may have more after a slice than before it: its allocator's, not a case's each."""


def _memory() -> float:
    """Megabytes of this process, from which its largest memory is counted anew."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return megabytes("VmHWM")
    return megabytes("VmRSS")


def megabytes(name: str) -> float:
    """VmRSS: this process's memory now. VmHWM: its largest so far."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


@dataclass
class Tally:
    """`seconds`: the most CPU time of a case. `megabytes`: the most memory above what the process had before the first.
    `kept`: megabytes that it has more after the last.
    """

    answers: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    megabytes: float = 0.0
    kept: float = 0.0
    before: float = field(default_factory=_memory)

    @contextmanager
    def case(self, name: str) -> Iterator[None]:
        """Measures a case. AssertionError if it takes more than its budget."""
        began = time.process_time()
        yield
        took = time.process_time() - began
        self.seconds = max(self.seconds, took)
        assert took < SECONDS, f"{name} took {took:.1f} s of CPU time"
        self.megabytes = max(self.megabytes, megabytes("VmHWM") - self.before)
        assert self.megabytes < MEGABYTES, f"{name} took {self.megabytes:.0f} MB"

    def end(self) -> None:
        self.kept = megabytes("VmRSS") - self.before
        assert self.kept < KEPT, f"the process keeps {self.kept:.0f} MB"

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "answers": dict(self.answers)}

    def sentence(self) -> str:
        """For docs/reliability.md."""
        answers = ", ".join(f"{name} {count:,}" for name, count in self.answers.most_common())
        memory = f" and {self.megabytes:.0f} MB" if self.megabytes >= 1 else ""
        most = f"; at most {self.seconds * 1000:.0f} ms{memory}" if self.seconds else ""
        return f"{self.answers.total():,} cases: {answers}{most}"


def refusal(message: object, name: str) -> str:
    """The class of a refusal, which must say why."""
    assert str(message), f"a refusal without words: {name}"
    return name


def united(tallies: Iterable[dict[str, Any]]) -> Tally:
    whole = Tally()
    for each in tallies:
        whole.answers.update(each["answers"])
        whole.seconds = max(whole.seconds, each["seconds"])
        whole.megabytes = max(whole.megabytes, each["megabytes"])
    return whole
