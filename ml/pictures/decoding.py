"""Decodes uploaded bytes to an upright RGB picture, and re-encodes a picture for storing.

The header decides: only the formats in `FORMATS` and HEIC are opened, and a picture that would take too many bytes,
pixels or too much memory (`ml.pictures.budget`) is refused before any pixel is decoded.
"""

import base64
import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from ml.pictures import animation, budget, greys, repairs
from ml.pictures.picture import Picture
from ml.pictures.tiles import Values, reduced
from ml.pictures.transparency import flattened, is_see_through

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
BYTES_LIMIT = 15 * 2**20
PIXELS_LIMIT = 65_000_000
"""Phones' photos have up to 64 million pixels."""
DRAWING_SIDE = 640
"""Pixels: a picture with no side longer than this is stored losslessly; a larger one is treated as a photo."""
PHOTO_SIDE = 1280
"""Pixels: a photo with a longer side than this is downscaled to it."""
DECODED_SIDE = 3 * PHOTO_SIDE // 2
"""Pixels: a picture with a side at least twice as long is scaled by an integer factor, a JPEG while it is decoded."""
KEPT_BYTES_LIMIT = 256 * 1024
FRAMES_LIMIT = PIXELS_LIMIT // 2
"""Pixels of all frames of an animation that are looked at."""
CHUNKS_LIMIT = 20_000
RUNS_LIMIT = 2**21
"""The most chunks of a PNG, and bytes of a BMP in runs: Python goes through them one by one."""


class PictureError(Exception):
    """The bytes can't be read as a picture; the message says what to send instead."""


class UnknownFormat(PictureError):
    """The format is none that is read."""


class DamagedPicture(PictureError):
    """The format is known, but the data is truncated or corrupt."""


class PictureTooLarge(PictureError):
    """The picture has more bytes or pixels than allowed, or takes too much memory to decode.

    `size`: its size; `most`: the largest size of the same shape that is read. None if its bytes are too many.
    """

    def __init__(self, message: str, *, size: "PictureSize | None" = None, most: "PictureSize | None" = None) -> None:
        super().__init__(message)
        self.size, self.most = size, most


class DecodingBusy(PictureError):
    """Too many large pictures are being decoded. The same picture can be decoded in a moment."""


class PictureSize(NamedTuple):
    """Pixels."""

    width: int
    height: int


@dataclass(frozen=True)
class KeptPicture:
    """A picture encoded for storing. `width` and `height`: the original picture's size."""

    data: bytes
    content_type: str
    width: int
    height: int


def decode(data: bytes) -> Picture:
    """The picture in `data`, turned upright by its EXIF orientation. Of an animation, the last frame that isn't blank.

    Raises UnknownFormat, DamagedPicture, PictureTooLarge or DecodingBusy.
    """
    with _decoded(data) as (picture, _):
        return picture


def decode_and_keep(data: bytes) -> KeptPicture:
    """Re-encodes the picture in `data` for storing. Raises the errors of `decode`."""
    with _decoded(data) as (picture, (width, height)):
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


@contextmanager
def _decoded(data: bytes) -> Iterator[tuple[Picture, PictureSize]]:
    """The picture, and its size as sent, upright. The memory that it takes is reserved meanwhile."""
    if len(data) > BYTES_LIMIT:
        megabytes = len(data) / 2**20
        raise PictureTooLarge(f"The picture has {megabytes:.0f} MB; at most {BYTES_LIMIT // 2**20} MB are read.")
    with _pillows_errors():
        image, size = _open(repairs.without_broken_notes(data, CHUNKS_LIMIT))
        needed = _bytes_needed(image, size, data)
    try:
        with budget.ROOM.take(needed):
            with _pillows_errors():
                picture = np.asarray(_load(image, data))
            del image  # its pixels, before the picture is encoded
            is_turned = (size.width < size.height) != (picture.shape[1] < picture.shape[0])
            yield picture, PictureSize(size.height, size.width) if is_turned else size
    except budget.NoRoom:
        raise DecodingBusy("Too many large pictures are being read. Send it again in a moment.") from None


