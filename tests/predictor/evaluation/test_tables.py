"""`manage.py evaluate` of a folder with tables: kinds, papers, writers, rows that can't be read, steps of errors."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError
from PIL import Image

from ml.sources.non_digits import scribble
from predictor.models import ModelVersion
from predictor.versions import loading
from tests.predictor.management.test_commands import run
from tests.predictor.pictures import drawn

COLUMNS = ("file", "label", "writer", "kind", "paper")


@pytest.fixture(autouse=True)
def one_network(champion: ModelVersion, reader: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The champion is the network that this session has loaded."""
    monkeypatch.setattr(loading, "load_reader", lambda _: reader)


def _table(file: Path, *rows: tuple[str, ...], columns: tuple[str, ...] = COLUMNS) -> Path:
    """A table. A row's file is named by what it shows: "7.png" a seven, "47.png" a number, "blank.png" a sheet."""
    (file.parent / "pictures").mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as lines:
        csv.writer(lines).writerows([columns, *(("pictures/" + row[0], *row[1:]) for row in rows)])
    for name in {row[0] for row in rows}:
        text = Path(name).stem.partition("-")[0].removeprefix("blank")
        if text.isdigit() or name == "blank.png":
            (file.parent / "pictures" / name).write_bytes(drawn(text, side=100))
    return file.parent


def _measured(folder: Path, tmp_path: Path, *options: Any) -> dict[str, Any]:
    run("evaluate", folder, "--json", tmp_path / "found.json", *options)
    [entry] = json.loads((tmp_path / "found.json").read_text())
    return {**entry, **entry["versions"][0]}


def _parts(found: dict[str, Any]) -> dict[str, str]:
    return {
        ", ".join(part[name] for name in part["by"]): f"{part['right']} of {part['count']}" for part in found["parts"]
    }


def test_a_rows_kind_decides_how_it_is_read(tmp_path: Path) -> None:
    folder = _table(
        tmp_path / "photos" / "any name.csv",
        ("7.png", "7", "ada", "single", "plain"),
        ("1.png", "1", "ada", "Single", "squared"),
        ("7.png", "2", "bo", "single", "squared"),
        ("47.png", "47", "bo", "number", "plain"),
        ("blank.png", "", "bo", "none", "plain"),
        ("0.png", "0", "press", "printed", "form"),
        ("7.png", "1", "press", "printed", "form"),
    )
    found = _measured(folder, tmp_path)
    assert (found["set"], found["right"], found["count"]) == ("photos", 4, 5), "print doesn't count"
    assert _parts(found) == {
        "single": "2 of 3",
        "single, plain": "1 of 1",
        "single, squared": "1 of 2",
        "number": "1 of 1",
        "number, plain": "1 of 1",
        "none": "1 of 1",
        "none, plain": "1 of 1",
        "printed": "1 of 2",
        "printed, form": "1 of 2",
        "bo": "2 of 3",
        "ada": "2 of 2",
    }
    single = found["parts"][0]
    assert single["writers"] == 2
    assert single["low"] < 2 / 3 < single["high"]
    assert (single["sure_count"], single["right_among_sure"]) == (3, pytest.approx(2 / 3))


def test_where_nothing_is_to_be_read_doubt_is_right(tmp_path: Path) -> None:
    folder = _table(
        tmp_path / "set" / "table.csv",
        ("blank.png", "", "ada", "none", ""),
        ("scribble.png", "none", "ada", "none", ""),
        ("7.png", "", "ada", "none", ""),
    )
    Image.fromarray(scribble(np.random.default_rng(3))).save(folder / "pictures" / "scribble.png")
    said = run("evaluate", folder)
    assert re.search(r"  none .+ 2 of 3 .+ 1 as nothing, 1 not sure", said)


def test_a_folder_may_hold_several_tables(tmp_path: Path) -> None:
    _table(tmp_path / "set" / "a.csv", ("7.png", "7", "ada", "single", "plain"))
    folder = _table(tmp_path / "set" / "b.csv", ("1.png", "1", "bo", "single", "plain"))
    assert _parts(_measured(folder, tmp_path))["single, plain"] == "2 of 2"


