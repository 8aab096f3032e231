"""MNIST's pictures as served: enlarged to a photo's size, then isolated as the site isolates pictures."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.isolation import isolate
from ml.pictures.picture import Picture


def enlarge(image: NDArray[np.uint8], size: int = 280) -> Picture:
    """A uint8 [28, 28] glyph, 255 ink, as a black-on-white RGB picture of `size` pixels a side."""
    big = Image.fromarray(255 - image).resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(big.convert("RGB"))


def as_served(images: NDArray[np.uint8], size: int = 280) -> NDArray[np.uint8]:
    """uint8 [N, 28, 28] glyphs enlarged to pictures and isolated again; blank where nothing is found."""
    glyphs = np.zeros((len(images), 28, 28), dtype=np.uint8)
    for index, image in enumerate(images):
        for glyph in isolate(enlarge(image, size), "digit").glyphs:
            glyphs[index] = glyph.pixels
    return glyphs
