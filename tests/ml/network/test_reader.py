"""The reader, and the bundled network."""

import subprocess
import sys
import threading

import numpy as np
import pytest

from ml.glyphs import VERSION
from ml.isolation import isolate
from ml.network.explanation import occlusion_sensitivity
from ml.network.manifest import BUNDLED, FORMAT_VERSION, MODEL_FILE, Manifest, verify
from ml.network.reader import Reader, classify
from ml.sources.generator import FORMS, digit_strokes
from ml.sources.mnist import Mnist
from ml.sources.mnist_as_served import as_served
from ml.training.data import draw_digits, draw_non_digits
from tests.ml.drawing import draw, plain_strokes

KERAS_FREE = (
    "pictures.decoding", "pictures.strokes", "glyphs.redrawing", "glyphs.perceptual_hash", "numbers.beam_search",
    "isolation", "reading", "finder.finder", "network.classes", "network.explanation", "network.manifest",
    "network.onnx_runtime", "network.reader", "sources.composition", "sources.fonts",
    "sources.generator", "sources.mnist", "sources.non_digits", "sources.paper", "sources.skeletons", "evaluation.grid",
    "evaluation.metrics",
)  # fmt: skip


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.bundled()


def read_one(reader: Reader, strokes: list[list[list[float]]], pen: float = 12) -> int:
    glyph = isolate(draw(strokes, pen=pen), "digit").glyphs[0]
    return int(reader.read(glyph.pixels[None]).digits[0])


def test_the_bundled_manifest_is_true() -> None:
    manifest = Manifest.read(BUNDLED)
    verify(BUNDLED / MODEL_FILE, manifest)
    assert manifest.format_version == FORMAT_VERSION
    assert manifest.preprocessing_version == VERSION
    assert sum(file.stat().st_size for file in BUNDLED.iterdir()) <= 13 * 2**20
    assert manifest.command.startswith("python -m ml.tools.train_base")
    assert manifest.metrics["mnist_test_served"]["count"] == 10_000
    assert manifest.metrics["mnist_test_served"]["accuracy"] >= 0.995


def test_the_manifests_figures_are_those_measured(reader: Reader, mnist: Mnist) -> None:
    raw = Manifest.read(BUNDLED).metrics["mnist_test_raw"]
    right = reader.read(mnist.test_images).digits == mnist.test_labels
    assert abs(int(right.sum()) - raw["right"]) <= 1


def test_mnist_is_read_after_isolation(reader: Reader, mnist: Mnist) -> None:
    read = reader.read(as_served(mnist.test_images[:200]))
    assert (read.digits == mnist.test_labels[:200]).sum() >= 198


@pytest.mark.parametrize("digit", range(10))
def test_generated_digits_are_read(reader: Reader, digit: int) -> None:
    read = reader.read(draw_digits(np.full(40, digit), seed=77))
    assert (read.digits == digit).sum() >= 39


@pytest.mark.parametrize("pen", [1, 2, 6, 15, 40])
def test_thin_and_thick_pens_are_read(reader: Reader, pen: float) -> None:
    assert [read_one(reader, plain_strokes(digit), pen) for digit in range(10)] == list(range(10))


@pytest.mark.parametrize(
    ("digit", "form"),
    [(1, "flagged"), (1, "long_flag"), (1, "footed"), (7, "barred"), (7, "serifed"), (0, "slashed"), (0, "dotted"),
     (4, "open"), (4, "lightning"), (9, "straight_leg"), (9, "square"), (9, "curled"), (3, "flat"), (8, "two_circles"),
     (2, "looped"), (6, "square")],
)  # fmt: skip
def test_regional_forms_of_digits_are_read(reader: Reader, digit: int, form: str) -> None:
    assert form in FORMS[digit]
    assert read_one(reader, plain_strokes(digit, form)) == digit
    drawn = [read_one(reader, digit_strokes(digit, np.random.default_rng([9, seed]), form)) for seed in range(20)]
    assert drawn.count(digit) >= 18


def test_non_digits_are_mostly_not_sure(reader: Reader) -> None:
    assert reader.read(draw_non_digits(100, seed=78)).sure.mean() <= 0.1


def test_probabilities_sum_to_one_and_confidence_is_one(reader: Reader) -> None:
    read = reader.read(np.random.default_rng(0).integers(0, 256, (7, 28, 28)).astype(np.uint8))
    assert len(read) == 7
    assert read.probabilities.shape == (7, 10)
    np.testing.assert_allclose(read.probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(read.confidence, read.probabilities.max(axis=1) * read.digitness, atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, 3, 128, 130, 300])
def test_batches_of_any_size_give_the_same_confidence(reader: Reader, count: int) -> None:
    pixels = draw_digits(np.arange(4) % 10, seed=5)
    many = np.resize(pixels, (count, 28, 28))
    read = reader.read(many)
    assert len(read) == count
    if count:
        np.testing.assert_allclose(read.confidence[0], reader.read(pixels[:1]).confidence[0], atol=1e-4)


def test_wrong_shapes_are_refused(reader: Reader) -> None:
    with pytest.raises(ValueError, match=r"\[N, 28, 28\]"):
        reader.read(np.zeros((28, 28), np.uint8))


def test_threads_read_at_once(reader: Reader) -> None:
    pixels = draw_digits(np.arange(10), seed=6)
    wanted = reader.read(pixels).confidence
    wrong: list[int] = []

    def read_often() -> None:
        for count in (1, 3, 10) * 10:
            if not np.allclose(reader.read(pixels[:count]).confidence, wanted[:count], atol=1e-4):
                wrong.append(count)

    threads = [threading.Thread(target=read_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_with_ten_outputs_every_glyph_is_a_digit() -> None:
    read = classify(np.array([[0.0] * 9 + [5.0]], dtype=np.float32), 1.0, 0.9)
    assert read.digitness[0] == pytest.approx(1)
    assert read.digits[0] == 9
    assert read.sure[0]


def test_a_non_digit_still_has_ten_probabilities() -> None:
    read = classify(np.array([[0.0] * 10 + [900.0]], dtype=np.float32), 1.0, 0.9)
    assert read.probabilities[0].sum() == pytest.approx(1)
    assert read.digitness[0] == pytest.approx(0)
    assert not read.sure[0]


def test_an_explanation_shows_what_speaks_for_the_digit(reader: Reader) -> None:
    glyph = isolate(draw(plain_strokes(7)), "digit").glyphs[0].pixels
    shares = occlusion_sensitivity(reader, glyph, 7)
    assert shares.shape == (28, 28)
    assert np.abs(shares).max() == pytest.approx(1)
    assert shares[glyph > 128].mean() > shares[:3].mean()


def test_light_modules_import_neither_keras_nor_tensorflow() -> None:
    imports = "; ".join(f"import ml.{name}" for name in KERAS_FREE)
    check = "import sys; assert not {'keras', 'tensorflow', 'jax', 'django', 'celery'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", f"{imports}; {check}"], check=True)


def test_loading_the_reader_prints_nothing() -> None:
    code = "from ml.network.reader import Reader; Reader.bundled()"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout == ""
