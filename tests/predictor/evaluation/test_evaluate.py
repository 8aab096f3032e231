"""`manage.py evaluate`: figures of labelled sets, of MNIST, of the site's drawings and of the grid."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError

from ml.evaluation import composed
from ml.evaluation.composed import Ground
from predictor.models import ModelVersion, Owner
from predictor.training import stages
from predictor.versions import loading, registry
from tests.predictor.artifacts import another_artifact
from tests.predictor.management.test_commands import run
from tests.predictor.pictures import LINES, drawn
from tests.predictor.stored import learn


@pytest.fixture
def one_network(reader: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every version is the network that this session has loaded."""
    monkeypatch.setattr(loading, "load_reader", lambda _: reader)


def _set(folder: Path) -> Path:
    for label in "0127":
        (folder / label).mkdir(parents=True)
        (folder / label / "a.png").write_bytes(drawn(label if label != "2" else "7", side=100))
    return folder


def test_it_measures_a_labelled_set(champion: ModelVersion, one_network: None, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    said = run("evaluate", _set(tmp_path / "set"), "--json", report)
    assert "75.00%" in said
    assert "3 of 4" in said
    [found] = json.loads(report.read_text())
    [version] = found["versions"]
    assert (version["right"], version["count"], version["version"]) == (3, 4, str(champion.pk))
    assert [(wrong["label"], wrong["read"]) for wrong in version["wrong"]] == [("2", "7")]
    assert version["low"] < 0.75 < version["high"]
    assert version["sha256"] == champion.sha256
    assert [row["right"] for row in version["per_class"]] == [1, 1, 0, 1]
    assert sum(row["count"] for row in version["reliability"]) == 4
    assert "worst" not in version
    assert (found["command"], found["limit"]) == ("manage.py evaluate set", None)
    assert not list(tmp_path.glob("*.part*"))


def test_it_sets_versions_side_by_side(champion: ModelVersion, one_network: None, tmp_path: Path) -> None:
    other = registry.add_version(folder=another_artifact(tmp_path))
    said = run("evaluate", _set(tmp_path / "set"), "--model", champion.pk, other.pk)
    assert said.count("75.00%") == 2


def test_it_writes_a_page_that_stands_alone(champion: ModelVersion, one_network: None, tmp_path: Path) -> None:
    run("evaluate", _set(tmp_path / "set"), "--html", tmp_path / "page.html", "--limit", 3)
    page = (tmp_path / "page.html").read_text()
    assert "66.67%" in page
    assert "first 3 pictures only" in page
    assert 'read as <b class="wrong">7</b>' in page
    assert page.count('<li class="step"') == 1
    assert "http" not in page


def test_it_draws_strokes_with_each_pen(champion: ModelVersion, one_network: None, tmp_path: Path) -> None:
    rows = [{"label": text, "strokes": LINES[text]} for text in "17"]
    (tmp_path / "set.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    said = run("evaluate", tmp_path / "set.jsonl", "--pen", "6,20")
    for pen in (6, 20):
        assert re.search(f"set.jsonl, pen {pen} px +{champion.pk} ", said)
        assert f"set.jsonl, pen {pen} px, pictures alone" in said
    assert said.count("2 of 2") == 4


def test_strokes_are_read_as_the_page_sends_them_and_as_pictures_alone(
    champion: ModelVersion, one_network: None, tmp_path: Path
) -> None:
    lines = [[(x + 0.7 * place, y) for x, y in line] for place, digit in enumerate("2043") for line in LINES[digit]]
    (tmp_path / "set.jsonl").write_text(json.dumps({"label": "2043", "strokes": lines}))
    said = run("evaluate", tmp_path / "set.jsonl", "--pen", "80", "--mode", "number").splitlines()
    assert ["1 of 1" in line for line in said[1:]] == [True, False]


def test_it_reads_numbers(champion: ModelVersion, one_network: None, tmp_path: Path) -> None:
    (tmp_path / "set" / "47").mkdir(parents=True)
    (tmp_path / "set" / "47" / "a.png").write_bytes(drawn("47", side=100))
    assert "1 of 1" in run("evaluate", tmp_path / "set", "--mode", "number")


def test_it_measures_the_sites_own_drawings(
    champion: ModelVersion, one_network: None, writer: Owner, reviewer: User
) -> None:
    learn(writer, reviewer, "7")
    learn(writer, reviewer, "1", said="7")
    assert "1 of 2" in run("evaluate", "--site")


def test_it_measures_mnist(
    champion: ModelVersion, one_network: None, mnist: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = type(mnist)(mnist.train_images, mnist.train_labels, mnist.test_images[:40], mnist.test_labels[:40])
    monkeypatch.setattr(stages, "load", lambda path="": few)
    said = run("evaluate", "--mnist")
    right = [int(part.rpartition(" ")[2]) for part in said.split(" of 40")[:-1]]
    assert len(right) == 3
    assert min(right) >= 37
    for way in ("28×28", "280×280", "the raw arrays"):
        assert f"MNIST test, {way}" in said


def test_it_measures_the_grid(
    champion: ModelVersion, one_network: None, mnist: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(stages, "load", lambda path="": mnist)
    monkeypatch.setattr(os, "cpu_count", lambda: 0)  # no processes of its own: they take seconds to start
    files = tmp_path / "grid.json", tmp_path / "grid.html"
    said = run("evaluate", "--grid", "--factor", "turn", "--limit", 8, "--json", files[0], "--html", files[1])
    plain, *cells = json.loads(files[0].read_text())
    assert (plain["set"], plain["versions"][0]["count"], plain["limit"]) == ("grid: plain", 8, 8)
    assert [cell["cell"] for cell in cells] == ["-15°", "-10°", "-5°", "+5°", "+10°", "+15°"]
    for cell in cells:
        [version] = cell["versions"]
        assert version["difference"] == pytest.approx(version["share"] - plain["versions"][0]["share"])
        assert version["difference_low"] <= version["difference"] <= version["difference_high"]
    assert said.count("grid: turn") == 6
    assert "within 0.5 points" in files[1].read_text()


def test_it_measures_composed_photos(
    champion: ModelVersion, one_network: None, mnist: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(stages, "load", lambda path="": mnist)
    monkeypatch.setattr(os, "cpu_count", lambda: 0)
    monkeypatch.setattr(composed, "grounds", lambda: [Ground("screen", "digit"), Ground("squares", "number")])
    files = tmp_path / "grid.json", tmp_path / "grid.html"
    said = run("evaluate", "--grid", "--factor", "ground", "--limit", 30, "--json", files[0], "--html", files[1])
    plain, screen, squares = json.loads(files[0].read_text())
    assert (plain["set"], screen["set"], squares["set"]) == ("grid: plain", "ground: screen", "ground: squares, number")
    assert [each["mode"] for each in (screen, squares)] == ["digit", "number"]
    assert [each["versions"][0]["count"] for each in (plain, screen, squares)] == [30, 3, 3]
    assert "difference" not in screen["versions"][0]
    assert "ground: squares, number" in said
    assert "Photos of a digit, each kind of ground: 98%" in files[1].read_text()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "one of PATH, --mnist, --site"),
        (["--mnist", "--site"], "one of PATH, --mnist, --site"),
        (["nowhere"], "does not exist"),
        (["--site"], "nothing to read"),
        (["x.jsonl", "--pen", "thin"], "--pen thin"),
        (["x.jsonl", "--pen", "0"], "--pen 0"),
        (["--site", "--model", "99"], "no version '99'"),
        (["--grid", "--site"], "one of PATH, --mnist, --site, --grid"),
        (["--mnist", "--limit", "0"], "--limit 0"),
        (["--mnist", "--factor", "turn"], "--factor needs --grid"),
        (["--mnist", "--html", "nowhere/page.html"], "folder doesn.t exist"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    champion: ModelVersion, one_network: None, arguments: list[str], complaint: str
) -> None:
    with pytest.raises(CommandError, match=complaint):
        run("evaluate", *arguments)
