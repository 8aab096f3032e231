"""Statistics against known values."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from ml.evaluation.intervals import wilson
from ml.evaluation.metrics import accuracy, calibration_error, calibration_error_by_chance
from ml.evaluation.paired import mcnemar, negative_flips
from ml.network.calibration import choose_threshold, fit_temperature
from ml.sources.mnist_as_served import as_served, enlarge


def test_wilsons_interval_is_the_published_one() -> None:
    # Newcombe (1998), Statistics in Medicine 17:857, table I, method 3.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(29, 29) == pytest.approx((0.8830, 1.0), abs=5e-5)


def test_accuracy_counts() -> None:
    found = accuracy(np.array([True] * 95 + [False] * 5))
    assert (found.right, found.count, found.share) == (95, 100, 0.95)
    assert found.low < 0.95 < found.high


def test_the_interval_is_the_one_that_scipy_gives() -> None:
    for level in (0.8, 0.95, 0.99):
        known = stats.binomtest(81, 263).proportion_ci(level, method="wilson")
        assert wilson(81, 263, level) == pytest.approx((known.low, known.high), abs=1e-12)


def test_the_interval_loads_no_scipy() -> None:
    """Pages of the web process show it."""
    shown = "import sys; from ml.evaluation.intervals import wilson; wilson(9, 10); print('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True).stdout == "False\n"


def test_accuracy_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no glyphs"):
        accuracy(np.zeros(0, bool))


def test_the_calibration_error_is_the_gap_weighted_by_bin() -> None:
    confidence = np.array([0.9] * 10 + [0.6] * 10)
    right = np.array([True] * 9 + [False] + [True] * 3 + [False] * 7)
    assert calibration_error(confidence, right) == pytest.approx(0.15)
    assert calibration_error(np.ones(4), np.ones(4, bool)) == 0


def test_with_few_pictures_chance_alone_makes_a_calibration_error() -> None:
    few, many = (calibration_error_by_chance(np.linspace(0.6, 1, count)) for count in (40, 40_000))
    assert few == calibration_error_by_chance(np.linspace(0.6, 1, 40)) > 0.05
    assert many < 0.005
    assert calibration_error_by_chance(np.ones(10)) == 0


def test_mcnemars_test_is_a_sign_test_on_the_discordant_pairs() -> None:
    champion = np.array([True] * 90 + [False] * 8 + [True] * 2)
    candidate = np.array([True] * 90 + [True] * 8 + [False] * 2)
    found = mcnemar(champion, candidate)
    assert (found.gained, found.lost) == (8, 2)
    assert found.p_two_sided == pytest.approx(stats.binomtest(2, 10).pvalue)
    assert found.p_better == pytest.approx(stats.binomtest(8, 10, alternative="greater").pvalue)
    assert found.p_worse == pytest.approx(stats.binomtest(2, 10, alternative="greater").pvalue)


def test_readers_that_agree_are_not_told_apart() -> None:
    same = np.array([True, False, True])
    found = mcnemar(same, same)
    assert (found.p_worse, found.p_better, found.p_two_sided) == (1, 1, 1)


def test_negative_flips_are_what_no_longer_works() -> None:
    flips = negative_flips(np.array([True, True, False]), np.array([False, True, True]))
    assert flips.tolist() == [0]


def test_an_enlarged_glyph_is_black_on_white() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[10:18, 12:16] = 255
    picture = enlarge(image)
    assert picture.shape == (280, 280, 3)
    assert picture[0, 0].tolist() == [255, 255, 255]
    assert picture[140, 140].tolist() == [0, 0, 0]


def test_served_glyphs_are_glyphs_and_paper_stays_paper() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 12:16] = 255
    served = as_served(np.stack((image, np.zeros_like(image))))
    assert served[0].max() > 200
    assert served[1].max() == 0


def test_the_temperature_undoes_overconfidence() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(0, 2, (20_000, 10))
    shares = np.exp(true) / np.exp(true).sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(10, p=row) for row in shares])
    assert fit_temperature((3 * true).astype(np.float32), labels) == pytest.approx(3, rel=0.05)


def test_the_threshold_is_the_lowest_that_is_precise_enough() -> None:
    confidence = np.array([0.99, 0.95, 0.9, 0.8, 0.7])
    right = np.array([True, True, True, False, True])
    assert choose_threshold(confidence, right, 1.0) == pytest.approx(0.9)
    assert choose_threshold(confidence, right, 0.8) == pytest.approx(0.7)
