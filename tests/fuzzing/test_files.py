"""Mutated and generated files: whatever is sent is read or refused, within the budget, and nothing crashes."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzzing.tally import Tally, united

ROOT = Path(__file__).resolve().parents[2]
GUARD = 600
"""Seconds. Guards only against what never ends."""

pytestmark = pytest.mark.slow


SLICES = {"mutated-pictures": (4, 17_500), "generated-pictures": (2, 4_000), "mutated-sets": (2, 8_000)}
"""How many slices of each kind, and how many cases a slice has."""


@pytest.mark.parametrize(
    ("kind", "seed"), [(kind, seed) for kind, (count, _) in SLICES.items() for seed in range(count)]
)
def test_every_file_is_read_or_refused_within_its_budget(
    kind: str, seed: int, tmp_path: Path, seen: Callable[..., None]
) -> None:
    tally = _run(kind, seed, SLICES[kind][1], tmp_path)
    assert tally.answers.total() == SLICES[kind][1]
    assert tally.answers["read"]
    seen(kind.replace("-", " "), seed, tally)


def _run(kind: str, seed: int, count: int, folder: Path) -> Tally:
    """Runs a slice in a process of its own. If it fails, says how to repeat the case that it failed at."""
    progress = folder / "progress"
    command = [sys.executable, "-m", "tests.fuzzing.child", kind, str(seed), str(count)]
    process = subprocess.Popen(
        [*command, "--progress", str(progress)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        out, err = process.communicate(timeout=GUARD)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    number = progress.read_text().strip() if progress.exists() else "?"
    again = " ".join(["python", *command[1:-1], "1", "--from", number])
    assert process.returncode == 0, f"{process.returncode} from {again}:\n{err[-4000:]}"
    return united([json.loads(out)])
