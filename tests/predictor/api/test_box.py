"""`box`: the part of a picture that is meant, on drawings and glances alike."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from PIL import Image

from predictor.drawings.framing import framed
from predictor.models import Drawing, Prediction
from tests.predictor.people import API, DRAWINGS, Person, error_of, new_id
from tests.predictor.pictures import data_url, drawn, pixels, saved, strokes

FOUR_AND_SEVEN = drawn("47")
"""600 × 300 pixels: the 4 is in the left half, the 7 in the right."""
LEFT, RIGHT = [0, 0, 300, 300], [300, 0, 300, 300]


def _is_inside(inner: list[int], outer: list[int]) -> bool:
    (x, y, w, h), (left, top, width, height) = inner, outer
    return left <= x and top <= y and x + w <= left + width and y + h <= top + height


def _photo(places: dict[str, tuple[int, int]], *, side: int) -> bytes:
    """A photo of 4,000 × 3,000 pixels with small digits on grainy paper. `side`: pixels of a digit's square."""
    rng = np.random.default_rng(5)
    sheet = np.clip(rng.normal(205, 5, (3000, 4000, 1)), 0, 255).astype(np.uint8).repeat(3, axis=2)
    for digit, (x, y) in places.items():
        part = sheet[y : y + side, x : x + side]
        np.copyto(part, np.minimum(part, 60 + pixels(digit, side=side) // 2))
    return saved(Image.fromarray(sheet), "JPEG", quality=92)


@pytest.mark.parametrize(("box", "text"), [(LEFT, "4"), (RIGHT, "7")])
def test_only_what_is_in_the_box_is_read(worker: None, owner: Person, box: list[int], text: str) -> None:
    drawing = owner.put(new_id(), 1, FOUR_AND_SEVEN, box=box).json()
    assert drawing["box"] == box
    assert drawing["prediction"]["text"] == text
    assert drawing["prediction"]["sure"]
    [glyph] = drawing["prediction"]["glyphs"]
    assert _is_inside(glyph["box"], box)


def test_in_number_mode_the_box_holds_the_number(worker: None, owner: Person) -> None:
    drawing = owner.put(new_id(), 1, drawn("1474"), mode="number", box=[300, 0, 600, 300]).json()
    assert drawing["prediction"]["text"] == "47"
    assert [300 <= glyph["box"][0] < 900 for glyph in drawing["prediction"]["glyphs"]] == [True, True]


def test_a_glance_reads_what_a_drawing_would(worker: None, owner: Person) -> None:
    seen = owner.glance(FOUR_AND_SEVEN, box="[300, 0, 300, 300]").json()
    stored = owner.send(FOUR_AND_SEVEN, box="[300, 0, 300, 300]").json()
    assert seen["prediction"]["text"] == "7"
    assert seen["prediction"]["glyphs"] == stored["prediction"]["glyphs"]


def test_a_small_digit_of_a_photo_is_read(worker: None, owner: Person) -> None:
    """The stored photo is smaller: 80 of 4,000 pixels are some 25."""
    photo = _photo({"4": (400, 500), "7": (2500, 2200)}, side=100)
    for text, box in (("4", [390, 490, 120, 120]), ("7", [2490, 2190, 120, 120])):
        drawing = owner.send(photo, box=str(box)).json()
        assert (drawing["width"], drawing["height"]) == (4000, 3000)
        assert drawing["prediction"]["text"] == text
        [glyph] = drawing["prediction"]["glyphs"]
        assert _is_inside(glyph["box"], box)


def test_with_a_box_the_strokes_do_not_count(worker: None, owner: Person) -> None:
    drawn_with = strokes("47")
    drawing = owner.put(new_id(), 1, FOUR_AND_SEVEN, strokes=drawn_with, box=RIGHT).json()
    assert drawing["prediction"]["text"] == "7"
    assert Drawing.objects.get().strokes == drawn_with


def test_a_read_again_drawing_is_read_within_its_box(
    worker: None, owner: Person, read_waiting: Callable[[], int]
) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1, FOUR_AND_SEVEN, box=RIGHT)
    again = Prediction.objects.create(drawing_id=drawing_id, revision=1, kind="reread")
    read_waiting()
    again.refresh_from_db()
    assert again.text == "7"


def test_without_a_box_it_is_null(owner: Person) -> None:
    for answer in (owner.send(), owner.send(box=""), owner.send(box="null"), owner.send_json(box=None)):
        assert answer.json()["box"] is None


def test_a_form_sends_it_as_json_or_value_by_value(owner: Person) -> None:
    file = {"image": SimpleUploadedFile("47.png", FOUR_AND_SEVEN), "revision": 1}
    body = encode_multipart(BOUNDARY, {**file, "box": ["300", "10", "250.0", "200"]})
    answer = owner.client.put(f"{DRAWINGS}{new_id()}/", body, content_type=MULTIPART_CONTENT)
    assert answer.json()["box"] == [300, 10, 250, 200]
    assert owner.send(FOUR_AND_SEVEN, box="[300, 10, 250.0, 200]").json()["box"] == [300, 10, 250, 200]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ([-50, -20, 400, 4000], [0, 0, 350, 300]),
        ([500, 250, 1e9, 1e9], [500, 250, 100, 50]),
        ([10.2, 20.9, 30.1, 40.2], [10, 20, 31, 42]),
        ([596, 296, 4, 4], [596, 296, 4, 4]),
    ],
)
def test_it_is_cut_to_the_whole_pixels_of_the_picture(owner: Person, sent: list[float], kept: list[int]) -> None:
    assert owner.put(new_id(), 1, FOUR_AND_SEVEN, box=sent).json()["box"] == kept


