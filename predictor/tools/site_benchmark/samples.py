"""The pictures that the benchmark sends, and their requests' bodies in files."""

import base64
import functools
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from ml.pictures.strokes import fit_strokes, render
from ml.sources import generator

SIDE = 300
DRAWINGS = 40
PHOTOS = 4
BOUNDARY = "digitsite-bench"


class Sample(NamedTuple):
    """A drawing of SIDE×SIDE pixels as a PNG, and its strokes in the API's form."""

    png: bytes
    strokes: dict[str, Any]


@functools.cache
def drawings() -> list[Sample]:
    """Generated digits, the same ones in each process."""
    rng = np.random.default_rng(1)
    made = []
    for index in range(DRAWINGS):
        strokes = fit_strokes(generator.digit_strokes(int(digit(index)), rng), width=SIDE, height=SIDE, pen=12)
        sheet = {"width": SIDE, "height": SIDE, "background": "#ffffff", "strokes": strokes}
        made.append(Sample(_encoded(render(strokes, width=SIDE, height=SIDE), "PNG"), sheet))
    return made


def digit(index: int) -> str:
    """What this drawing is."""
    return str(index % 10)


@functools.cache
def photos() -> list[bytes]:
    """The first drawings as photos of 12 megapixels: on a sheet in uneven light, with noise. JPEGs of some 3 MB."""
    return [_photo(sample.png, seed) for seed, sample in enumerate(drawings()[:PHOTOS])]


def first_form() -> bytes:
    """The first drawing as a form."""
    return _form(drawings()[0].png, "PNG")


def write(folder: Path) -> None:
    """Writes the bodies: `drawing/` and `photo/` are forms, `strokes/` is JSON as the drawing page sends it."""
    bodies = {
        "drawing": [_form(sample.png, "PNG") for sample in drawings()],
        "strokes": [_json(sample) for sample in drawings()],
        "photo": [_form(photo, "JPEG") for photo in photos()],
    }
    for kind, contents in bodies.items():
        (folder / kind).mkdir(parents=True)
        for index, content in enumerate(contents):
            (folder / kind / f"{index:02}").write_bytes(content)


def _photo(drawing: bytes, seed: int) -> bytes:
    sheet = Image.new("RGB", (4000, 3000), (235, 232, 225))
    sheet.paste(Image.open(io.BytesIO(drawing)).resize((2400, 2400)), (800, 300))
    light = np.linspace(1.0, 0.7, 4000, dtype=np.float32)[None, :, None]
    noise = np.random.default_rng(seed).normal(0, 4, (3000, 4000, 1)).astype(np.float32)
    return _encoded(np.clip(np.asarray(sheet) * light + noise, 0, 255).astype(np.uint8), "JPEG", quality=90)


def _encoded(picture: np.ndarray[Any, np.dtype[np.uint8]], form: str, **options: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, form, **options)
    return out.getvalue()


def _form(picture: bytes, form: str) -> bytes:
    named = f'Content-Disposition: form-data; name="image"; filename="digit.{form.lower()}"'
    head = f"--{BOUNDARY}\r\n{named}\r\nContent-Type: image/{form.lower()}\r\n\r\n"
    return head.encode() + picture + f"\r\n--{BOUNDARY}--\r\n".encode()


def _json(sample: Sample) -> bytes:
    image = f"data:image/png;base64,{base64.b64encode(sample.png).decode()}"
    body = {"image": image, "strokes": sample.strokes, "source": "canvas", "mode": "digit", "revision": 1}
    return json.dumps(body).encode()
