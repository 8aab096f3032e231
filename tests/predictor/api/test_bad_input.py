"""Whatever is sent: the right picture, or the right refusal in the one error shape."""

import io
import json
import struct
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from predictor.models import Drawing
from tests.predictor.people import DRAWINGS, Person, error_of
from tests.predictor.pictures import (
    data_url,
    drawn,
    hole,
    incomplete,
    pixels,
    round_corners,
    saved,
    shadow,
    strokes,
    transparent,
)


def _image(text: str = "7") -> Image.Image:
    return Image.fromarray(pixels(text))


def _frames(kind: str, *texts: str, **options: Any) -> bytes:
    """A frame for each text; "" is a blank one."""
    first, *rest = [_image(text) if text else Image.new("RGB", _image().size, "#ffffff") for text in texts]
    return saved(first, kind, save_all=True, append_images=rest, **options)


def _heic() -> bytes:
    pillow_heif.register_heif_opener()
    return saved(_image(), "HEIF")


def _palette() -> bytes:
    image = _image().convert("L").quantize(16)
    paper = image.getpixel((0, 0))
    return saved(image, "PNG", transparency=paper)


def _sixteen_bits(kind: str, *, black: int = 0, white: int = 65535) -> bytes:
    grey = pixels("7")[..., 0].astype(np.float64) / 255
    return saved(Image.fromarray((black + grey * (white - black)).astype(np.uint16)), kind)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@lru_cache
def _huge_png() -> bytes:
    """30,000 × 30,000 pixels of one bit each: a valid file of some 100 KB."""
    packer = zlib.compressobj()
    rows = bytes(30_000 // 8 + 1) * 100
    packed = b"".join([*(packer.compress(rows) for _ in range(300)), packer.flush()])
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _sideways() -> bytes:
    """A photo taken with the camera on its side, which says so in its EXIF."""
    sheet = Image.new("RGB", (300, 400), "#ffffff")
    sheet.paste(_image(), (0, 50))
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(sheet.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=95)


READ_AS_7: dict[str, Callable[[], bytes]] = {
    "PNG": lambda: drawn("7"),
    "PNG of one bit": lambda: saved(_image().convert("1"), "PNG"),
    "greyscale PNG": lambda: saved(_image().convert("L"), "PNG"),
    "16-bit greyscale PNG": lambda: _sixteen_bits("PNG"),
    "faint 16-bit greyscale PNG": lambda: _sixteen_bits("PNG", black=20_000, white=60_000),
    "16-bit greyscale TIFF": lambda: _sixteen_bits("TIFF"),
    "palette PNG with transparency": _palette,
    "transparent PNG with black ink": lambda: transparent("7", ink=(0, 0, 0)),
    "transparent PNG with white ink": lambda: transparent("7", ink=(255, 255, 255)),
    "transparent PNG with blue ink": lambda: transparent("7", ink=(30, 60, 200)),
    "white on black": lambda: drawn("7", ink="#ffffff", paper="#000000"),
    "yellow on blue": lambda: drawn("7", ink="#ffee00", paper="#202060"),
    "animated GIF": lambda: _frames("GIF", "", "1", "7", duration=100),
    "animated WebP that ends blank": lambda: _frames("WEBP", "1", "7", "", lossless=True),
    "animated PNG": lambda: _frames("PNG", "", "7"),
    "animated AVIF": lambda: _frames("AVIF", "", "7"),
    "TIFF of two pages": lambda: _frames("TIFF", "7", "1"),
    "HEIC": _heic,
    "AVIF": lambda: saved(_image(), "AVIF"),
    "10 bits in a 16-bit PNG": lambda: _sixteen_bits("PNG", white=1023),
    "12 bits in a 16-bit TIFF": lambda: _sixteen_bits("TIFF", white=4095),
    "round corners": lambda: incomplete(round_corners()),
    "an erased hole in a dark sheet": lambda: incomplete(hole(), ink="#ffffff", paper="#202020"),
    "a window with its shadow": lambda: incomplete(shadow()),
    "JPEG": lambda: saved(_image(), "JPEG"),
    "JPEG without its last tenth": lambda: (whole := saved(_image(), "JPEG"))[: len(whole) * 9 // 10],
    "PNG with a broken note": lambda: (
        drawn("7")[:33] + _chunk(b"tEXt", b"Title\0seven")[:-4] + b"oops" + drawn("7")[33:]
    ),
    "CMYK JPEG": lambda: saved(_image().convert("CMYK"), "JPEG"),
    "EXIF-rotated JPEG": _sideways,
    "WebP": lambda: saved(_image(), "WEBP"),
    "BMP": lambda: saved(_image(), "BMP"),
    "TIFF": lambda: saved(_image(), "TIFF"),
}


@pytest.mark.parametrize("kind", READ_AS_7)
def test_each_kind_of_picture_is_read_rightly(worker: None, owner: Person, kind: str) -> None:
    answer = owner.send(READ_AS_7[kind](), name="named-as-you-like.txt")
    assert answer.status_code == 201, answer.content
    assert answer.json()["prediction"]["text"] == "7"


def test_a_photo_taken_sideways_has_the_size_it_has_upright(owner: Person) -> None:
    sent = owner.send(_sideways()).json()
    assert (sent["width"], sent["height"]) == (300, 400)
    back = Image.open(io.BytesIO(owner.get(sent["id"], "image/").content))
    assert back.size == (300, 400)
    assert not back.getexif()


@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 1), (3, 900), (2400, 3200)])
def test_a_picture_of_an_odd_shape_is_taken(owner: Person, size: tuple[int, int]) -> None:
    answer = owner.send(saved(Image.new("1", size, 1), "PNG"))
    assert answer.status_code == 202, answer.content
    assert (answer.json()["width"], answer.json()["height"]) == size