def test_a_column_that_is_missing_leaves_out_its_part(tmp_path: Path) -> None:
    columns = ("file", "label", "paper")
    folder = _table(tmp_path / "set" / "a.csv", ("47.png", "47", "form"), ("1.png", "1", "plain"), columns=columns)
    found = _measured(folder, tmp_path, "--mode", "number")
    assert (found["right"], _parts(found)) == (2, {"form": "1 of 1", "plain": "1 of 1"})
    folder = _table(tmp_path / "bare" / "a.csv", ("1.png", "1"), columns=("file", "label"))
    assert _measured(folder, tmp_path)["parts"] == []


def test_rows_that_cannot_be_read_are_counted_and_named(tmp_path: Path) -> None:
    folder = _table(
        tmp_path / "set" / "a.csv",
        ("7.png", "7", "ada", "single", "plain"),
        ("broken.png", "7", "ada", "single", "plain"),
        ("lost.png", "7", "ada", "single", "plain"),
        ("47.png", "47", "ada", "single", "plain"),
        ("1.png", "", "ada", "single", "plain"),
        ("1.png", "1", "ada", "none", "plain"),
        ("1.png", "1", "ada", "cursive", "plain"),
        ("1.png", "one", "ada", "single", "plain"),
    )
    (folder / "pictures" / "broken.png").write_bytes(b"no picture")
    said = run("evaluate", folder)
    assert "1 of 1" in said
    assert "7 rows can't be read" in said
    named = said.partition("can't be read:\n")[2].splitlines()
    complaints = [
        "broken.png",
        "no such file",
        "'47' doesn't fit",
        "'' doesn't fit",
        "'1' doesn't fit",
        "cursive",
        "'one'",
    ]
    for line, complaint in zip(named, complaints, strict=True):
        assert complaint in line
        assert "pictures/" in line


def test_a_folder_with_nothing_but_broken_rows_is_refused(tmp_path: Path) -> None:
    folder = _table(tmp_path / "set" / "a.csv", ("lost.png", "7", "ada", "single", "plain"))
    with pytest.raises(CommandError, match=r"nothing to read. 1 rows can't be read, the first because: .*lost.png"):
        run("evaluate", folder)


def test_the_page_shows_an_errors_steps(tmp_path: Path) -> None:
    folder = _table(
        tmp_path / "set" / "a.csv",
        ("7.png", "2", "ada", "single", "plain"),
        ("1.png", "1", "ada", "single", "plain"),
        ("47.png", "40", "bo", "number", "form"),
        ("blank.png", "3", "bo", "single", "form"),
    )
    run("evaluate", folder, "--html", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    steps = page.split('<li class="step')[1:]
    assert len(steps) == 3
    [seven] = [step for step in steps if "pictures/7.png · ada · single · plain" in step]
    assert '<b>2</b> read as <b class="wrong">7</b>' in seven
    assert seven.count("data:image/webp") == 2, "picture and ink"
    assert seven.count('class="box"') == seven.count("data:image/png") == 1
    assert len(re.findall(r'<span class="[\w-]*" style="--p:', seven)) == 10
    [number] = [step for step in steps if "47.png" in step]
    assert number.count('class="box"') == number.count('class="bars"') == 2
    assert "http" not in page
    assert "<script" not in page


def test_unsure_readings_are_shown_if_asked_for(tmp_path: Path) -> None:
    folder = _table(tmp_path / "set" / "a.csv", ("scribble.png", "", "ada", "none", "plain"))
    Image.fromarray(scribble(np.random.default_rng(3))).save(folder / "pictures" / "scribble.png")
    for options, count in (([], 0), (["--unsure"], 1)):
        run("evaluate", folder, "--html", tmp_path / "page.html", *options)
        assert (tmp_path / "page.html").read_text().count("Right, but not sure") == count
    with pytest.raises(CommandError, match="--unsure needs --html"):
        run("evaluate", folder, "--unsure")
