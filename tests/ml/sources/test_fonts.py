"""Handwriting fonts: pinned, checked, seeded, legible."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from ml.isolation import isolate
from ml.network.reader import Reader
from ml.sources import fonts, npm
from ml.sources.fonts import Fonts, FontsUnavailable
from ml.training import data
from tests.conftest import missing


@pytest.fixture(scope="module")
def hands(cache: Path) -> Fonts:
    try:
        return fonts.load(cache / "fonts")
    except FontsUnavailable as error:
        missing("npm", f"npm, or a registry that it reaches ({error})")
        raise


def test_the_same_seed_draws_the_same(hands: Fonts) -> None:
    one = hands.digit(4, np.random.default_rng(5))
    assert np.array_equal(one, hands.digit(4, np.random.default_rng(5)))
    assert not np.array_equal(one, hands.digit(4, np.random.default_rng(6)))


def test_every_character_leaves_a_glyph_and_keeps_off_the_edge(hands: Fonts) -> None:
    rng = np.random.default_rng(1)
    for family in hands.families[::6]:
        for text in family.digits + family.letters:
            drawn = hands.draw(family, text, rng)
            assert np.concatenate((drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1])).max() == 0
            assert isolate(data.paint(drawn, rng), "digit").glyphs


def test_a_sign_that_a_family_leaves_blank_is_passed_over(cache: Path, hands: Fonts) -> None:
    without_percent = [family for family in hands.families if family.name == "covered-by-your-grace"]
    rng = np.random.default_rng(3)
    assert hands.draw(without_percent[0], "%", rng).max() == 0
    only = Fonts(cache / "fonts", without_percent)
    assert all(only.other(rng).max() > 0 for _ in range(500))


def test_the_digits_are_legible_to_the_reader_that_ships(hands: Fonts, tmp_path: Path, cache: Path) -> None:
    (tmp_path / "fonts").symlink_to(cache / "fonts")
    pixels, labels = data.font_digits(400, 3, tmp_path)
    read = Reader.bundled().read(pixels)
    assert (read.digits == labels).mean() > 0.96
    again, _ = data.font_digits(400, 3, tmp_path)
    assert np.array_equal(pixels, again)


def test_letters_leave_out_what_resembles_a_digit() -> None:
    for family in fonts.families():
        assert not set(family.letters) & set("OoDdQIilJjZzSsBbGghqyYTtUuCcar")


def test_a_family_goes_without_its_illegible_digits(hands: Fonts) -> None:
    kalam = next(family for family in hands.families if family.name == "kalam")
    assert "4" not in kalam.digits
    for digit in range(10):
        assert sum(str(digit) in family.digits for family in hands.families) > 50


def test_every_pin_is_a_version_with_its_checksum() -> None:
    for name, pin in json.loads(fonts.PINS.read_text(encoding="utf-8")).items():
        assert name == name.lower()
        assert len(pin["version"].split(".")) == 3
        assert pin["integrity"].startswith("sha512-")


def test_another_file_than_the_published_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pack(packages: list[str], folder: Path) -> dict[str, Path]:
        (folder / "x.tgz").write_bytes(b"not what was pinned")
        return dict.fromkeys(packages, folder / "x.tgz")

    monkeypatch.setattr(npm, "pack", pack)
    with pytest.raises(FontsUnavailable, match="SHA-512 differs"):
        fonts.load(tmp_path, fonts.families()[:2])
    assert not list(tmp_path.glob("*.woff"))


def test_an_unreachable_registry_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pack(packages: list[str], folder: Path) -> dict[str, Path]:
        raise subprocess.CalledProcessError(1, ["npm", "pack"])

    monkeypatch.setattr(npm, "pack", pack)
    with pytest.raises(FontsUnavailable, match=r"What to do: .*npm config get registry.*allison-.*\.woff"):
        data.font_letters(10, 0, tmp_path)
    with pytest.raises(FontsUnavailable):
        data.font_digits(10, 0, tmp_path)


def test_without_npm_the_reason_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FontsUnavailable, match="npm client isn't installed"):
        fonts.load(tmp_path / "fonts")
