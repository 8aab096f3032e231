"""From the bytes someone sent to an upright RGB picture, and to the bytes that are kept.

Bytes and pixels are capped before anything is decoded, and only the formats named here are opened.
"""

import base64
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
BYTES_LIMIT = 15 * 2**20
PIXELS_LIMIT = 40_000_000
DRAWING_SIDE = 640
"""Pixels: a picture whose sides are no longer is kept as it is, without loss; a larger one is a photo."""
PHOTO_SIDE = 1280
KEPT_BYTES_LIMIT = 256 * 1024

Picture = NDArray[np.uint8]
"""Upright RGB, [height, width, 3]."""


class PictureError(Exception):
    """The bytes are not a picture we read; the message says what to send instead."""


class NotAPicture(PictureError):
    """Not in one of our formats."""


class DamagedPicture(PictureError):
    """In one of our formats, but cut short or broken."""


class TooLarge(PictureError):
    """More bytes or pixels than are read."""


@dataclass(frozen=True)
class KeptPicture:
    """A picture as it is stored, and the size it was sent in."""

    data: bytes
    content_type: str
    width: int
    height: int


def decode(data: bytes) -> Picture:
    """The upright picture in `data`; the first frame of an animation.

    Raises NotAPicture, DamagedPicture or TooLarge.
    """
    if len(data) > BYTES_LIMIT:
        raise TooLarge(f"The picture has {len(data) / 2**20:.0f} MB; at most {BYTES_LIMIT // 2**20} MB are read.")
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        _check_size(image)
        ImageOps.exif_transpose(image, in_place=True)
        return np.asarray(_flatten(image))
    except UnidentifiedImageError:
        raise NotAPicture("This is not a picture we read: send PNG, JPEG, WebP, GIF, BMP or TIFF.") from None
    except Image.DecompressionBombError:
        raise TooLarge(f"The picture has too many pixels; {_AT_MOST}") from None
    except TooLarge:
        raise
    except Exception as error:  # Pillow's decoders raise whatever broken bytes lead them to
        raise DamagedPicture("The picture is damaged or cut short. Save it again, and send that.") from error


def keep(picture: Picture) -> KeptPicture:
    """Re-encodes a picture for storing: lossless for a drawing, a scaled JPEG for a photo."""
    height, width = picture.shape[:2]
    image = Image.fromarray(picture)
    if max(width, height) <= DRAWING_SIDE:
        data = _png(_without_needless_colour(picture))
        if len(data) <= KEPT_BYTES_LIMIT:
            return KeptPicture(data, "image/png", width, height)
    side = PHOTO_SIDE
    while True:
        shrunk = min(1.0, side / max(width, height))
        # A line one pixel high stays one.
        size = max(1, round(width * shrunk)), max(1, round(height * shrunk))
        scaled = image.resize(size, Image.Resampling.BOX) if shrunk < 1 else image
        out = io.BytesIO()
        scaled.save(out, "JPEG", quality=88, subsampling=0)
        if out.tell() <= KEPT_BYTES_LIMIT:
            return KeptPicture(out.getvalue(), "image/jpeg", width, height)
        side = side * 3 // 4


def png_data_url(pixels: NDArray[np.uint8]) -> str:
    """A glyph as a picture that a page can show: dark ink on white."""
    return "data:image/png;base64," + base64.b64encode(_png(Image.fromarray(255 - pixels))).decode()


def pixels_of_data_url(url: str) -> NDArray[np.uint8]:
    """The uint8 [28, 28] pixels (0 paper, 255 ink) of a glyph that `png_data_url` wrote."""
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])), formats=["PNG"])
    return 255 - np.asarray(image.convert("L"))


_AT_MOST = f"at most {PIXELS_LIMIT // 10**6} million are read. Send a smaller one."


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > PIXELS_LIMIT:
        raise TooLarge(f"The picture is {image.width}×{image.height} pixels; {_AT_MOST}")


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=2)
    return out.getvalue()


def _without_needless_colour(picture: Picture) -> Image.Image:
    red, green, blue = (picture[..., channel] for channel in range(3))
    grey = np.array_equal(red, green) and np.array_equal(green, blue)
    return Image.fromarray(red if grey else picture)


def _flatten(image: Image.Image) -> Image.Image:
    """RGB, without transparency: on white, or on black where what is visible is light."""
    if image.mode.startswith("I;16") or image.mode in {"I", "F"}:
        return _eight_bits(image).convert("RGB")
    if "transparency" not in image.info and "A" not in image.getbands():
        return image if image.mode == "RGB" else image.convert("RGB")
    rgba = image.convert("RGBA")
    values = np.asarray(rgba, np.float32)
    alpha = values[..., 3]
    luminance = values[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32)
    seen = float(alpha.sum())
    light = seen > 0 and float(alpha.min()) < 128 and float((luminance * alpha).sum()) / seen > 170
    ground = Image.new("RGBA", rgba.size, (0, 0, 0, 255) if light else (255, 255, 255, 255))
    return Image.alpha_composite(ground, rgba).convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """A picture of more than 8 bits a value; Pillow's own conversion clips at 255."""
    values = np.nan_to_num(np.asarray(image, np.float32))
    top = 1.0 if image.mode == "F" and values.max() <= 1.0 else 255.0 if values.max() <= 255 else 65535.0
    return Image.fromarray(np.clip(values / top * 255.0, 0, 255).astype(np.uint8))
