"""Digits and letters of handwriting fonts, deformed as handwriting varies: forms that MNIST lacks.

fonts.json pins the npm packages @fontsource/… by version and integrity. Each holds its family as WOFF, under the SIL
Open Font License 1.1 or the Apache License 2.0. The families were chosen by eye: none is outlined, decorated or
typographic. `without` names a family's ambiguous digits, which are not used. Networks are trained on glyphs rendered
from the fonts; no font is shipped.
"""

import json
import subprocess
import tarfile
import tempfile
import threading
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from ml.atomic_files import made_once
from ml.progress import ReportProgress
from ml.sources import npm

VERSION = 3
"""Part of the names of cached files. Increase it when the same seed gives different pictures than before."""

PINS = Path(__file__).with_name("fonts.json")
SIZE = 160
"""Font size in pixels at which characters are drawn before they are deformed."""
SIDE = 120
"""Pixels a side of the deformed character's picture."""

PRINTED_LETTERS = "AEFHKMNPRVWXefkmnpwx"
JOINED_LETTERS = "HKMNWXkmnw"
"""Letters that no one reads as a digit. O, l, S, Z and the like are left out, and so are letters that may slant, open
or curl into a 2, 4, 6, 7 or 9.
"""

BREADTHS = {"1": (0.75, 1.1), "7": (0.92, 1.4), "4": (0.85, 1.4), "9": (0.85, 1.4)}
"""Ranges of horizontal stretching. A squeezed seven would look like a one, and a stretched flagged one like a seven."""

SIGNS = "#%@=?"
WORDS = ("the", "and", "hand", "name", "make", "when", "we", "am", "hey", "max", "fax", "menu", "then", "mehr", "kann")
_FINEST = 4.0
"""Field units per pixel."""

Field = NDArray[np.int8]
"""int8 [h, w]: distance to the stroke's edge in quarters of a pixel, positive inside."""

Plane = NDArray[np.uint8]


class FontsUnavailable(Exception):
    """The handwriting fonts can't be downloaded; the message says why, and what to do."""


@dataclass(frozen=True)
class Family:
    """A pinned package, and the characters drawn from it."""

    name: str
    version: str
    integrity: str
    digits: str
    letters: str

    @property
    def package(self) -> str:
        """The package as npm names it."""
        return f"@fontsource/{self.name}@{self.version}"

    @property
    def member(self) -> str:
        """The package's one file that is used."""
        return f"files/{self.name}-latin-400-normal.woff"


@dataclass(frozen=True)
class Master:
    """A character as in its font. `thinnest` and `usual`: half stroke widths in pixels, 0 for a blank character."""

    field: Field
    thinnest: float
    usual: float


class Fonts:
    """Handwriting fonts ready to draw. Thread-safe."""

    def __init__(self, folder: Path, families: list[Family]) -> None:
        """`folder` must hold the families' WOFF files, as `load` writes them."""
        self.families = families
        self._folder = folder
        self._by_digit = {digit: [family for family in families if digit in family.digits] for digit in "0123456789"}
        self._lock = threading.Lock()
        self._font = lru_cache(maxsize=None)(self._open)
        self._master = lru_cache(maxsize=4096)(self._draw_master)

    def digit(self, digit: int, rng: np.random.Generator) -> Plane:
        """A digit in a random family that has it: uint8 [SIDE, SIDE] coverage."""
        families = self._by_digit[str(digit)]
        return self.draw(families[int(rng.integers(len(families)))], str(digit), rng)

    def other(self, rng: np.random.Generator) -> Plane:
        """A letter, sometimes a sign or a short word: uint8 [SIDE, SIDE] coverage."""
        while True:
            family = self.families[int(rng.integers(len(self.families)))]
            kind = rng.random()
            texts = family.letters if kind < 0.85 else WORDS if kind < 0.95 else SIGNS
            text = texts[int(rng.integers(len(texts)))]
            # Some families have blank signs.
            if self._master(family, text).usual > 0:
                return self.draw(family, text, rng)

    def draw(self, family: Family, text: str, rng: np.random.Generator) -> Plane:
        """The text, deformed at random: uint8 [SIDE, SIDE] coverage."""
        return deform(self._master(family, text), rng, BREADTHS.get(text, (0.75, 1.4)))

    def _open(self, family: Family) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(_file(self._folder, family), SIZE)

    def _draw_master(self, family: Family, text: str) -> Master:
        with self._lock:
            # A FreeType face must not be used by two threads at once.
            font = self._font(family)
            left, top, right, bottom = (round(edge) for edge in font.getbbox(text))
            picture = Image.new("L", (max(right - left, 1) + 4, max(bottom - top, 1) + 4))
            ImageDraw.Draw(picture).text((2 - left, 2 - top), text, font=font, fill=255)
        return master(np.asarray(picture))


def families() -> list[Family]:
    """The pinned families."""
    return [
        Family(
            name,
            pin["version"],
            pin["integrity"],
            "".join(digit for digit in "0123456789" if digit not in pin.get("without", "")),
            JOINED_LETTERS if pin.get("script") else PRINTED_LETTERS,
        )
        for name, pin in json.loads(PINS.read_text(encoding="utf-8")).items()
    ]