@contextmanager
def _pillows_errors() -> Iterator[None]:
    try:
        yield
    except UnidentifiedImageError:
        formats = "PNG, JPEG, WebP, HEIC, AVIF, GIF, BMP or TIFF"
        raise UnknownFormat(f"This is not a picture we read: send {formats}.") from None
    except Image.DecompressionBombError:
        raise PictureTooLarge(f"The picture has too many pixels; {_AT_MOST}") from None
    except PictureError:
        raise
    except Exception as error:  # Pillow's decoders raise all kinds of errors on corrupt bytes
        raise DamagedPicture(_DAMAGED) from error


_DAMAGED = "The picture is damaged or cut short. Save it again, and send that."
_AT_MOST = f"at most {PIXELS_LIMIT // 10**6} million are read. Send a smaller one."


def _load(image: Image.Image, data: bytes) -> Image.Image:
    """RGB, upright."""
    if image.format in animation.FORMATS and getattr(image, "is_animated", False):
        return animation.last_drawn(image, FRAMES_LIMIT, _flat)
    factor = max(image.size) // DECODED_SIDE
    if image.format == "HEIF" and factor > 1:
        import pillow_heif

        # Without Pillow's copy of all pixels. libheif turns it upright.
        values = np.asarray(pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True))
        return flattened(reduced(Values(values), factor, lambda tile: tile))
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
        flat = _flat(image)
    flat.getexif()[ExifTags.Base.Orientation] = image.getexif().get(ExifTags.Base.Orientation, 1)
    ImageOps.exif_transpose(flat, in_place=True)
    return flat


def _open(data: bytes) -> tuple[Image.Image, PictureSize]:
    formats: tuple[str, ...] = FORMATS
    if data[4:8] == b"ftyp" and data[8:12] not in {b"avif", b"avis"}:
        # Costs 30 ms and 5 MB, so it is imported only when such a picture comes.
        import pillow_heif

        pillow_heif.register_heif_opener()
        formats = ("HEIF", "AVIF")
    image = Image.open(io.BytesIO(data), formats=formats)
    size = PictureSize(*image.size)
    factor = max(1, max(size) // DECODED_SIDE)
    image.draft(image.mode, (size.width // factor, size.height // factor))
    return image, size


def _bytes_needed(image: Image.Image, size: PictureSize, data: bytes) -> int:
    """Bytes of memory that decoding takes. Raises PictureTooLarge if that is more than there is."""
    if image.format == "BMP" and image.info.get("compression") and len(data) > RUNS_LIMIT:
        raise PictureTooLarge("The picture is a BMP in runs of over 2 MB. Save it as PNG, and send that.")
    if image.format == "JPEG" and budget.scans(data) > budget.SCANS_LIMIT:
        raise PictureTooLarge(f"The JPEG has over {budget.SCANS_LIMIT} scans. Save it again, and send that.")
    factor = max(1, max(size) // DECODED_SIDE)
    needed = budget.bytes_to_decode(image, size, data, scaled=(size.width // factor + 1) * (size.height // factor + 1))
    pixels = size.width * size.height
    shrunk = min(1.0, (PIXELS_LIMIT / pixels) ** 0.5, (budget.BYTES_LIMIT / needed) ** 0.5)
    if shrunk == 1:
        return needed
    most = PictureSize(max(1, int(size.width * shrunk)), max(1, int(size.height * shrunk)))
    raise PictureTooLarge(
        f"The picture is {size.width}×{size.height} pixels; as {image.format}, at most {most.width}×{most.height} are"
        " read. Send a smaller one.",
        size=size,
        most=most,
    )


def _flat(image: Image.Image) -> Image.Image:
    """RGB without transparency, and without sides of twice `DECODED_SIDE`."""
    factor = max(1, max(image.size) // DECODED_SIDE)
    if image.mode in greys.MODES:
        image = reduced(image, factor, greys.to_eight_bits(image))
    elif factor > 1:
        image = reduced(image, factor, _with_means)
    return flattened(image)


def _with_means(image: Image.Image) -> Image.Image:
    """In a mode in which the mean of colours is a colour between them."""
    if image.mode in {"1", "P"} or "transparency" in image.info:
        return image.convert("RGBA" if is_see_through(image) else "RGB")
    return image


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