REFUSED: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "0 bytes": (lambda: b"", 400, "bad_value"),
    "text": (lambda: b"This is no picture.", 415, "not_a_picture"),
    "random bytes": (lambda: bytes(np.random.default_rng(0).bytes(5000)), 415, "not_a_picture"),
    "SVG": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9"/></svg>', 415, "not_a_picture"),
    "HTML": (lambda: b"<!doctype html><script>alert(7)</script>", 415, "not_a_picture"),
    "PDF": (lambda: saved(_image(), "PDF"), 415, "not_a_picture"),
    "a format that Pillow could open": (lambda: saved(_image(), "PPM"), 415, "not_a_picture"),
    "an icon": (lambda: saved(_image().resize((64, 64)), "ICO"), 415, "not_a_picture"),
    "EPS, which would start a program": (lambda: saved(_image(), "EPS"), 415, "not_a_picture"),
    "truncated PNG": (lambda: drawn("7")[:-900], 400, "bad_value"),
    "PNG cut in its header": (lambda: drawn("7")[:20], 400, "bad_value"),
    "truncated JPEG": (lambda: saved(_image(), "JPEG")[:3000], 400, "bad_value"),
    "truncated WebP": (lambda: saved(_image(), "WEBP")[:900], 400, "bad_value"),
    "truncated GIF": (lambda: saved(_image(), "GIF")[:1000], 400, "bad_value"),
    "truncated TIFF": (lambda: saved(_image(), "TIFF")[:1000], 400, "bad_value"),
    "30,000 × 30,000 pixels": (_huge_png, 413, "too_large"),
    "16 MB": (lambda: drawn("7") + bytes(16 * 2**20), 413, "too_large"),
    "40 MB": (lambda: drawn("7") + bytes(40 * 2**20), 413, "too_large"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_each_kind_of_rubbish_is_refused(owner: Person, kind: str) -> None:
    make, status, code = REFUSED[kind]
    answer = owner.send(make())
    assert answer.status_code == status, answer.content
    error = error_of(answer)
    assert error["code"] == code
    assert not Drawing.objects.exists()


def test_a_huge_request_is_read_to_its_end_before_it_is_refused(owner: Person) -> None:
    """An answer given before would reach the client as a broken pipe."""
    body = io.BytesIO(bytes(40 * 2**20))
    sent = {"wsgi.input": body, "CONTENT_LENGTH": str(40 * 2**20)}
    answer = owner.client.generic("POST", DRAWINGS, content_type="multipart/form-data; boundary=x", **sent)
    assert answer.status_code == 413
    assert body.read() == b""


def test_a_field_that_is_no_file_is_not_a_picture(owner: Person) -> None:
    answer = owner.client.post(DRAWINGS, {"image": "drawing.png"})
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == ["image"]


@pytest.mark.parametrize(
    "image",
    [
        None,
        7,
        [],
        {},
        "",
        "drawing.png",
        "https://example.org/7.png",
        "data:image/png;base64,",
        "data:image/png;base64,====",
        "data:image/png;base64,iVBORw0KGgo",
        "data:image/png;base64,iVBORw0KGgo=!",
        "data:image/png;base64,ünïcödé",
        "data:image/png;base64,\ud800",
        "data:image/png,%89PNG",
    ],
)
def test_a_data_url_that_holds_no_picture_is_a_bad_value(owner: Person, image: Any) -> None:
    answer = owner.client.post(DRAWINGS, json.dumps({"image": image}), content_type="application/json")
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == ["image"]


def test_what_a_data_url_calls_itself_does_not_matter(worker: None, owner: Person) -> None:
    assert owner.send_json(image=data_url(drawn("7"), "jpeg")).status_code == 201


def test_rubbish_in_a_data_url_is_refused_as_in_a_file(owner: Person) -> None:
    for kind in ("text", "SVG", "truncated PNG", "30,000 × 30,000 pixels"):
        make, status, code = REFUSED[kind]
        answer = owner.send_json(image=data_url(make()))
        assert (answer.status_code, error_of(answer)["code"]) == (status, code)


def test_a_forms_strokes_that_are_none_are_no_picture(owner: Person) -> None:
    answer = owner.client.post(DRAWINGS, {"strokes": "null"})
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == ["image"]


@pytest.mark.parametrize("mode", ["", "letters", "DIGIT", None, 7, ["digit"]])
def test_an_unknown_mode_is_a_bad_value(owner: Person, mode: Any) -> None:
    answer = owner.send_json(mode=mode)
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == ["mode"]


@pytest.mark.parametrize(
    ("name", "value"), [("source", "elsewhere"), ("source", 1), ("consent", "perhaps"), ("consent", [])]
)
def test_an_unknown_value_is_a_bad_value(owner: Person, name: str, value: Any) -> None:
    answer = owner.send_json(**{name: value})
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == [name]


def _with(**changed: Any) -> dict[str, Any]:
    """Strokes of which something is changed; names of a stroke's parts change the stroke."""
    said = json.loads(json.dumps(strokes("7")))
    for name, value in changed.items():
        place = said if name in {"width", "height", "background", "strokes"} else said["strokes"][0]
        place[name.removeprefix("stroke_")] = value
    return said


BAD_STROKES: dict[str, Any] = {
    "a list": [],
    "a text": "strokes",
    "a number": 7,
    "without strokes": {"width": 1, "height": 1},
    "without a size": {"strokes": []},
    "strokes that are none": _with(strokes=["line"]),
    "a stroke without points": _with(strokes=[{"colour": "#000000", "width": 1}]),
    "a point that is none": _with(points=[7]),
    "a point of one number": _with(points=[[1]]),
    "a point of five numbers": _with(points=[[1, 2, 3, 4, 5]]),
    "a point of words": _with(points=[["one", "two"]]),
    "a point of truths": _with(points=[[True, False]]),
    "a point that is null": _with(points=[[None, None]]),
    "NaN": _with(points=[[float("nan"), 1]]),
    "infinity": _with(points=[[1, float("inf")]]),
    "a width that is infinite": _with(width=float("inf")),
    "a huge number": _with(points=[[1e300, 1]]),
    "a number of 400 digits": _with(points=[[10**400, 1]]),
    "a pen that is no number": _with(stroke_width="thick"),
    "a colour that is none": _with(colour=7),
    "a colour that is long": _with(colour="#" * 41),
    "a colour with a zero byte": _with(colour="#\u0000"),
    "a background that is half a character": _with(background="\ud800"),
    "too many strokes": _with(strokes=[{"points": []}] * 1001),
    "points of too many bytes": _with(points=[[1.2345678901234567e-300] * 4] * 40_000),
    "too many points": _with(points=[[1, 2]] * 40_001),
}


@pytest.mark.parametrize("kind", BAD_STROKES)
@pytest.mark.parametrize("form", [False, True], ids=["json", "form"])
def test_strokes_that_are_none_are_a_bad_value(owner: Person, kind: str, *, form: bool) -> None:
    said = BAD_STROKES[kind]
    if form:
        answer = owner.send(strokes=json.dumps(said))
    else:
        body = json.dumps({"image": data_url(drawn("7")), "strokes": said})
        answer = owner.client.post(DRAWINGS, body, content_type="application/json")
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "bad_value"
    assert not Drawing.objects.exists()


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "NaN", "", "9" * 5_000])
def test_a_forms_strokes_that_are_no_json_are_a_bad_value(owner: Person, text: str) -> None:
    assert owner.send(strokes=text).status_code == 400
