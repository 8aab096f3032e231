"""The robustness grid: a digit keeps being itself however it is drawn, and one thing changes at a time."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ml.evaluation import composed, grid, robustness
from ml.isolation import Isolated, isolate
from ml.network.reader import classify
from ml.sources import non_digits
from ml.sources.tracing import thin, trace

ONE_OF_EACH = [cell for cell in grid.cells() if max(cell.look.width, cell.look.height) <= 1200]


def _glyph(*lines: list[tuple[float, float]], width: int = 3) -> np.ndarray:
    large = Image.new("L", (280, 280), 0)
    for line in lines:
        ImageDraw.Draw(large).line([(10 * x, 10 * y) for x, y in line], fill=255, width=10 * width, joint="curve")
    return np.asarray(large.reduce(10))


def _ring() -> np.ndarray:
    large = Image.new("L", (280, 280), 0)
    ImageDraw.Draw(large).ellipse((60, 40, 220, 240), outline=255, width=30)
    return np.asarray(large.reduce(10))


SEVEN = _glyph([(7, 6), (20, 6), (12, 23)])


# ── the pen's path ──


def test_a_stroke_is_traced_along_its_middle() -> None:
    [path] = trace(_glyph([(14, 4), (14, 24)], width=4))
    assert np.abs(path[:, 0] - 14).max() < 0.6
    assert path[:, 1].min() == pytest.approx(5, abs=1.6)
    assert path[:, 1].max() == pytest.approx(23, abs=1.6)


def test_a_ring_is_one_path_that_closes() -> None:
    [path] = trace(_ring())
    assert np.abs(path[0] - path[-1]).max() < 1e-9


def test_a_crossing_is_four_paths_that_meet() -> None:
    paths = trace(_glyph([(14, 4), (14, 24)], [(5, 14), (23, 14)]))
    assert len(paths) in {2, 4}
    ends = np.concatenate([path[[0, -1]] for path in paths])
    assert (np.hypot(*(ends - 14).T) < 1.5).sum() == 4


def test_specks_and_paper_have_no_path() -> None:
    assert trace(np.zeros((28, 28), np.uint8)) == []
    dirty = SEVEN.copy()
    dirty[26, 26] = 200
    assert len(trace(dirty)) == len(trace(SEVEN))


def test_thinning_keeps_what_is_connected_and_leaves_lines() -> None:
    mask = np.zeros((40, 40), bool)
    mask[5:35, 10:18] = mask[15:22, 10:36] = True
    skeleton = thin(mask)
    assert skeleton.sum() < 80
    assert not (skeleton & ~mask).any()
    assert np.array_equal(thin(skeleton), skeleton)


# ── drawing ──


@pytest.mark.parametrize("cell", ONE_OF_EACH, ids=lambda cell: f"{cell.factor}: {cell.name}")
def test_each_cell_draws_its_digit_on_its_canvas(cell: grid.Cell) -> None:
    picture = grid.draw(trace(SEVEN), cell.look, grid.seed_of(cell, 0))
    again = grid.draw(trace(SEVEN), cell.look, grid.seed_of(cell, 0))
    assert picture.shape == (cell.look.height, cell.look.width, 3)
    assert picture.dtype == np.uint8
    assert np.array_equal(picture, again), "the same digit is drawn the same"
    assert np.ptp(picture.reshape(-1, 3).astype(int), axis=0).max() >= 30


def _box(picture: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(picture[..., 0] < 128)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


@pytest.mark.parametrize("height", [0.08, 0.4, 0.95])
def test_the_digit_is_as_tall_as_its_cell_says(height: float) -> None:
    look = grid.Look(share=height, pen=3.0)
    _, top, _, bottom = _box(grid.draw(trace(SEVEN), look, np.random.default_rng(0)))
    assert bottom - top == pytest.approx(300 * height, abs=2.5)
    assert (top + bottom) / 2 == pytest.approx(150, abs=1.5)


def test_the_pen_is_as_wide_as_its_cell_says() -> None:
    stick = trace(_glyph([(14, 4), (14, 24)]))
    for pen in (2, 15, 40):
        left, _, right, _ = _box(grid.draw(stick, grid.Look(pen=float(pen)), np.random.default_rng(0)))
        assert right - left == pytest.approx(pen, abs=3)


def test_corners_are_corners() -> None:
    left, top, _, _ = _box(grid.draw(trace(SEVEN), grid.Look(place=(0, 0)), np.random.default_rng(0)))
    assert max(left, top) < 12
    _, _, right, bottom = _box(grid.draw(trace(SEVEN), grid.Look(place=(1, 1)), np.random.default_rng(0)))
    assert min(right, bottom) > 288


def test_dashes_leave_gaps_and_both_ends() -> None:
    path = np.array([[0.0, 0.0], [100.0, 0.0]])
    made = grid.dashes(path, 10, 30)
    assert [dash[0, 0] for dash in made] == pytest.approx([0, 30, 60, 90])
    assert made[-1][-1, 0] == pytest.approx(100)
    assert [len(dot) for dot in grid.dashes(path, 0, 25)] == [1] * 5


def test_the_digits_are_held_out_and_the_same_for_any_count(mnist) -> None:
    many = grid.choose_digits(mnist, 50)
    assert set(many.tolist()) <= set(mnist.holdout_indices.tolist())
    assert np.array_equal(grid.choose_digits(mnist, 20), many[:20])


# ── nothing to read ──


@pytest.mark.parametrize("kind", [*non_digits.ALWAYS_NOTHING, *non_digits.NEVER_SURE])
def test_what_holds_no_digit_is_a_picture_made_anew_by_its_seed(kind: str) -> None:
    make = {**non_digits.ALWAYS_NOTHING, **non_digits.NEVER_SURE}[kind]
    one, same = make(np.random.default_rng(3)), make(np.random.default_rng(3))
    assert one.dtype == np.uint8
    assert one.shape[2] == 3
    assert np.array_equal(one, same)


@pytest.mark.parametrize("kind", list(non_digits.ALWAYS_NOTHING))
def test_blank_noise_and_gradients_hold_nothing_to_read(kind: str) -> None:
    for seed in range(6):
        assert isolate(non_digits.ALWAYS_NOTHING[kind](np.random.default_rng(seed)), "digit").glyphs == []


# ── reading it ──


class _Sevens:
    """Reads a seven in everything, and is sure where there is much ink."""

    sure_threshold = 0.9

    def read(self, pixels: np.ndarray, augment: np.ndarray):
        logits = np.zeros((len(pixels), 11), np.float32)
        logits[:, 7] = np.where(pixels.mean(axis=(1, 2)) > 20, 9.0, 1.0)
        return classify(logits, 1.0, 0.9)


def test_every_cell_has_the_same_digits(mnist) -> None:
    reported: list[tuple[str, int, int]] = []
    found = list(
        robustness.parts(mnist, 5, factors=["turn", "place"], jobs=0, report=lambda *what: reported.append(what))
    )
    assert found[0].name == "plain: plain"
    assert {part.cell.factor for part in found if part.cell} == {"plain", "turn", "place"}
    assert all(part.labels == found[0].labels and part.names == found[0].names for part in found)
    pictures = sum(len(part.labels) for part in found)
    assert [done for _, done, _ in reported] == list(range(5, pictures + 1, 5))
    assert {count for _, _, count in reported} == {pictures} == {robustness.total(5, ["turn", "place"])}
    for part in found:
        assert len(part.isolated) == 5
        outcome = part.read(_Sevens())
        assert outcome.right.tolist() == [label == "7" for label in part.labels]
        assert part.draw(0).shape[2] == 3


def test_the_rest_of_the_grid_is_what_holds_nothing(mnist, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "cells", lambda: [grid.PLAIN])
    monkeypatch.setattr(composed, "grounds", list)
    *_, scribbles = found = list(robustness.parts(mnist, 4, jobs=0))
    assert [part.name for part in found[1:]] == [*non_digits.ALWAYS_NOTHING, *non_digits.NEVER_SURE]
    assert scribbles.labels == ["", ""]
    blank = next(part for part in found if part.name == "blank")
    outcome = blank.read(_Sevens())
    assert list(outcome.texts) == ["", ""]
    assert outcome.right.all()
    assert outcome.sure.all()


def test_the_ink_finder_is_used_for_each_picture(mnist, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[object] = []

    def isolate_and_note(*arguments, find=None):
        used.append(find)
        return isolate(*arguments)

    monkeypatch.setattr(robustness, "isolate", isolate_and_note)
    monkeypatch.setattr(grid, "cells", lambda: [grid.PLAIN])
    monkeypatch.setattr(composed, "grounds", lambda: [composed.Ground("plain", "digit")])
    found = list(robustness.parts(mnist, 4, jobs=0, find=_find_nothing))
    assert used == [_find_nothing] * sum(len(part.labels) for part in found)


def _find_nothing(picture: np.ndarray, /) -> np.ndarray:
    return np.zeros((*picture.shape[:2], 2), np.float32)


def test_processes_isolate_what_this_one_would(mnist) -> None:
    here = next(iter(robustness.parts(mnist, 3, factors=["turn"], jobs=0)))
    there = next(iter(robustness.parts(mnist, 3, factors=["turn"], jobs=1)))
    assert [_glyphs(each) for each in here.isolated] == [_glyphs(each) for each in there.isolated]


def _glyphs(isolated: Isolated) -> list[bytes]:
    return [glyph.pixels.tobytes() for glyph in isolated.glyphs]
