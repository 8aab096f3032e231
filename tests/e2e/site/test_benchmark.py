"""`manage.py bench` in its smallest form: a whole site, the other servers, and the load."""

import importlib.util
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ml.sources.mnist import Mnist
from tests.e2e.support.stack import ROOT, one_at_a_time, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.one_view]
SMALLEST = ["--quick", "--clients", "1", "--seconds", "0.2"]


class Benchmark:
    """`manage.py bench` in a process, whose temporary files and all that it starts can be told by their folder."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "bench", *SMALLEST],
            cwd=ROOT,
            env={
                **kept,
                "TMPDIR": str(folder),
                "DIGITSITE_DATA": str(folder / "var"),
                "DIGITSITE_CACHE": str(cache),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def running(self) -> list[str]:
        """Command lines of all its processes."""
        lines = []
        for entry in Path("/proc").iterdir():
            try:
                if f"TMPDIR={self.folder}\0".encode() in (entry / "environ").read_bytes():
                    lines.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
        return lines

    def left(self) -> list[Path]:
        return list(self.folder.glob("digitsite-bench-*"))


@pytest.fixture
def benchmark(tmp_path: Path, mnist: Mnist, cache: Path) -> Iterator[Benchmark]:
    for package in ("locust", "litserve", "flask"):
        # Not imported: Locust patches the standard library when it is.
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed (requirements-bench.txt)")
    with one_at_a_time():
        started = Benchmark(tmp_path, cache)
        yield started
        started.process.kill()
        started.process.communicate()


def test_all_is_measured_and_nothing_is_left(benchmark: Benchmark) -> None:
    before = (ROOT / "docs" / "benchmarks.md").read_text()
    printed, said = benchmark.process.communicate()
    assert benchmark.process.returncode == 0, said
    kinds = ["new visitors", "known visitors, with cookie", "known visitors, with strokes", "photos of 12 megapixels"]
    others = [f"{name}, {kind}" for name in ("LitServe", "Flask") for kind in (kinds[0], kinds[-1])]
    loads = _rows(printed, "1 | ")
    assert sorted(loads) == sorted([*(f"this site, {kind}" for kind in kinds), *others])
    for middle, high, highest, rate, _, failed in loads.values():
        assert 0 < middle <= high <= highest
        assert rate > failed == 0
    processes = _rows(printed)
    for name in ("web", "predict", "redis", "train", "supervisor"):
        spent, *memory = processes[name]
        assert spent > 0 or name not in {"web", "predict"}
        assert min(memory) > 1
    goals = _goals(printed)
    assert goals["4 × the capacity: answers but right readings, 202 with `Location` and 503 with `Retry-After`"] == 0
    assert goals["4 × the capacity: drawings that are stored and never read"] == 0
    assert goals["4 × the capacity: the 95th percentile of those read at once"] > 0
    assert 0 <= goals["4 × the capacity: normal again afterwards"] <= 30
    assert goals["While a training runs, 1 client: the 95th percentile, beside that without"] > 0
    [cores] = re.findall(r"It takes ([\d.]+) cores meanwhile", printed)
    assert float(cores) > 0.1
    assert "100%" in said
    assert benchmark.running() == []
    assert benchmark.left() == []
    assert (ROOT / "docs" / "benchmarks.md").read_text() == before


def _rows(printed: str, beginning: str = "") -> dict[str, list[float]]:
    """The rows of numbers, by their first cell after the beginning."""
    lines = [line[2:-2] for line in printed.splitlines() if line.startswith(f"| {beginning}")]
    cells = [line.removeprefix(beginning).split(" | ") for line in lines]
    return {name: list(map(float, numbers)) for name, *numbers in cells if all(map(_is_number, numbers))}


def _goals(printed: str) -> dict[str, float]:
    """What was measured, by the goal."""
    rows = [line[2:-2].split(" | ") for line in printed.splitlines() if line.endswith("reached |")]
    return {what: float(measured.split()[0]) for what, _, measured, _ in rows}


def _is_number(text: str) -> bool:
    return text.replace(".", "").isdigit()


def test_ctrl_c_stops_everything(benchmark: Benchmark) -> None:
    wait_until(lambda: any("locust_load" in line for line in benchmark.running()))
    benchmark.process.send_signal(signal.SIGINT)
    _, said = benchmark.process.communicate()
    assert benchmark.process.returncode == 130
    assert "Stopped." in said
    assert benchmark.running() == []
    assert benchmark.left() == []


@pytest.mark.parametrize("moment", ["flask_server", "site_database train", "overload_load"])
def test_what_it_started_ends_when_it_is_killed(benchmark: Benchmark, moment: str) -> None:
    wait_until(lambda: any(moment in line for line in benchmark.running()))
    benchmark.process.kill()
    wait_until(lambda: not benchmark.running())
