"""`GET /api/v1/drawings/{uuid}/explanation/`, and how an explanation is made."""

from collections.abc import Callable
from typing import Any

import numpy as np
from django.contrib.auth.models import User

from predictor.models import Prediction
from predictor.reading import worker as predict_worker
from tests.predictor.people import Person, error_of, new_id
from tests.predictor.pictures import drawn

Read = Callable[[], int]


def test_it_says_what_speaks_for_the_digit(worker: None, owner: Person, champion: Any) -> None:
    sent = owner.send().json()
    answer = owner.get(sent["id"], "explanation/")
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["model"], shown["method"]) == (str(champion.pk), "occlusion")
    [glyph] = shown["glyphs"]
    [read] = sent["prediction"]["glyphs"]
    assert {key: glyph[key] for key in ("box", "digit", "pixels")} == {
        key: read[key] for key in ("box", "digit", "pixels")
    }
    importance = np.array(glyph["importance"])
    assert importance.shape == (28, 28)
    assert np.abs(importance).max() == 1


def test_each_digit_of_a_number_is_explained(worker: None, owner: Person) -> None:
    sent = owner.send(drawn("47"), mode="number").json()
    shown = owner.get(sent["id"], "explanation/").json()
    assert [glyph["digit"] for glyph in shown["glyphs"]] == [4, 7]


def test_a_blank_sheet_needs_no_explanation(worker: None, owner: Person) -> None:
    answer = owner.get(owner.send(drawn("")).json()["id"], "explanation/")
    assert answer.status_code == 200
    assert answer.json()["glyphs"] == []


def test_it_is_made_once_and_kept(worker: None, owner: Person) -> None:
    drawing = owner.draws()
    first = owner.get(drawing.pk, "explanation/").json()
    prediction = Prediction.objects.get()
    assert prediction.explanation == first
    Prediction.objects.update(explanation={**first, "method": "kept"})
    predict_worker.make_explanation(prediction.pk)
    assert owner.get(drawing.pk, "explanation/").json()["method"] == "kept"


def test_only_those_that_must_be_made_are_counted(worker: None, owner: Person, settings: Any) -> None:
    settings.DIGITSITE_EXPLANATIONS = (1, 3600)
    first, second = owner.draws(), owner.draws("1")
    assert [owner.get(first.pk, "explanation/").status_code for _ in range(3)] == [200, 200, 200]
    answer = owner.get(second.pk, "explanation/")
    assert (answer.status_code, error_of(answer)["code"]) == (429, "throttled")
    assert 0 < int(answer["Retry-After"]) <= 3600


def test_while_nobody_has_read_it_there_is_nothing_to_explain(owner: Person) -> None:
    answer = owner.get(owner.draws().pk, "explanation/")
    assert answer.status_code == 202
    assert answer["Retry-After"] == "1"
    assert answer.json()["glyphs"] == []


def test_while_no_worker_answers_one_may_ask_again(owner: Person, read_waiting: Read, redis: Any) -> None:
    drawing = owner.draws()
    read_waiting()
    answer = owner.get(drawing.pk, "explanation/")
    assert answer.status_code == 202
    assert redis.llen("digitsite:tasks") == 1
    predict_worker.make_explanation(Prediction.objects.get().pk)
    assert owner.get(drawing.pk, "explanation/").status_code == 200


def test_without_redis_one_may_ask_again(owner: Person, read_waiting: Read, request: Any) -> None:
    drawing = owner.draws()
    read_waiting()
    request.getfixturevalue("redis_is_gone")
    assert owner.get(drawing.pk, "explanation/").status_code == 202


def test_a_prediction_that_is_gone_or_not_read_is_left_alone(owner: Person, champion: Any) -> None:
    owner.draws()
    predict_worker.make_explanation(Prediction.objects.get().pk)
    predict_worker.make_explanation(10**9)
    assert Prediction.objects.get().explanation is None


def test_another_visitors_drawing_is_not_found(owner: Person, outsider: Person, reviewer: User) -> None:
    drawing = owner.draws()
    for person in (outsider, Person(user=reviewer)):
        answer = person.get(drawing.pk, "explanation/")
        assert answer.status_code == 404
        assert error_of(answer) == error_of(person.get(new_id(), "explanation/"))
