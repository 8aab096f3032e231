"""Pictures of every format that is read: whole ones to mutate, and generated ones that must be read."""

from functools import cache
from random import Random
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image

from ml.pictures import decoding
from tests.fuzzing.mutation import PNG_SIGNATURE, mutated, mutated_png
from tests.fuzzing.tally import refusal
from tests.predictor.pictures import pixels, saved

pillow_heif.register_heif_opener()
ORIENTATION = 0x0112
MODES = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "JPEG": ("L", "RGB", "CMYK"),
    "WEBP": ("RGB", "RGBA"),
    "GIF": ("1", "L", "P", "RGB"),
    "BMP": ("1", "L", "P", "RGB"),
    "TIFF": ("1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"),
    "HEIF": ("L", "RGB", "RGBA"),
    "AVIF": ("RGB", "RGBA"),
}
"""Formats and the modes that Pillow saves them in."""
PACKED = {
    "1": ("raw", "group3", "group4", "tiff_lzw", "packbits", "tiff_adobe_deflate"),
    "F": ("raw", "tiff_lzw", "tiff_adobe_deflate"),
    "I": ("raw", "tiff_lzw", "tiff_adobe_deflate"),
    "RGB": ("raw", "jpeg", "tiff_lzw", "packbits", "tiff_adobe_deflate"),
}
"""How a TIFF of a mode may be compressed; all others as "L"."""
PACKED_ELSE = ("raw", "tiff_lzw", "packbits", "tiff_adobe_deflate")


@cache
def whole() -> dict[str, bytes]:
    """A small picture of each format, mode and way of saving."""
    made = {f"{kind} {mode}": saved(_as(mode), kind, **_fast(kind)) for kind, modes in MODES.items() for mode in modes}
    for packed in ("tiff_lzw", "packbits", "tiff_adobe_deflate", "jpeg"):
        made[f"TIFF {packed}"] = saved(_as("RGB"), "TIFF", compression=packed)
    made["TIFF group4"] = saved(_as("1"), "TIFF", compression="group4")
    made["TIFF of tiles"] = saved(_as("L"), "TIFF", compression="tiff_lzw", tiffinfo={322: 16, 323: 16})
    made["JPEG in scans"] = saved(_as("RGB"), "JPEG", progressive=True)
    made["JPEG with EXIF"] = saved(_as("RGB"), "JPEG", exif=_turned(6))
    made["PNG with a transparent colour"] = saved(_as("P"), "PNG", transparency=0)
    made["PNG with EXIF"] = saved(_as("L"), "PNG", exif=_turned(5))
    made["WEBP without loss"] = saved(_as("RGBA"), "WEBP", lossless=True)
    for kind in ("PNG", "GIF", "WEBP", "AVIF"):
        made[f"{kind} that moves"] = saved(
            _as("RGB"), kind, save_all=True, append_images=[_as("RGB", text) for text in "14"], **_fast(kind)
        )
    made["TIFF of pages"] = saved(_as("RGB"), "TIFF", save_all=True, append_images=[_as("L", "1")])
    return made


def mutated_picture(rng: Random) -> tuple[str, bytes]:
    """A name of the picture, and its bytes after some changes; now and then ends with another picture's bytes."""
    name = rng.choice(sorted(whole()))
    data = whole()[name]
    if data.startswith(PNG_SIGNATURE) and rng.random() < 0.7:
        return name, mutated_png(data, rng)
    if rng.random() < 0.03:
        other = whole()[rng.choice(sorted(whole()))]
        return name, data[: rng.randrange(len(data))] + other[rng.randrange(len(other)) :]
    kept = rng.choice((0, 4, 12, 30))  # a signature that is changed is no picture
    return name, data[:kept] + mutated(data[kept:], rng)


def generated_picture(rng: Random) -> tuple[str, bytes, tuple[int, int]]:
    """What it is, its bytes, and its size once it is upright."""
    kind = rng.choice(sorted(MODES))
    mode = rng.choice(MODES[kind])
    size = (
        rng.choice((1, 2, 3, 17, 40, 64, rng.randrange(1, 200))),
        rng.choice((1, 2, 5, 16, 48, rng.randrange(1, 200))),
    )
    options: dict[str, Any] = _fast(kind)
    if kind == "TIFF":
        options["compression"] = rng.choice(PACKED.get(mode, PACKED_ELSE))
    if kind == "JPEG":
        options |= {"quality": rng.randrange(1, 100), "progressive": rng.random() < 0.5}
        options |= {"optimize": rng.random() < 0.3, "comment": rng.randbytes(rng.randrange(60))}
        options |= {} if mode == "L" else {"subsampling": rng.randrange(3)}
    if kind == "PNG":
        options |= {"compress_level": rng.randrange(10), "dpi": (rng.randrange(1, 400), 96)}
    if kind == "WEBP":
        options |= {"lossless": rng.random() < 0.5, "quality": rng.randrange(100)}
    frames = rng.randrange(4) if kind in {"PNG", "GIF", "WEBP"} and mode != "I;16" else 0
    if frames:
        options |= {"save_all": True, "append_images": [noise(mode, size, rng) for _ in range(frames)]}
        options |= {"duration": rng.randrange(1, 500), "loop": 0}
    turned = rng.randrange(9)
    if turned and kind in {"JPEG", "PNG", "TIFF"} and not frames:
        options["exif"] = _turned(turned)
        size_upright = size[::-1] if turned >= 5 else size
    else:
        size_upright = size
    described = f"{kind} {mode} {size} {sorted(options)} {options.get('compression', '')}"
    return described, saved(noise(mode, size, rng), kind, **options), size_upright


def decode(data: bytes) -> str:
    """Decodes as an upload is decoded: "read", or the name of the declared error."""
    try:
        kept = decoding.decode_and_keep(data)
    except decoding.PictureError as error:
        return refusal(error, type(error).__name__)
    assert 0 < len(kept.data) <= decoding.KEPT_BYTES_LIMIT
    assert min(kept.width, kept.height) > 0
    return "read"


def noise(mode: str, size: tuple[int, int], rng: Random) -> Image.Image:
    """Noise, now and then of one colour."""
    width, height = size
    if mode in {"I;16", "I", "F"}:
        values = np.frombuffer(rng.randbytes(2 * width * height), np.uint16).reshape(height, width)
        values = values if rng.random() < 0.8 else np.zeros_like(values)
        return Image.fromarray(values if mode == "I;16" else values.astype(np.int32 if mode == "I" else np.float32))
    grey = Image.frombytes("L", size, rng.randbytes(width * height) if rng.random() < 0.8 else bytes(width * height))
    if mode in {"LA", "RGBA"}:
        grey.putalpha(Image.frombytes("L", size, rng.randbytes(width * height)))
    return grey.convert(mode)


def _as(mode: str, text: str = "7") -> Image.Image:
    image = Image.fromarray(pixels(text, side=64))
    if mode in {"I;16", "I", "F"}:
        return noise(mode, (24, 20), Random(mode))
    if mode in {"LA", "RGBA"}:
        image.putalpha(image.convert("L").point(lambda value: 255 - value))
    return image.convert(mode)


def _turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return exif


def _fast(kind: str) -> dict[str, Any]:
    """Options that save time."""
    return {"AVIF": {"speed": 10}, "WEBP": {"method": 0}}.get(kind, {})
