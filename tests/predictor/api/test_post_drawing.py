"""`POST /api/v1/drawings/`."""

import io
import json
import uuid
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.db import OperationalError
from PIL import Image, ImageColor
from PIL.PngImagePlugin import PngInfo

from predictor.models import Drawing, Prediction
from predictor.reading import stored_pictures
from tests.predictor.people import API, DRAWINGS, Person, error_of
from tests.predictor.pictures import data_url, drawn, pixels, saved, strokes


@pytest.mark.parametrize("digit", list("012347"))
def test_it_reads_a_digit(worker: None, owner: Person, digit: str) -> None:
    answer = owner.send(drawn(digit))
    assert answer.status_code == 201
    read = answer.json()["prediction"]
    assert (read["text"], read["sure"]) == (digit, True)
    assert read["confidence"] > 0.9


def test_it_answers_with_the_drawing_and_its_prediction(worker: None, owner: Person, champion: Any) -> None:
    shown = owner.send(drawn("7", side=200), source="canvas").json()
    uuid.UUID(shown["id"])
    assert shown["revision"] == 1
    assert (shown["mode"], shown["source"], shown["status"]) == ("digit", "canvas", "done")
    assert (shown["width"], shown["height"]) == (200, 200)
    assert shown["image_url"] == f"/api/v1/drawings/{shown['id']}/image/"
    assert shown["label"] is None
    read = shown["prediction"]
    assert read["model"] == str(champion.pk)
    assert read["elapsed_ms"] > 0
    [glyph] = read["glyphs"]
    assert glyph["digit"] == 7
    assert glyph["confidence"] == read["confidence"]
    assert len(glyph["probabilities"]) == 10
    assert sum(glyph["probabilities"]) == pytest.approx(1, abs=1e-3)
    assert glyph["pixels"].startswith("data:image/png;base64,")
    x, y, width, height = glyph["box"]
    assert 40 <= x <= 55
    assert 25 <= y <= 40
    assert 100 <= width <= 125
    assert 130 <= height <= 160


