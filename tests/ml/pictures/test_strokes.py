"""Rendering strokes, and fitting them to a canvas."""

import numpy as np
import pytest

from ml.pictures.strokes import fit_strokes, length, positions, render, render_sheet, resample


def stroke(points: list[list[float]], width: float = 10, colour: str = "#000000") -> dict[str, object]:
    return {"colour": colour, "width": width, "points": points}


def ink(picture: np.ndarray) -> float:
    """The amount of black, in pixels."""
    return float((255 - picture[..., 0].astype(int)).sum() / 255)


def test_a_line_has_its_width_and_round_ends() -> None:
    picture = render([stroke([[50, 100], [150, 100]])], width=200, height=200)
    assert ink(picture) == pytest.approx(100 * 10 + np.pi * 25, rel=0.03)


def test_a_point_is_a_dot_of_the_pens_width() -> None:
    picture = render([stroke([[100, 100]], width=20)], width=200, height=200)
    assert ink(picture) == pytest.approx(np.pi * 100, rel=0.04)


def test_edges_are_anti_aliased() -> None:
    picture = render([stroke([[20, 20], [180, 150]], width=3)], width=200, height=200)
    assert len(np.unique(picture)) > 8


def test_a_slanted_line_is_as_wide_as_a_straight_one() -> None:
    straight = render([stroke([[50, 50], [50, 150]], width=6)], width=200, height=200)
    slanted = render([stroke([[50, 50], [120.7, 120.7]], width=6)], width=200, height=200)
    assert ink(slanted) == pytest.approx(ink(straight), rel=0.05)


def test_strokes_have_their_colours_and_later_ones_lie_on_top() -> None:
    strokes = [stroke([[0, 50], [100, 50]], colour="#ff0000"), stroke([[50, 0], [50, 100]], colour="#0000ff")]
    picture = render(strokes, width=100, height=100, background="#00ff00")
    assert picture[50, 50].tolist() == [0, 0, 255]
    assert picture[50, 5].tolist() == [255, 0, 0]
    assert picture[5, 5].tolist() == [0, 255, 0]


def test_time_and_pressure_are_ignored() -> None:
    with_them = render([stroke([[10, 10, 0, 0.5], [90, 80, 16, 0.9]])], width=100, height=100)
    without = render([stroke([[10, 10], [90, 80]])], width=100, height=100)
    assert np.array_equal(with_them, without)


def test_strokes_outside_the_canvas_are_clipped() -> None:
    picture = render([stroke([[-1e9, 50], [1e9, 50]]), stroke([[500, 500]]), stroke([])], width=100, height=100)
    assert 500 < ink(picture) < 1100


def test_a_bad_colour_is_refused() -> None:
    with pytest.raises(ValueError, match=r"colou?r"):
        render([stroke([[1, 1]], colour="nonsense")], width=10, height=10)


def test_fitted_strokes_keep_their_aspect_and_margin() -> None:
    fitted = fit_strokes([[[0, 0], [10, 40]]], width=300, height=300, pen=10, margin=0.1)
    points = positions(fitted[0]["points"])
    assert points.min(axis=0)[1] == pytest.approx(35)
    assert points.max(axis=0)[1] == pytest.approx(265)
    assert np.ptp(points[:, 0]) == pytest.approx(np.ptp(points[:, 1]) / 4)
    assert points.mean(axis=0) == pytest.approx([150, 150])


def test_fitting_keeps_time_and_pressure() -> None:
    fitted = fit_strokes([[[0, 0, 5, 0.5], [1, 1, 9, 0.7]]], width=100, height=100, pen=2)
    assert [point[2:] for point in fitted[0]["points"]] == [[5, 0.5], [9, 0.7]]


def test_a_lone_dot_can_be_fitted() -> None:
    fitted = fit_strokes([[[7, 7]]], width=100, height=100, pen=10)
    assert fitted[0]["points"] == [[50, 50]]


def test_resampling_keeps_the_ends_and_the_length() -> None:
    points = np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 10.0]])
    fine = resample(points, 0.1)
    assert np.array_equal(fine[[0, -1]], points[[0, -1]])
    assert length(fine) == pytest.approx(11, abs=0.05)


def sheet(side: float, *lines: list[list[float]], width: float) -> dict[str, object]:
    strokes = [stroke([[side * x, side * y] for x, y in line], side * width) for line in lines]
    return {"width": side, "height": side, "background": "#ffffff", "strokes": strokes}


@pytest.mark.parametrize(("side", "pixels"), [(1, 100), (300, 300), (50_000, 640)])
def test_a_sheet_is_rendered_in_a_sensible_size_whatever_its_unit(side: float, pixels: int) -> None:
    picture = render_sheet(sheet(side, [[0.25, 0.5], [0.75, 0.5]], width=0.1))
    assert picture.shape == (pixels, pixels, 3)
    assert ink(picture) / pixels**2 == pytest.approx(0.5 * 0.1 + np.pi * 0.05**2, rel=0.05)


def test_a_sheet_of_the_pads_size_looks_as_its_strokes_do() -> None:
    drawn = sheet(300, [[0.2, 0.2], [0.8, 0.25], [0.4, 0.9]], width=0.05)
    plain = render(drawn["strokes"], width=300, height=300).astype(int)  # type: ignore[arg-type]
    assert np.abs(render_sheet(drawn).astype(int) - plain).mean() < 0.03 * (255 - plain).mean()


@pytest.mark.parametrize("line", [[[0.5, 0.5]] * 100_000, [[-1e6, 0.5], [1e6, 0.5]], [[0, 0], [1, 1]] * 20])
def test_what_nobody_writes_is_drawn_in_bounded_size(line: list[list[float]]) -> None:
    assert render_sheet(sheet(300, line, width=1e6)).shape == (300, 300, 3)


def test_more_line_than_writing_has_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        render_sheet(sheet(300, [[0, 0], [1, 1]] * 50, width=0.05))
