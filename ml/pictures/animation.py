"""Animations."""

from collections.abc import Callable

from PIL import Image

FORMATS = {"GIF", "WEBP", "PNG", "AVIF"}
"""Formats whose frames follow each other in time. A TIFF's are pages, a JPEG's are other views."""

LEAST_PIXELS = 2**16
"""A frame counts as at least so many pixels, because seeking takes time, too."""


def last_drawn(image: Image.Image, pixels_limit: int, flat: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """The last frame that isn't of one colour only, or the first if all are, made RGB by `flat`.

    Frames beyond `pixels_limit` pixels in all are not looked at, nor any after a damaged one.
    """
    best: Image.Image | None = None
    for number in range(max(1, pixels_limit // max(LEAST_PIXELS, image.width * image.height))):
        try:
            image.seek(number)
            image.load()
        except (EOFError, OSError):
            if best is None:
                raise
            break
        frame = flat(image)
        if best is None or frame.getcolors(1) is None:
            # The next frame may be painted over this one.
            best = frame.copy()
    assert best is not None
    return best