def test_one_digit_of_several_is_not_sure_and_says_so(
    worker: None, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = owner.send().json()
    assert (sent["prediction"]["sure"], sent["prediction"]["several"]) == (True, False)
    isolate = stored_pictures.isolate

    def isolate_one_of_several(*arguments: Any, **options: Any) -> Any:
        return replace(isolate(*arguments, **options), several=True)

    monkeypatch.setattr(stored_pictures, "isolate", isolate_one_of_several)
    drawing_id = owner.send().json()["id"]
    for answer in (owner.get(drawing_id), owner.glance()):
        read = answer.json()["prediction"]
        assert (read["text"], read["sure"], read["several"]) == ("7", False, True)


def test_it_reads_json_as_it_reads_a_form(worker: None, owner: Person) -> None:
    as_form = owner.send(drawn("3")).json()["prediction"]
    as_json = owner.send_json(image=data_url(drawn("3"))).json()["prediction"]
    assert as_json["glyphs"] == as_form["glyphs"]


def test_a_number_is_read_digit_by_digit(worker: None, owner: Person) -> None:
    shown = owner.send(drawn("472"), mode="number").json()
    assert shown["prediction"]["text"] == "472"
    boxes = [glyph["box"] for glyph in shown["prediction"]["glyphs"]]
    assert [x // 300 for x, _, _, _ in boxes] == [0, 1, 2]


def test_a_blank_sheet_is_read_as_nothing(worker: None, owner: Person) -> None:
    answer = owner.send(drawn(""))
    assert answer.status_code == 201
    read = answer.json()["prediction"]
    assert (read["text"], read["confidence"], read["sure"], read["glyphs"]) == ("", None, True, [])


def test_boxes_lie_in_the_picture_as_it_was_sent(worker: None, owner: Person) -> None:
    photo = Image.new("RGB", (2600, 2000), "#ffffff")
    photo.paste(Image.fromarray(pixels("7", side=400)), (2000, 1500))
    shown = owner.send(saved(photo, "JPEG", quality=90), name="photo.jpg", source="camera").json()
    assert (shown["width"], shown["height"]) == (2600, 2000)
    x, y, width, height = shown["prediction"]["glyphs"][0]["box"]
    assert x > 2050
    assert y > 1530
    assert x + width < 2370
    assert y + height < 1900
    stored = Drawing.objects.get(pk=shown["id"])
    assert stored.image_type == "image/jpeg"
    assert len(stored.image) <= 256 * 1024


def test_it_answers_202_and_where_to_ask_when_no_worker_has_read_it(transactional_db: None, owner: Person) -> None:
    answer = owner.send()
    assert answer.status_code == 202
    shown = answer.json()
    assert (shown["status"], shown["prediction"]) == ("queued", None)
    assert answer["Location"] == f"/api/v1/drawings/{shown['id']}/"
    assert owner.client.get(answer["Location"]).json()["status"] == "queued"


def test_it_adds_a_task_and_wakes_a_worker(transactional_db: None, owner: Person, redis: Any) -> None:
    owner.send()
    prediction = Prediction.objects.get()
    assert redis.lrange("digitsite:tasks", 0, -1) == [f'["read", {prediction.pk}]']
    [message] = redis.lrange("digitsite:predict", 0, -1)
    assert "predictor.tasks.work" in message


def test_without_redis_it_is_still_stored(transactional_db: None, redis_is_gone: None, owner: Person) -> None:
    answer = owner.send()
    assert answer.status_code == 202
    assert Prediction.objects.get(drawing=answer.json()["id"]).status == "queued"


def test_without_redis_nobody_is_kept_waiting(
    transactional_db: None, redis_is_gone: None, owner: Person, settings: Any
) -> None:
    settings.DIGITSITE_WAIT = 30.0
    assert owner.send().status_code == 202


def test_a_database_that_goes_once_the_drawing_is_stored_is_no_refusal(
    transactional_db: None, redis: Any, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: Prediction) -> None:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(Prediction, "refresh_from_db", gone)
        answer = owner.send()
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert Prediction.objects.get(drawing=answer.json()["id"]).status == "queued"


def test_a_new_drawing_may_not_be_learned_from_unless_its_visitor_says_so(owner: Person) -> None:
    assert owner.draws().consent is False
    assert owner.draws(consent="true").consent is True
    assert Drawing.objects.get(pk=owner.send_json(consent=None).json()["id"]).consent is False


def test_the_strokes_are_stored_beside_the_picture(owner: Person) -> None:
    said = strokes("7")
    stored = Drawing.objects.get(pk=owner.send_json(strokes=said, source="canvas").json()["id"])
    assert stored.strokes == said


def test_strokes_without_a_picture_are_drawn_and_read(worker: None, owner: Person) -> None:
    for said in (strokes("7"), strokes("7", colour="#ffee00") | {"background": "#202060"}):
        answer = owner.client.post(DRAWINGS, {"strokes": said}, content_type="application/json")
        assert answer.status_code == 201, answer.content
        assert answer.json()["prediction"]["text"] == "7"
        stored = Drawing.objects.get(pk=answer.json()["id"])
        assert stored.strokes == said
        shown = np.asarray(Image.open(io.BytesIO(bytes(stored.image))).convert("RGB"))
        assert tuple(shown[0, 0]) == ImageColor.getrgb(said["background"])
        assert (stored.width, stored.height) == (shown.shape[1], shown.shape[0]) == (300, 300)
    glance = owner.client.post(f"{API}glances/", {"strokes": json.dumps(strokes("7"))})
    assert glance.status_code == 200, glance.content
    assert glance.json()["prediction"]["text"] == "7"


def test_strokes_do_not_overrule_a_picture(worker: None, owner: Person) -> None:
    assert owner.send_json(image=data_url(drawn("1")), strokes=strokes("7")).json()["prediction"]["text"] == "1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 0},
        {"background": "paper"},
        {"strokes": [{"points": [[0, 0], [300, 300]] * 100}]},
        {"strokes": [{"colour": "ink", "points": [[10, 10]]}]},
    ],
    ids=["no area", "no colour", "too much line", "no ink"],
)
def test_strokes_that_cannot_be_drawn_need_a_picture(owner: Person, wrong: dict[str, Any]) -> None:
    answer = owner.client.post(DRAWINGS, {"strokes": strokes("7") | wrong}, content_type="application/json")
    assert answer.status_code == 400
    assert "can't be drawn" in error_of(answer)["fields"]["strokes"][0]
    assert owner.send_json(strokes=strokes("7") | wrong).status_code == 202


def test_neither_a_picture_nor_strokes_are_refused(owner: Person) -> None:
    for body in ({}, {"strokes": None}):
        answer = owner.client.post(DRAWINGS, body, content_type="application/json")
        assert answer.status_code == 400
        assert error_of(answer)["fields"] == {"image": ["This field is required."]}


def test_a_forms_strokes_are_json_in_a_field(owner: Person) -> None:
    said = '{"width": 10, "height": 10, "strokes": [{"points": [[1, 2], [3, 4, 5, 0.5]]}]}'
    assert owner.draws(strokes=said).strokes == {
        "width": 10,
        "height": 10,
        "background": "#ffffff",
        "strokes": [{"colour": "#000000", "width": 1, "points": [[1, 2], [3, 4, 5, 0.5]]}],
    }


def test_the_picture_is_encoded_anew(owner: Person) -> None:
    note = PngInfo()
    note.add_text("Comment", "where I live")
    sent = saved(Image.fromarray(pixels("7")), "PNG", pnginfo=note)
    stored = Drawing.objects.get(pk=owner.send(sent).json()["id"])
    assert b"where I live" in sent
    assert b"where I live" not in bytes(stored.image)


def test_nobody_imports_over_the_api(owner: Person) -> None:
    answer = owner.send(source="import")
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == ["source"]


def test_two_visitors_do_not_share_a_history(owner: Person, outsider: Person) -> None:
    owner.send()
    assert len(owner.history()) == 1
    assert outsider.history() == []


def test_a_drawing_without_a_picture_changes_nothing_for_the_next(owner: Person) -> None:
    """All requests share the fields that check them."""
    alone = {"strokes": strokes("7")}
    assert owner.client.post(DRAWINGS, alone, content_type="application/json").status_code == 202
    nothing = owner.client.post(DRAWINGS, {}, content_type="application/json")
    assert error_of(nothing)["fields"] == {"image": ["This field is required."]}
    assert owner.client.post(DRAWINGS, alone, content_type="application/json").status_code == 202
