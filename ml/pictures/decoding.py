"""Decodes uploaded bytes to an upright RGB picture, and re-encodes a picture for storing.

The number of bytes and pixels is checked before decoding, and only the formats in `FORMATS` are opened.
"""

import base64
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from ml.pictures.picture import Picture

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
BYTES_LIMIT = 15 * 2**20
PIXELS_LIMIT = 40_000_000
DRAWING_SIDE = 640
"""Pixels: a picture with no side longer than this is stored losslessly; a larger one is treated as a photo."""
PHOTO_SIDE = 1280
"""Pixels: a photo with a longer side than this is downscaled to it."""
KEPT_BYTES_LIMIT = 256 * 1024


class PictureError(Exception):
    """The bytes can't be read as a picture; the message says what to send instead."""


class UnknownFormat(PictureError):
    """The format is none of `FORMATS`."""


class DamagedPicture(PictureError):
    """The format is one of `FORMATS`, but the data is truncated or corrupt."""


class PictureTooLarge(PictureError):
    """The picture has more bytes or pixels than allowed."""


@dataclass(frozen=True)
class KeptPicture:
    """A picture encoded for storing. `width` and `height`: the original picture's size."""

    data: bytes
    content_type: str
    width: int
    height: int


def decode(data: bytes) -> Picture:
    """The picture in `data`, turned upright by its EXIF orientation. Of an animation, only the first frame.

    Raises UnknownFormat, DamagedPicture or PictureTooLarge.
    """
    if len(data) > BYTES_LIMIT:
        megabytes = len(data) / 2**20
        raise PictureTooLarge(f"The picture has {megabytes:.0f} MB; at most {BYTES_LIMIT // 2**20} MB are read.")
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        _check_size(image)
        ImageOps.exif_transpose(image, in_place=True)
        return np.asarray(_flatten(image))
    except UnidentifiedImageError:
        raise UnknownFormat("This is not a picture we read: send PNG, JPEG, WebP, GIF, BMP or TIFF.") from None
    except Image.DecompressionBombError:
        raise PictureTooLarge(f"The picture has too many pixels; {_AT_MOST}") from None
    except PictureTooLarge:
        raise
    except Exception as error:  # Pillow's decoders raise all kinds of errors on corrupt bytes
        raise DamagedPicture("The picture is damaged or cut short. Save it again, and send that.") from error


def keep(picture: Picture) -> KeptPicture:
    """Re-encodes a picture for storing: a drawing as a lossless PNG, a photo as a downscaled JPEG."""
    height, width = picture.shape[:2]
    image = Image.fromarray(picture)
    if max(width, height) <= DRAWING_SIDE:
        data = _png(_grey_if_possible(picture))
        if len(data) <= KEPT_BYTES_LIMIT:
            return KeptPicture(data, "image/png", width, height)
    side = PHOTO_SIDE
    while True:
        shrunk = min(1.0, side / max(width, height))
        # A picture one pixel high stays one pixel high.
        size = max(1, round(width * shrunk)), max(1, round(height * shrunk))
        scaled = image.resize(size, Image.Resampling.BOX) if shrunk < 1 else image
        out = io.BytesIO()
        scaled.save(out, "JPEG", quality=88, subsampling=0)
        if out.tell() <= KEPT_BYTES_LIMIT:
            return KeptPicture(out.getvalue(), "image/jpeg", width, height)
        side = side * 3 // 4


def png_data_url(pixels: NDArray[np.uint8]) -> str:
    """A glyph as the data URL of a PNG, dark ink on white."""
    return "data:image/png;base64," + base64.b64encode(_png(Image.fromarray(255 - pixels))).decode()


def pixels_of_data_url(url: str) -> NDArray[np.uint8]:
    """The inverse of `png_data_url`: uint8 [28, 28], 0 is paper, 255 is ink."""
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])), formats=["PNG"])
    return 255 - np.asarray(image.convert("L"))


_AT_MOST = f"at most {PIXELS_LIMIT // 10**6} million are read. Send a smaller one."


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > PIXELS_LIMIT:
        raise PictureTooLarge(f"The picture is {image.width}×{image.height} pixels; {_AT_MOST}")


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=2)
    return out.getvalue()


def _grey_if_possible(picture: Picture) -> Image.Image:
    red, green, blue = (picture[..., channel] for channel in range(3))
    grey = np.array_equal(red, green) and np.array_equal(green, blue)
    return Image.fromarray(red if grey else picture)


def _flatten(image: Image.Image) -> Image.Image:
    """RGB without transparency: on a white background, or on black if the visible part is light."""
    if image.mode.startswith("I;16") or image.mode in {"I", "F"}:
        return _eight_bits(image).convert("RGB")
    if "transparency" not in image.info and "A" not in image.getbands():
        return image if image.mode == "RGB" else image.convert("RGB")
    rgba = image.convert("RGBA")
    values = np.asarray(rgba, np.float32)
    alpha = values[..., 3]
    luminance = values[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32)
    visible = float(alpha.sum())
    is_light = visible > 0 and float(alpha.min()) < 128 and float((luminance * alpha).sum()) / visible > 170
    background = Image.new("RGBA", rgba.size, (0, 0, 0, 255) if is_light else (255, 255, 255, 255))
    return Image.alpha_composite(background, rgba).convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """A picture with more than 8 bits per channel, scaled to 8 bits, because Pillow's own conversion clips at 255."""
    values = np.nan_to_num(np.asarray(image, np.float32))
    top = 1.0 if image.mode == "F" and values.max() <= 1.0 else 255.0 if values.max() <= 255 else 65535.0
    return Image.fromarray(np.clip(values / top * 255.0, 0, 255).astype(np.uint8))