def load(folder: Path, wanted: list[Family] | None = None, report: ReportProgress | None = None) -> Fonts:
    """The fonts in `folder`; downloads missing ones from the npm registry. Raises FontsUnavailable."""
    wanted = families() if wanted is None else wanted
    lacking = [family for family in wanted if not _file(folder, family).is_file()]
    if lacking:
        if report:
            report("fetching handwriting fonts", 0, len(lacking))
        try:
            _fetch(folder, lacking)
        except (OSError, ValueError, KeyError, subprocess.SubprocessError, tarfile.TarError) as error:
            raise FontsUnavailable(_advice(folder, lacking, error)) from error
    return Fonts(folder, wanted)


def master(coverage: Plane) -> Master:
    """The distance field of a drawn character, with its stroke widths."""
    inked = np.pad(coverage, 2) > 127
    inside = np.asarray(ndimage.distance_transform_edt(inked), dtype=np.float32)
    outside = np.asarray(ndimage.distance_transform_edt(~inked), dtype=np.float32)
    radii = np.sort(inside[(inside > 0) & (inside >= ndimage.maximum_filter(inside, 3))])
    field = np.clip(np.rint(_FINEST * (inside - outside)), -127, 127).astype(np.int8)
    if len(radii) == 0:
        return Master(field, 0.0, 0.0)
    return Master(field, float(radii[len(radii) // 10]), float(radii[len(radii) // 2]))


def deform(character: Master, rng: np.random.Generator, breadths: tuple[float, float]) -> Plane:
    """The character bent, slanted, stretched, turned and drawn with another pen: uint8 [SIDE, SIDE] coverage."""
    height, width = character.field.shape
    half = max(height, width) / 2
    breadth = float(np.clip(np.exp(rng.normal(0, 0.15)), *breadths))
    slant, turn = float(rng.normal(0, 0.15)), float(np.deg2rad(rng.normal(0, 6)))
    cos, sin = np.cos(turn), np.sin(turn)
    forward = np.array([[cos, -sin], [sin, cos]]) @ np.array([[breadth, -slant], [0, 1]])
    reach = np.abs(forward) @ (width / 2 / half, height / 2 / half)
    scale = 0.8 / float(reach.max())
    back = np.linalg.inv(forward) / scale
    across, down = _grid()
    # Python floats, because NumPy's would turn the float32 arrays into float64, which takes twice as long.
    (a, b), (c, d) = back.tolist()
    x, y = a * across + b * down, c * across + d * down
    x, y = _bend(x, y, rng)
    rows, columns = y * half + (height - 1) / 2, x * half + (width - 1) / 2
    distance = ndimage.map_coordinates(
        character.field, (rows, columns), output=np.float32, order=1, mode="constant", cval=-127
    )
    pixels = scale * SIDE / 2 / half
    inner = np.clip(0.5 + (distance / _FINEST + _pen(character, rng)) * pixels, 0, 1)
    return np.asarray(np.rint(inner * 255), dtype=np.uint8)


def _pen(character: Master, rng: np.random.Generator) -> float:
    """Pixels by which the strokes' edges move outward. Most pens stay near the font's stroke width."""
    if rng.random() < 0.5:
        return 0.0
    return float(rng.uniform(-0.7 * character.thinnest, 0.8 * character.usual))


def _bend(x: NDArray[Any], y: NDArray[Any], rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
    """Coordinates in [-1, 1] moved by slow waves, a taper, and a difference between upper and lower half."""
    phase = rng.uniform(0, 2 * np.pi, 4).tolist()
    size = rng.normal(0, 0.052, 4).tolist()
    taper, bow, uneven, lean = rng.normal(0, (0.1, 0.05, 0.09, 0.05)).tolist()
    moved_x = x * (1 + taper * y) + bow * (y * y - 0.5)
    moved_x += size[0] * np.sin(2 * y + phase[0]) + size[1] * np.sin(3.5 * y + 1.5 * x + phase[1])
    moved_y = y + uneven * (y * y - 0.5) + lean * (x * x - 0.5)
    moved_y += size[2] * np.sin(2 * x + phase[2]) + size[3] * np.sin(3.5 * x + 1.5 * y + phase[3])
    return np.asarray(moved_x, dtype=np.float32), np.asarray(moved_y, dtype=np.float32)


@cache
def _grid() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    steps = (np.arange(SIDE, dtype=np.float32) + 0.5) * 2 / SIDE - 1
    return np.broadcast_to(steps, (SIDE, SIDE)), np.broadcast_to(steps[:, None], (SIDE, SIDE))


def _file(folder: Path, family: Family) -> Path:
    return folder / f"{family.name}-{family.version}.woff"


def _fetch(folder: Path, wanted: list[Family]) -> None:
    with tempfile.TemporaryDirectory() as place:
        tarballs = npm.pack([family.package for family in wanted], Path(place))
        for family in wanted:
            tarball = tarballs[family.package]
            npm.check(tarball, family.integrity)
            with made_once(_file(folder, family)) as part:
                if part:
                    part.write_bytes(npm.member(tarball, family.member))


def _advice(folder: Path, lacking: list[Family], error: Exception) -> str:
    example = lacking[0]
    return (
        f"{len(lacking)} handwriting fonts could not be fetched from npm ({error or type(error).__name__}). "
        "What to do: give this machine npm and access to a registry (npm config get registry), or put the files into "
        f"{folder}: each package's {example.member} as {_file(folder, example).name}, and so on for all of fonts.json."
    )
