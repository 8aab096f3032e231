"""The page that the benchmark writes, and its history."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from predictor.tools.site_benchmark import benchmarks_page
from predictor.tools.site_benchmark.figures import Run


def _run(**about: Any) -> Run:
    run = Run(
        {
            "date": "2026-11-27 23:00",
            "commit": "abcd1234",
            "processor": "Abacus, 2 cores",
            "memory": "4 GB",
            "system": "Linux 6, Python 3.11.7",
            "database": "SQLite 3.40",
            "versions": "django 5.2",
            "busy": None,
            "former": "",
            "rounds": 3,
            "seconds": 8,
            **about,
        }
    )
    for speed in (1.0, 2.0, 4.0):  # each round the machine is slower, and no ratio changes
        run.note("part", dict.fromkeys(("decode", "isolate", "forward", "task"), speed))
        run.note("part", {"decode photo": 30 * speed, "isolate photo": 40 * speed})
        run.note("site/newcomer/1", {"p50": 6 * speed, "p95": 8 * speed, "p99": 9 * speed, "rate": 150 / speed})
        run.note("site/newcomer/32", {"p50": 200 * speed, "rate": 156 / speed, "late": 2, "failed": 0})
        run.note("litserve/newcomer/1", {"p50": 7.5 * speed})
        run.note("litserve/newcomer/32", {"rate": 200 / speed})
        run.note("flask/newcomer/32", {"rate": 12 / speed})
        run.note("cpu/site/newcomer/32", {"web": 6.25, "predict": 5.5, "database": 1.25, "announce": 9})
        run.note("memory/started", {"web/pss": 100})
        for name, megabytes in {"web": 400, "predict": 250, "train": 90, "redis": 3, "site": 17}.items():
            run.note("memory/loaded", {f"{name}/pss": megabytes, f"{name}/rss": 2 * megabytes})
        run.note("retraining/newcomer/1", {"p50": 9 * speed, "p95": 12 * speed})
        run.note("retraining", {"cores": 0.8})
        run.note("start", {"second": 3.4})
    counts = {"answers": 4000, "read": 1000, "misread": 1, "late": 500, "refused": 2497, "wrong": 2}
    run.note("overload", {"capacity": 75, "rate": 299, **counts, "p50": 900, "p95": 1500, "lost": 0, "normal": 6})
    run.note("start", {"first": 21.5})
    return run


def _row(text: str, beginning: str) -> list[str]:
    [line] = [line for line in text.splitlines() if line.startswith(f"| {beginning} |")]
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_goals_stand_beside_what_was_measured() -> None:
    printed = benchmarks_page.tables(_run())
    parts = "One client: the median, beside decode + isolate + forward + an empty task"
    assert _row(printed, parts) == ["≤ 1.4 ×", "1.50 ×", "not reached"]
    litserve = "One client: the median, beside LitServe's with the same parts"
    assert _row(printed, litserve) == ["≤ 1 ×", "0.80 ×", "reached"]
    rate = "32 clients: drawings a second, everything stored, beside that LitServe's"
    assert _row(printed, rate) == ["≥ 1 ×", "0.78 ×", "not reached"]
    flask = "32 clients: drawings a second, beside Flask's with `model.predict`"
    assert _row(printed, flask) == ["≥ 12 ×", "13.0 ×", "reached"]
    assert _row(printed, "8 clients: the 99th percentile, beside the median") == ["≤ 2 ×", "–", ""]
    assert _row(printed, "Decode and isolate a photo of 12 megapixels") == ["≤ 80 ms", "140 ms", "not reached"]
    memory = "Memory of all processes after the load, photos included (PSS)"
    assert _row(printed, memory) == ["≤ 1000 MB", "760 MB", "reached"]
    assert _row(printed, "From the command of a second start to the first answer") == ["≤ 6 s", "3.40 s", "reached"]


def test_an_overload_and_readings_beside_a_training_have_goals_and_tables() -> None:
    printed = benchmarks_page.tables(_run())
    right = "4 × the capacity: answers but right readings, 202 with `Location` and 503 with `Retry-After`"
    assert _row(printed, right) == ["≤ 0 answers", "3.00 answers", "not reached"]
    assert _row(printed, "4 × the capacity: drawings that are stored and never read")[1:] == ["0 drawings", "reached"]
    assert _row(printed, "4 × the capacity: the 95th percentile of those read at once")[1:] == ["1500 ms", "reached"]
    assert _row(printed, "4 × the capacity: normal again afterwards") == ["≤ 5 s", "6.00 s", "not reached"]
    beside = "While a training runs, {}: the 95th percentile, beside that without"
    assert _row(printed, beside.format("1 client")) == ["≤ 2 ×", "1.50 ×", "reached"]
    assert _row(printed, beside.format("8 clients")) == ["≤ 2 ×", "–", ""]
    assert "299 drawings of new visitors arrive a second, however long that takes; the capacity is 75.0." in printed
    assert _row(printed, "201, read right") == ["25.0 %", "900", "1500"]
    assert _row(printed, "503 with `Retry-After`: not stored") == ["62.4 %", "", ""]
    assert "It takes 0.80 cores meanwhile." in printed
    assert "| 1 | 18.0 | 24.0 | 16.0 | 1.50 × |" in printed


def test_each_load_part_and_process_has_its_row() -> None:
    printed = benchmarks_page.tables(_run())
    assert "| 1 | this site, new visitors | 12.0 | 16.0 | 18.0 | 75.0 | 0 | 0 |" in printed
    assert "| 32 | this site, new visitors | 400 | – | – | 78.0 | 2 | 0 |" in printed
    assert "| 32 | Flask, new visitors | – | – | – | 6.00 | 0 | 0 |" in printed
    assert _row(printed, "**the first four together**") == ["8.00"]
    assert _row(printed, "web") == ["6.25", "100", "400", "800"]
    assert _row(printed, "database") == ["1.25", "–", "–", "–"]
    assert _row(printed, "**together**") == ["13.0", "100", "760", "1520"]
    assert "21.5 s on a new data folder, 3.40 s from the second start on" in printed


@pytest.mark.parametrize(("busy", "said"), [(None, False), (2.7, True)])
def test_a_busy_machine_is_said(busy: float | None, said: bool) -> None:
    assert ("busy with other work: load average 2.7" in benchmarks_page.tables(_run(busy=busy))) is said


def test_a_run_is_added_to_those_before(tmp_path: Path) -> None:
    for date in ("2026-11-27 23:00", "2026-11-28 08:00"):
        benchmarks_page.add(_run(date=date), tmp_path)
    runs = benchmarks_page.read(tmp_path)
    assert [run.about["date"] for run in runs] == ["2026-11-27 23:00", "2026-11-28 08:00"]
    assert runs[0].figures == _run().figures
    page = (tmp_path / "benchmarks.md").read_text()
    assert page.count("## Goals") == 1
    later, earlier = (page.index(f"| {date} | abcd1234") for date in ("2026-11-28 08:00", "2026-11-27 23:00"))
    assert later < earlier


def test_the_page_in_the_documentation_is_what_the_history_gives() -> None:
    docs = settings.BASE_DIR / "docs"
    assert (docs / "benchmarks.md").read_text() == benchmarks_page.page(benchmarks_page.read(docs))
