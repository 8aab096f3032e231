"""Arrays as files to send."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def png(picture: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG")
    return out.getvalue()
