"""An evaluation's figures, and the pages written from them."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.evaluation import model_card, paired, report, tables
from ml.evaluation.results import SetResult, is_handwriting, parts
from ml.evaluation.steps import steps
from ml.evaluation.targets import targets
from ml.network.manifest import BUNDLED, Manifest
from ml.pictures.decoding import png_data_url

COMMAND = "manage.py evaluate --grid"


def outcome(labels: str = "0011223344", texts: str = "0011223346", doubt: bool = False) -> SetResult:
    """One character a picture; "-" is nothing."""
    said = ["" if text == "-" else text for text in texts]
    confidence = np.array([0.95 if text else np.nan for text in said])
    sure = np.array([index % 4 != 3 for index in range(len(said))])
    names = [f"picture {index}" for index in range(len(said))]
    return SetResult(names, ["" if label == "-" else label for label in labels], said, sure, confidence, doubt)


def entry(name: str, *outcomes: SetResult, **more: Any) -> dict[str, Any]:
    versions = [
        {"version": str(number), "sha256": Manifest.read(BUNDLED).artifact_sha256, **each.as_report()}
        for number, each in enumerate(outcomes, start=1)
    ]
    about = {"command": COMMAND, "measured_at": "2026-11-23", "limit": None}
    return {"set": name, "mode": "digit", "versions": versions, **about, **more}


def grid_entries(fall: float = 0.004) -> list[dict[str, Any]]:
    cell = entry("grid: turn: +15°", outcome(), group="grid", factor="turn", cell="+15°", tolerance=0.005)
    cell["versions"][0] |= {"difference": -fall, "difference_low": -0.2, "difference_high": 0.1}
    exact = entry("grid: place: top", outcome(), group="grid", factor="place", cell="top", tolerance=0.001)
    exact["versions"][0] |= {"difference": 0.0, "difference_low": -0.1, "difference_high": 0.1}
    nothing = entry("nothing to read: blank", outcome("--", "--"), group="nothing", kind="blank", always=True)
    specks = entry(
        "nothing to read: specks", outcome("----", "-7-7", True), group="nothing", kind="specks", always=False
    )
    grounds = [
        entry("ground: table", outcome(), group="grounds", cell="table"),
        entry("ground: squares", outcome(texts="0011223344"), group="grounds", cell="squares"),
        entry("ground: pattern, number", outcome(), group="grounds", cell="pattern, number") | {"mode": "number"},
    ]
    empty = entry(
        "nothing to read: empty grounds", outcome("----", "---7", True), group="nothing", kind="empty grounds"
    )
    return [entry("grid: plain", outcome()), cell, exact, *grounds, nothing, specks, empty]


# ── figures ──


def test_the_figures_of_a_set() -> None:
    found = outcome().as_report()
    assert (found["right"], found["count"], found["share"]) == (9, 10, 0.9)
    assert (found["sure_count"], found["sure"]) == (8, 0.8)
    assert found["right_among_sure"] == pytest.approx(7 / 8)
    assert [row["label"] for row in found["per_class"]] == list("01234")
    assert found["per_class"][4]["right"] == 1
    assert found["confusion"]["table"][4][6] == 1
    assert found["wrong"] == [{"name": "picture 9", "label": "4", "read": "6", "confidence": 0.95, "sure": True}]
    assert sum(row["count"] for row in found["reliability"]) == 10
    assert json.loads(json.dumps(found)) == found


def test_nothing_has_no_confidence_to_calibrate() -> None:
    found = outcome("00--", "0-0-").as_report()
    assert sum(row["count"] for row in found["reliability"]) == found["read"] == 2
    assert found["wrong"][0]["confidence"] is None
    assert found["confusion"]["labels"] == ["", "0"]


def test_doubt_is_right_where_nothing_is_to_be_read() -> None:
    assert outcome("----", "-7-7", doubt=True).right.tolist() == [True, False, True, True]
    assert outcome("----", "-7-7").right.tolist() == [True, False, True, False]


def test_confidence_is_calibrated_against_the_label_not_against_right_doubt() -> None:
    found = outcome("----", "---7", doubt=True).as_report()
    assert found["right"] == 4
    assert found["calibration_error"] == pytest.approx(0.95)


def test_sure_errors_come_first() -> None:
    confidence = np.array([0.5, 0.9, 0.6, 0.8])
    sure = np.array([True, False, True, False])
    assert SetResult(list("abcd"), list("1111"), list("7777"), sure, confidence).worst(4).tolist() == [2, 0, 1, 3]


def test_numbers_are_told_apart_by_length() -> None:
    numbers = SetResult(["a", "b"], ["12", "345"], ["12", "34"], np.array([True, False]), np.array([0.9, 0.4]))
    found = numbers.as_report()
    assert [row["label"] for row in found["per_class"]] == ["2 digits", "3 digits"]
    assert "confusion" not in found


def test_an_empty_set_has_no_figures() -> None:
    with pytest.raises(ValueError, match="no glyphs"):
        SetResult([], [], [], np.zeros(0, bool), np.zeros(0)).as_report()


def test_the_difference_of_pairs_has_bounds() -> None:
    # Agresti, Categorical Data Analysis, 10.1: of 1600 people 150 stopped approving and 86 began; −0.04 ± 1.96 ×
    # 0.0095, by Wald's interval, which half a pair more hardly moves where there are so many.
    before = np.array([True] * 150 + [False] * 86 + [True] * 1364)
    after = np.array([False] * 150 + [True] * 86 + [True] * 1364)
    assert paired.difference(before, after) == pytest.approx((-0.04, -0.0588, -0.0212), abs=5e-4)
    assert paired.difference(before, before)[0] == 0


# ── targets ──


def test_targets_say_what_is_met() -> None:
    found = {target.what: target for target in targets(grid_entries(), 0)}
    met = [target.met for target in found.values() if target.met is not None]
    assert met == [True, True, False, True, True, False, True], "one speck of four is read as a seven, and surely"
    assert found["Photos of a digit, each kind of ground: 98%"].found == "1 of 2 kinds; the lowest 90% (table)"
    assert found["Photos of a number, each kind of ground: 90%"].met
    sure = entry("nothing to read: empty grounds", outcome("----", "7---", True), group="nothing", kind="empty grounds")
    assert [target.met for target in targets([sure], 0)] == [False], "no empty ground is ever surely a digit"
    fallen = next(target for target in targets(grid_entries(fall=0.02), 0) if "0.5" in target.what)
    assert fallen.met is False
    assert "−2.00 (turn: +15°)" in fallen.found


# ── the page ──


class _Tags(HTMLParser):
    EMPTY = {"meta", "img"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"script", "link", "iframe"}
        self.sources += [value or "" for name, value in attrs if name in {"src", "href"}]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An SVG's element that closes itself."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _page(entries: list[dict[str, Any]]) -> str:
    page = report.html(entries, command=COMMAND, measured_at="2026-11-23")
    tags = _Tags()
    tags.feed(page)
    assert tags.open == []
    assert all(source.startswith("data:") for source in tags.sources)
    return page


def test_the_page_of_a_set_stands_alone() -> None:
    known = entry("mine & yours.csv", outcome())
    page = _page([known])
    assert "mine &amp; yours.csv" in page
    assert "90.00%" in page
    assert "prefers-color-scheme: dark" in page
    assert "rehearsal" not in page


def shown(label: str, text: str, *, sure: bool, paper: str = "plain", writer: str = "ada") -> dict[str, Any]:
    """A reading with its steps, of a picture that says nothing."""
    glyph = {"box": [10, 10, 20, 20], "pixels": png_data_url(np.zeros((28, 28), np.uint8)), "digit": 6}
    answer = {"glyphs": [{**glyph, "probabilities": [0.0] * 4 + [0.3, 0.0, 0.7] + [0.0] * 3}] if text else []}
    said = {"label": label, "read": text, "sure": sure, "confidence": 0.7 if text else None, "wrong": label != text}
    picture = np.full((40, 40, 3), 255, np.uint8)
    about = {"name": f"{label}.png", "writer": writer, "kind": "single", "paper": paper, "rejected": []}
    return {**said, **about, **steps(picture, answer, mode="digit", strokes=None, scale=1.0)}


def test_the_page_shows_the_steps_of_each_error() -> None:
    known = entry("a set", outcome())
    known["versions"][0]["shown"] = [
        shown("4", "6", sure=True),
        shown("7", "", sure=False),
        shown("6", "6", sure=False),
    ]
    page = _page([known])
    groups = re.findall(r'step-group"><h4>(.+?) <', page)
    assert groups == ["Wrong and sure", "Wrong, not sure", "Right, but not sure"]
    assert "left:25.0%;top:25.0%;width:50.0%;height:50.0%" in page, "the box, in percent of the picture's sides"
    assert page.count("6: 70.0%, 4: 30.0%") == 2
    assert page.count("no ink") == 1
    assert "4.png · ada · single · plain" in page
    assert "<select>" not in page, "with one paper and one writer there is nothing to choose"


def test_the_steps_are_filtered_by_paper_or_writer() -> None:
    known = entry("a set", outcome())
    errors = [shown("4", "6", sure=True, paper=paper, writer=writer) for paper, writer in ("xa", "xb", "<a")]
    known["versions"][0]["shown"] = errors
    page = _page([known])
    options = re.findall(r'<option value="([\w-]+)">(.+?) \((\d)\)', page)
    assert options == [
        ("paper-0", "&lt;", "1"),
        ("paper-1", "x", "2"),
        ("writer-0", "a", "2"),
        ("writer-1", "b", "1"),
    ]
    assert re.findall(r'data-in="([\w -]+)">', page) == ["paper-1 writer-0", "paper-1 writer-1", "paper-0 writer-0"]
    assert page.count(":checked) :is(.step:not(") == len(options)


def test_the_page_of_two_versions_compares_them() -> None:
    both = entry("a set", outcome(), outcome(texts="0011223344"))
    both["versions"][1]["against_the_first"] = {"gained": 1, "lost": 0, "p_two_sided": 1.0}
    page = _page([both])
    assert "1 gained, 0 lost" in page
    assert page.count("Confusions, version") == 2


def test_the_page_of_the_grid_marks_what_falls() -> None:
    page = _page(grid_entries(fall=0.02))
    assert page.count("▼</span>") == 1
    assert "is-beyond" in page
    assert "1 of 2 cells" not in page
    assert "Nothing to read" in page
    assert re.search(r'<th scope="row">pattern, number</th><td>9 of 10</td>', page)
    assert "▼</span>" not in _page(grid_entries())


def test_a_part_is_called_a_rehearsal() -> None:
    assert "first 5 pictures only" in _page([entry("a set", outcome(), limit=5)])


# ── lines and card ──


def test_each_version_has_its_line() -> None:
    both = entry("a set", outcome(), outcome(texts="0011223344"))
    both["versions"][1]["against_the_first"] = {"gained": 1, "lost": 0, "p_two_sided": 1.0}
    first, second, compared = tables.lines(both)
    assert "90.00%" in first
    assert "100.00%" in second
    assert "1 gained, 0 lost" in compared
    assert "outside" in tables.lines(grid_entries(fall=0.02)[1])[0]


def test_the_card_is_written_from_figures(tmp_path: Path) -> None:
    figures, card = tmp_path / "figures.json", tmp_path / "card.md"
    figures.write_text(json.dumps([entry("MNIST test", outcome()), *grid_entries(fall=0.02)]))
    model_card.main([str(figures), "--out", str(card)])
    text = card.read_text()
    manifest = Manifest.read(BUNDLED)
    for part in (manifest.sha256, manifest.command, "90.00%", "4 as 6 1×", "**outside**", f"{COMMAND} --json"):
        assert part in text
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
        "Data and recipe",
        "Measured on composed pictures",
        "Measured on real photographs",
        "Measured again",
    ]
    assert "No figures on photographs were given" in text
    assert re.search(r"^\| table \| 10 \| 90\.0% \([^|]+\) \| 80\.0% \| 87\.5% \|$", text, re.MULTILINE)


def test_the_card_tells_photographs_from_composed_pictures(tmp_path: Path) -> None:
    columns = {
        "kind": [*["single"] * 8, "none", "printed"],
        "paper": [*["plain", "form"] * 4, "form", "form"],
        "writer": [*["ada"] * 4, *["bo"] * 4, "", "press"],
    }
    every = outcome("00112233-5", "001122333-", doubt=True)
    photographs = entry("photos", every.only(is_handwriting(columns["kind"])), command="manage.py evaluate photos")
    photographs["versions"][0]["parts"] = parts(every, columns)
    files = tmp_path / "figures.json", tmp_path / "photos.json"
    for file, found in zip(files, (entry("MNIST test", outcome()), photographs), strict=True):
        file.write_text(json.dumps([found]))
    model_card.main([str(files[0]), "--real", str(files[1]), "--out", str(tmp_path / "card.md")])
    composed, _, real = (tmp_path / "card.md").read_text().partition("## Measured on real photographs")
    assert "MNIST test" in composed
    assert "MNIST test" not in real
    assert "flatter" in composed
    rows = [line.split(" | ")[:4] for line in real.splitlines() if line.startswith("| ")][1:]
    assert [[row[0].strip("| ").replace("**", ""), *row[1:3], row[3].partition(" (")[0]] for row in rows] == [
        ["single", "2", "8", "100.0%"],
        ["single, form", "2", "4", "100.0%"],
        ["single, plain", "2", "4", "100.0%"],
        ["none (0 as nothing, 0 not sure)", "–", "1", "0.0%"],
        ["none, form (0 as nothing, 0 not sure)", "–", "1", "0.0%"],
        ["printed", "1", "1", "0.0%"],
        ["printed, form", "1", "1", "0.0%"],
        ["in all, without print", "2", "9", "88.9%"],
    ]
    assert "manage.py evaluate photos --json FILE.json" in real


def test_another_networks_figures_are_refused() -> None:
    known = entry("a set", outcome())
    known["versions"][0]["sha256"] = "0" * 64
    with pytest.raises(model_card.OtherNetwork, match="a set"):
        model_card.card([known], Manifest.read(BUNDLED))
