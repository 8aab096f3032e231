"""docs/reliability.md: what the slow suites tried, and what they saw. `pytest -m slow --reliability` writes it."""

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reliability.md"
RECORDS = PAGE.with_suffix(".json")

SECTIONS = {
    "inputs": ("Inputs that cost much", "Sent over HTTP to a site of its own, while others draw."),
    "fuzzing": ("Fuzzing", "Mutated and generated inputs: the answers by class, the most time and memory one took."),
    "doors": ("Sign-in, limits and doors", "What an attacker tries at the doors."),
    "faults": ("Faults", "One at a time, in real processes, under a steady load: what `/readyz` said, what was lost."),
    "soak": ("Soak", "Half of the capacity, for an hour."),
}
"""Key of a section: its title and what is said below it."""

HEAD = """# Reliability

Written by the slow tests: `.venv/bin/python -m pytest -m slow --reliability`. Times depend on the machine; the
tests hold what must be true on any.
"""

Records = dict[str, dict[str, dict[str, str]]]
Note = Callable[[str, str, str], None]
"""The fixture `reliability`: section, what was tried, what was seen."""


def note(section: str, tried: str, seen: str) -> None:
    """Keeps what was seen when something was tried, in place of what was seen the last time, and writes the page.

    `section` is a key of SECTIONS. Processes may call it side by side.
    """
    if section not in SECTIONS:
        raise ValueError(f"{section!r} is no section of docs/reliability.md: {', '.join(SECTIONS)}.")
    with FileLock(ROOT / "var" / "reliability.lock"):
        records = read()
        on = f"{datetime.now(UTC):%Y-%m-%d}, `{_commit()}`"
        records.setdefault(section, {})[tried] = {"seen": seen, "on": on}
        RECORDS.write_text(json.dumps(records, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
        PAGE.write_text(page(records), encoding="utf-8")


def read() -> Records:
    return json.loads(RECORDS.read_text(encoding="utf-8")) if RECORDS.exists() else {}


def page(records: Records) -> str:
    """The page in Markdown."""
    return "\n".join([HEAD, *_sections(records)])


def _sections(records: Records) -> Iterator[str]:
    for section, (title, about) in SECTIONS.items():
        rows = records.get(section)
        if rows:
            yield f"## {title}\n\n{about}\n\n| tried | seen | on |\n|---|---|---|"
            yield from (f"| {tried} | {row['seen']} | {row['on']} |" for tried, row in sorted(rows.items()))
            yield ""


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "rev-parse", "--short=8", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or "no commit"
