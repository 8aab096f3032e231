"""The generator: seeded, in the forms of the world, as real pens move."""

import numpy as np
import pytest

from ml.isolation import isolate
from ml.network.reader import Reader
from ml.sources import generator
from ml.sources.generator import FORMS, digit_strokes, non_digit_strokes, spline
from ml.sources.skeletons import COMMON, RARE, Skeleton
from ml.training.data import draw_picture


def test_the_same_seed_writes_the_same() -> None:
    for digit in range(10):
        one = digit_strokes(digit, np.random.default_rng(5))
        assert one == digit_strokes(digit, np.random.default_rng(5))
        assert one != digit_strokes(digit, np.random.default_rng(6))
    assert non_digit_strokes(np.random.default_rng(5)) == non_digit_strokes(np.random.default_rng(5))


@pytest.mark.parametrize(("digit", "form"), [(digit, form) for digit in FORMS for form in FORMS[digit]])
def test_every_form_is_written_within_the_unit_box(digit: int, form: str) -> None:
    for seed in range(5):
        strokes = digit_strokes(digit, np.random.default_rng(seed), form)
        points = np.array([point for stroke in strokes for point in stroke])
        assert points[:, :2].min() >= 0
        assert points[:, :2].max() == pytest.approx(1, abs=1e-3)
        assert np.all((points[:, 3] > 0) & (points[:, 3] <= 1))


def test_time_goes_on_and_takes_as_long_as_a_hand_does() -> None:
    for digit in range(10):
        strokes = digit_strokes(digit, np.random.default_rng(digit))
        times = [point[2] for stroke in strokes for point in stroke]
        assert times == sorted(times)
        assert 100 < times[-1] < 5_000


def test_the_habits_of_the_world_are_among_the_forms() -> None:
    assert {"flagged", "footed", "lambda"} <= set(FORMS[1])
    assert {"plain", "barred", "footed", "swung_barred"} <= set(FORMS[7])
    assert {"slashed", "dotted"} <= set(FORMS[0])
    assert {"open", "closed", "lightning", "looped"} <= set(FORMS[4])
    assert {"curled", "straight_leg", "square", "knotted"} <= set(FORMS[9])
    assert {"flat", "no_waist"} <= set(FORMS[3])
    assert {"two_circles", "straight_return", "slanted"} <= set(FORMS[8])
    assert {"straight_back", "curled", "narrow"} <= set(FORMS[6])
    assert {"lifted_bar", "apart"} <= set(FORMS[5])
    assert {"plain", "looped"} <= set(FORMS[2])


def test_the_reader_that_ships_names_every_form() -> None:
    forms = [(digit, form) for digit in FORMS for form in FORMS[digit]]
    read = []
    for digit, form in forms:
        pictures = (draw_picture(digit_strokes(digit, rng, form), rng) for rng in map(np.random.default_rng, range(4)))
        read.append([isolate(picture, "digit").glyphs[0].pixels for picture in pictures])
    digits = Reader.bundled().read(np.concatenate(read)).digits.reshape(len(forms), -1)
    right = (digits == [[digit] for digit, _ in forms]).mean(axis=1)
    assert right.mean() > 0.97
    assert right.min() >= 0.5, forms[int(right.argmin())]


def test_a_rare_form_is_drawn_half_as_often_as_a_common_one(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Skeleton] = []

    def note(skeleton: Skeleton, rng: np.random.Generator) -> list[np.ndarray]:
        drawn.append(skeleton)
        return [np.zeros((2, 2))]

    monkeypatch.setattr(generator, "_deformed", note)
    rng = np.random.default_rng(0)
    for _ in range(6_000):
        digit_strokes(3, rng)
    common, rare = ([drawn.count(form) for form in forms[3].values()] for forms in (COMMON, RARE))
    assert np.mean(rare) / np.mean(common) == pytest.approx(0.5, abs=0.1)
    assert min(rare) > 0


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(KeyError):
        digit_strokes(3, np.random.default_rng(0), "nonsense")


def test_non_digits_are_of_many_kinds() -> None:
    rng = np.random.default_rng(0)
    counts = {len(non_digit_strokes(rng)) for _ in range(100)}
    assert len(counts) >= 4


def test_a_curve_runs_through_its_points_and_keeps_its_corners() -> None:
    corner = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    curve = spline(corner)
    assert np.all(np.min(np.abs(curve - [1.0, 0.0]).sum(axis=1)) < 1e-9)
    assert curve[:, 0].max() <= 1 + 1e-9
    round_ = spline(np.array([[0.0, 0.0], [0.5, 0.4], [1.0, 0.0]]))
    assert np.abs(round_ - [0.5, 0.4]).sum(axis=1).min() < 1e-9
