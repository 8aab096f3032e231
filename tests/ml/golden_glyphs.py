"""The golden glyphs, and how to regenerate them.

    python -m tests.ml.golden_glyphs

writes golden/glyphs.npz. Do so only together with a new `ml.glyphs.VERSION`, because
networks are trained on such glyphs.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.isolation import isolate
from ml.pictures.picture import Picture
from tests.ml.drawing import draw, place, plain_strokes

FILE = Path(__file__).parent / "golden" / "glyphs.npz"


def pictures() -> dict[str, Picture]:
    """Each digit, then variations of pen, colours, size and light."""
    found = {f"digit-{digit}": draw(plain_strokes(digit)) for digit in range(10)}
    found["thin"] = draw(plain_strokes(7, "barred"), pen=1)
    found["thick"] = draw(plain_strokes(1, "footed"), pen=40)
    found["dark"] = draw(plain_strokes(5), paper="#101020", ink="#f0d000")
    found["faint"] = draw(plain_strokes(9, "square"), paper="#1e1e1e", ink="#5a5a5a")
    found["small"] = place(draw(plain_strokes(4), side=40, pen=3), 200, 30, width=300, height=500)
    found["large"] = draw(plain_strokes(3), side=1500, pen=20)
    found["shaded"] = shaded(draw(plain_strokes(2)))
    return found


def shaded(picture: Picture) -> Picture:
    """The picture in light that fades from left to right."""
    light = np.linspace(1.0, 0.5, picture.shape[1])[None, :, None]
    return (picture * light).astype(np.uint8)


def glyphs() -> dict[str, NDArray[np.uint8]]:
    return {name: isolate(picture, "digit").glyphs[0].pixels for name, picture in pictures().items()}


if __name__ == "__main__":
    np.savez_compressed(FILE, allow_pickle=False, **glyphs())
