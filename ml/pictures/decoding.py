"""Decodes uploaded bytes to an upright RGB picture, and re-encodes a picture for storing.

The number of bytes and pixels is checked before decoding, and only the formats in `FORMATS` and HEIC are opened.
"""

import base64
import io
import struct
import zlib
from contextlib import ExitStack
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from ml.pictures import animation, greys, repairs
from ml.pictures.picture import Picture
from ml.pictures.transparency import flattened

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
BYTES_LIMIT = 15 * 2**20
PIXELS_LIMIT = 65_000_000
"""Phones' photos have up to 64 million pixels. None takes more than 600 MB to decode."""
DRAWING_SIDE = 640
"""Pixels: a picture with no side longer than this is stored losslessly; a larger one is treated as a photo."""
PHOTO_SIDE = 1280
"""Pixels: a photo with a longer side than this is downscaled to it."""
LARGE = 2_000_000
"""Pixels: of pictures with more, a process decodes one at a time, because each takes up to 600 MB."""
DECODED_SIDE = 3 * PHOTO_SIDE // 2
"""Pixels: a picture with a side at least twice as long is scaled by an integer factor, a JPEG while it is decoded."""
KEPT_BYTES_LIMIT = 256 * 1024


_one_large = Lock()


class PictureError(Exception):
    """The bytes can't be read as a picture; the message says what to send instead."""


class UnknownFormat(PictureError):
    """The format is none that is read."""


class DamagedPicture(PictureError):
    """The format is known, but the data is truncated or corrupt."""


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
    """The picture in `data`, turned upright by its EXIF orientation. Of an animation, the last frame that isn't blank.

    Raises UnknownFormat, DamagedPicture or PictureTooLarge.
    """
    with ExitStack() as turn:
        return _decode(data, turn)[0]


def decode_and_keep(data: bytes) -> KeptPicture:
    """Re-encodes the picture in `data` for storing. Raises the errors of `decode`."""
    with ExitStack() as turn:
        picture, (width, height) = _decode(data, turn)
        return replace(keep(picture), width=width, height=height)


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
    """A glyph as the data URL of a PNG, dark ink on white. `pixels`: uint8 [H, W], 255 is ink."""
    return "data:image/png;base64," + base64.b64encode(_grey_png(255 - pixels)).decode()


def pixels_of_data_url(url: str) -> NDArray[np.uint8]:
    """The inverse of `png_data_url`: uint8 [28, 28], 0 is paper, 255 is ink."""
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])), formats=["PNG"])
    return 255 - np.asarray(image.convert("L"))


def _decode(data: bytes, turn: ExitStack) -> tuple[Picture, tuple[int, int]]:
    """The picture, and its width and height as sent, upright. Large ones wait for a `turn`, and hold it."""
    if len(data) > BYTES_LIMIT:
        megabytes = len(data) / 2**20
        raise PictureTooLarge(f"The picture has {megabytes:.0f} MB; at most {BYTES_LIMIT // 2**20} MB are read.")
    try:
        image, size = _load(data, turn)
        picture = np.asarray(image)
    except UnidentifiedImageError:
        formats = "PNG, JPEG, WebP, HEIC, AVIF, GIF, BMP or TIFF"
        raise UnknownFormat(f"This is not a picture we read: send {formats}.") from None
    except Image.DecompressionBombError:
        raise PictureTooLarge(f"The picture has too many pixels; {_AT_MOST}") from None
    except PictureError:
        raise
    except Exception as error:  # Pillow's decoders raise all kinds of errors on corrupt bytes
        raise DamagedPicture(_DAMAGED) from error
    is_turned = (size[0] < size[1]) != (picture.shape[1] < picture.shape[0])
    return picture, size[::-1] if is_turned else size


_DAMAGED = "The picture is damaged or cut short. Save it again, and send that."
_AT_MOST = f"at most {PIXELS_LIMIT // 10**6} million are read. Send a smaller one."


def _load(data: bytes, turn: ExitStack) -> tuple[Image.Image, tuple[int, int]]:
    """RGB, upright, and its width and height before any scaling."""
    image, size = _open(repairs.without_broken_notes(data))
    if size[0] * size[1] > LARGE:
        turn.enter_context(_one_large)
    if image.format in animation.FORMATS and getattr(image, "is_animated", False):
        return animation.last_drawn(image, PIXELS_LIMIT, _flat), size
    try:
        image.load()
    except OSError:
        if image.format != "JPEG" or image.mode == "CMYK":
            raise
        repaired = repairs.fill_missing_rows(_open(data + repairs.END_OF_JPEG)[0])
        if repaired is None:
            raise
        flat = _flat(repaired)
    else:
        flat = _flat(greys.eight_bits(image) if image.mode in greys.MODES else image)
    flat.getexif()[ExifTags.Base.Orientation] = image.getexif().get(ExifTags.Base.Orientation, 1)
    ImageOps.exif_transpose(flat, in_place=True)
    return flat, size


def _open(data: bytes) -> tuple[Image.Image, tuple[int, int]]:
    formats: tuple[str, ...] = FORMATS
    if data[4:8] == b"ftyp" and data[8:12] not in {b"avif", b"avis"}:
        # Costs 30 ms and 5 MB, so it is imported only when such a picture comes.
        import pillow_heif

        pillow_heif.register_heif_opener()
        formats = ("HEIF", "AVIF")
    image = Image.open(io.BytesIO(data), formats=formats)
    size = image.size
    if size[0] * size[1] > PIXELS_LIMIT:
        raise PictureTooLarge(f"The picture is {size[0]}×{size[1]} pixels; {_AT_MOST}")
    factor = max(1, max(size) // DECODED_SIDE)
    image.draft(image.mode, (size[0] // factor, size[1] // factor))
    return image, size


def _flat(image: Image.Image) -> Image.Image:
    """RGB without transparency, and without sides of twice `DECODED_SIDE`."""
    factor = max(image.size) // DECODED_SIDE
    if factor > 1:
        if image.mode in {"1", "P"} or "transparency" in image.info:
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        image = image.reduce(factor)
    return flattened(image)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=2)
    return out.getvalue()


def _grey_png(pixels: NDArray[np.uint8]) -> bytes:
    """A small picture as a PNG, 7 times as fast as by Pillow (https://www.w3.org/TR/png-3/)."""
    height, width = pixels.shape
    rows = np.pad(pixels, ((0, 0), (1, 0)))  # each row begins with its filter's number: 0 is none
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows.tobytes())),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def _grey_if_possible(picture: Picture) -> Image.Image:
    red, green, blue = (picture[..., channel] for channel in range(3))
    grey = np.array_equal(red, green) and np.array_equal(green, blue)
    return Image.fromarray(red if grey else picture)