@pytest.mark.parametrize(
    "box",
    [
        *(
            [],
            [1, 2, 3],
            [1, 2, 3, 4, 5],
            [1, 2, 0, 4],
            [1, 2, 3, -4],
            ["a", 2, 3, 4],
            [True, 2, 3, 4],
            [None, 2, 3, 4],
        ),
        *([2e9, 2, 3, 4], [[1], 2, 3, 4], {"x": 1}, "1,2,3,4", "{", "[" * 100_000, 7, True, "[NaN, 2, 3, 4]"),
        *("[1, 2, 3, Infinity]", [600, 0, 300, 300], [-300, 0, 300, 300], [0, 297, 300, 300], [0, 0, 3, 300]),
    ],
    ids=lambda box: str(box)[:20],
)
def test_what_is_no_box_or_lies_outside_is_refused(owner: Person, box: Any) -> None:
    picture = data_url(FOUR_AND_SEVEN)
    for answer in (
        owner.put(new_id(), 1, FOUR_AND_SEVEN, box=box),
        owner.send_json(image=picture, box=box),
        owner.client.post(f"{API}glances/", {"image": picture, "box": box}, content_type="application/json"),
        owner.glance(FOUR_AND_SEVEN, box=box if isinstance(box, str) else json.dumps(box)),
    ):
        assert answer.status_code == 400
        error = error_of(answer)
        assert error["code"] == "bad_value"
        assert list(error["fields"]) == ["box"]
    assert not Drawing.objects.exists()


def test_a_picture_thinner_than_the_least_box_can_be_framed_whole(owner: Person) -> None:
    thin = saved(Image.new("RGB", (2, 50), "white"), "PNG")
    assert owner.send(thin, box="[0, 0, 2, 50]").json()["box"] == [0, 0, 2, 50]


def test_another_box_is_other_content_and_a_new_revision(worker: None, owner: Person) -> None:
    drawing_id = new_id()
    first = owner.put(drawing_id, 1, FOUR_AND_SEVEN, box=LEFT)
    assert owner.put(drawing_id, 1, FOUR_AND_SEVEN, box=LEFT).json() == first.json()
    for other in (RIGHT, None):
        answer = owner.put(drawing_id, 1, FOUR_AND_SEVEN, box=other)
        assert answer.status_code == 409
        assert error_of(answer)["code"] == "conflict"
    second = owner.put(drawing_id, 2, FOUR_AND_SEVEN, box=RIGHT).json()
    assert (second["revision"], second["box"], second["prediction"]["text"]) == (2, RIGHT, "7")
    assert owner.put(drawing_id, 3, FOUR_AND_SEVEN).json()["box"] is None
    assert list(Prediction.objects.values_list("revision", "text"))[:2] == [(1, "4"), (2, "7")]


def test_another_visitor_neither_sees_nor_moves_it(owner: Person, outsider: Person) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1, FOUR_AND_SEVEN, box=LEFT)
    for answer in (
        outsider.get(drawing_id),
        outsider.get(drawing_id, "image/?part=box"),
        outsider.put(drawing_id, 2, FOUR_AND_SEVEN, box=RIGHT),
    ):
        assert answer.status_code == 404
        assert error_of(answer)["code"] == "not_found"
    assert owner.get(drawing_id).json()["box"] == LEFT
    assert outsider.history() == []


def test_the_part_in_the_box_is_a_picture_of_its_own(owner: Person) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1, FOUR_AND_SEVEN, box=RIGHT)
    whole, part = owner.get(drawing_id, "image/"), owner.get(drawing_id, "image/?part=box")
    assert whole["ETag"] != part["ETag"]
    data, kind = framed(Drawing.objects.get())
    assert (part.content, part["Content-Type"]) == (data, kind)
    plain = new_id()
    owner.put(plain, 1, FOUR_AND_SEVEN)
    assert owner.get(plain, "image/?part=box").content == whole.content
    owner.put(drawing_id, 2, FOUR_AND_SEVEN, box=LEFT)
    moved = owner.client.get(f"{DRAWINGS}{drawing_id}/image/?part=box", headers={"If-None-Match": part["ETag"]})
    assert moved.status_code == 200


def test_a_glance_outside_the_picture_asks_no_worker(owner: Person, redis: Any) -> None:
    answer = owner.client.post(
        f"{API}glances/", {"image": SimpleUploadedFile("7.png", drawn("7")), "box": "[900, 0, 50, 50]"}
    )
    assert answer.status_code == 400
    assert redis.keys("digitsite:glance*") == []
