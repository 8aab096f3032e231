"""The pictures that judge: nothing was trained on them, they are made once, and each is known by name."""

from pathlib import Path

import numpy as np
import pytest

from ml.evaluation import grid, held_out
from ml.network.classes import NOT_A_DIGIT
from ml.sources.mnist import Mnist


@pytest.fixture
def few(mnist: Mnist, monkeypatch: pytest.MonkeyPatch) -> Mnist:
    monkeypatch.setattr("ml.sources.mnist.HOLDOUT", 60)
    monkeypatch.setattr("ml.sources.mnist.VALIDATION", 40)
    monkeypatch.setattr(held_out, "GRID_CELLS", ("turn: +10°", "pen width: 3 px", "resolution: 64 px"))
    monkeypatch.setattr(held_out, "GRID_DIGITS", 6)
    monkeypatch.setattr(held_out, "HANDS", 2)
    monkeypatch.setattr(held_out, "SCRIBBLES", 8)
    return Mnist(mnist.train_images[:1000], mnist.train_labels[:1000], mnist.test_images[:20], mnist.test_labels[:20])


def test_nothing_that_judges_was_trained_on_or_calibrates(few: Mnist, tmp_path: Path) -> None:
    found = held_out.held_out(few, tmp_path)
    judges = {int(name.rpartition(" ")[2]) for name in found.holdout.names}
    drawn = {int(name.rpartition("#")[2]) for name in found.grid.names}
    calibrate = {int(name.rpartition(" ")[2]) for name in found.calibration.names}
    assert (len(judges), len(calibrate)) == (60, 40)
    assert drawn <= judges
    assert not (judges | calibrate) & set(few.fit_indices.tolist())
    assert not judges & calibrate
    assert len(found.test) == 20


def test_each_way_of_drawing_has_its_digits_in_turn(few: Mnist, tmp_path: Path) -> None:
    found = held_out.held_out(few, tmp_path).grid
    by_cell: dict[str, list[int]] = {}
    for name, label in zip(found.names, found.labels, strict=True):
        digit = int(name.rpartition("#")[2])
        by_cell.setdefault(held_out.cell_of(name), []).append(digit)
        assert few.train_labels[digit] == label
    assert {name: len(digits) for name, digits in by_cell.items()} == dict.fromkeys(held_out.GRID_CELLS, 6)
    assert by_cell["turn: +10°"] == by_cell["resolution: 64 px"]
    assert not set(by_cell["turn: +10°"]) & set(by_cell["pen width: 3 px"])
    assert found.pixels.any(axis=(1, 2)).all()


def test_the_cells_are_cells_of_the_full_grid() -> None:
    every = {f"{cell.factor}: {cell.name}" for cell in grid.cells()}
    assert set(held_out.GRID_CELLS) <= every
    assert {name.partition(":")[0] for name in held_out.GRID_CELLS} == set(grid.factors()) - {"shading"}


def test_scribbles_are_no_digits(few: Mnist, tmp_path: Path) -> None:
    found = held_out.held_out(few, tmp_path).scribbles
    assert 0 < len(found) <= 8
    assert set(found.labels.tolist()) == {NOT_A_DIGIT}


def test_everything_is_made_once(few: Mnist, tmp_path: Path) -> None:
    said: list[tuple[str, int, int]] = []
    first = held_out.held_out(few, tmp_path, report=lambda *what: said.append(what))
    assert {(done, count) for _, done, count in said if done == count} == {(60, 60), (18, 18), (8, 8), (40, 40)}
    said.clear()
    again = held_out.held_out(few, tmp_path, report=lambda *what: said.append(what))
    assert said == []
    assert np.array_equal(first.grid.pixels, again.grid.pixels)


def test_other_digits_are_drawn_anew(few: Mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held_out.held_out(few, tmp_path)
    monkeypatch.setattr(held_out, "GRID_DIGITS", 4)
    assert len(held_out.held_out(few, tmp_path).grid) == 12
