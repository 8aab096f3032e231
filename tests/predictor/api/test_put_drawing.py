"""`PUT /api/v1/drawings/{uuid}/`: a drawing that the client named, a revision a stroke."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from predictor.drawings import intake
from predictor.drawings.intake import Submission
from predictor.models import Drawing, ForgottenDrawing, Prediction
from predictor.review import labels as review_labels
from tests.predictor.people import DRAWINGS, Person, error_of, new_id
from tests.predictor.pictures import drawn, strokes


def test_the_first_revision_is_a_201_and_a_later_one_a_200(worker: None, owner: Person) -> None:
    drawing_id = new_id()
    first = owner.put(drawing_id, 1, drawn("1"))
    assert first.status_code == 201
    assert first.json()["id"] == str(drawing_id)
    assert first.json()["prediction"]["text"] == "1"
    second = owner.put(drawing_id, 2, drawn("7"))
    assert second.status_code == 200
    assert second.json()["revision"] == 2
    assert second.json()["prediction"]["text"] == "7"


def test_a_form_with_a_file_will_do_as_well(worker: None, owner: Person) -> None:
    body = encode_multipart(BOUNDARY, {"image": SimpleUploadedFile("7.png", drawn("7")), "revision": 1})
    answer = owner.client.put(f"{DRAWINGS}{new_id()}/", body, content_type=MULTIPART_CONTENT)
    assert answer.status_code == 201
    assert answer.json()["prediction"]["text"] == "7"


def test_it_answers_202_and_where_to_ask_when_no_worker_has_read_it(owner: Person) -> None:
    drawing_id = new_id()
    for revision in (1, 2):
        answer = owner.put(drawing_id, revision)
        assert answer.status_code == 202
        assert answer["Location"] == f"{DRAWINGS}{drawing_id}/"
        assert answer.json()["status"] == "queued"


def test_the_first_revision_need_not_be_number_1(owner: Person) -> None:
    """The pages send a revision a stroke; the first ones may have been lost."""
    assert owner.put(new_id(), 5).json()["revision"] == 5


def test_the_same_revision_and_content_again_is_answered_as_before(worker: None, owner: Person) -> None:
    drawing_id = new_id()
    first = owner.put(drawing_id, 1, strokes=strokes("7"))
    again = owner.put(drawing_id, 1, strokes=strokes("7"))
    assert again.status_code == 200
    assert again.json() == first.json()
    assert Prediction.objects.count() == 1


def test_the_same_revision_again_shows_the_label_it_has_now(worker: None, owner: Person) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1)
    owner.say(drawing_id, "7")
    again = owner.put(drawing_id, 1)
    assert again.status_code == 200
    assert again.json()["label"] == {"text": "7", "by": "visitor", "state": "proposed"}


@pytest.mark.parametrize(
    "other",
    [{"picture": drawn("1")}, {"mode": "number"}, {"strokes": strokes("7")}, {"box": [0, 0, 200, 200]}],
    ids=["picture", "mode", "strokes", "box"],
)
def test_the_same_revision_with_other_content_is_a_conflict(owner: Person, other: dict[str, Any]) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1)
    answer = owner.put(drawing_id, 1, **other)
    assert answer.status_code == 409
    assert error_of(answer)["code"] == "conflict"


def test_a_lower_revision_is_a_conflict_also_with_the_content_it_had(owner: Person) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1)
    owner.put(drawing_id, 2, drawn("1"))
    answer = owner.put(drawing_id, 1)
    assert answer.status_code == 409
    assert error_of(answer)["code"] == "conflict"
    assert Drawing.objects.get(pk=drawing_id).revision == 2


def test_a_labelled_drawing_takes_no_further_stroke(owner: Person) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1)
    owner.say(drawing_id, "7")
    answer = owner.put(drawing_id, 2, drawn("1"))
    assert answer.status_code == 409
    assert error_of(answer)["code"] == "conflict"
    assert Drawing.objects.get(pk=drawing_id).revision == 1


def test_once_the_label_is_withdrawn_it_takes_strokes_again(owner: Person) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1)
    owner.say(drawing_id, "7")
    owner.take_back(drawing_id)
    assert owner.put(drawing_id, 2, drawn("1")).json()["revision"] == 2


def test_a_rejected_label_still_holds_the_drawing(owner: Person, reviewer: User) -> None:
    """What was judged must stay what it was judged on."""
    drawing_id = new_id()
    owner.put(drawing_id, 1)
    owner.say(drawing_id, "1")
    review_labels.reject_label(label=Drawing.objects.get(pk=drawing_id).labels.get(), reviewer=reviewer)
    assert owner.put(drawing_id, 2, drawn("1")).status_code == 409


def test_another_visitors_drawing_is_not_found(owner: Person, outsider: Person) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1, drawn("7"))
    for revision in (1, 2):
        answer = outsider.put(drawing_id, revision, drawn("7"))
        assert answer.status_code == 404
        assert error_of(answer)["code"] == "not_found"
    assert Drawing.objects.get(pk=drawing_id).revision == 1


def test_a_forgotten_drawing_does_not_come_back(owner: Person, outsider: Person) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1)
    owner.delete(drawing_id)
    for person in (owner, outsider):
        answer = person.put(drawing_id, 2)
        assert answer.status_code == 404
        assert error_of(answer)["code"] == "not_found"
    assert not Drawing.objects.filter(pk=drawing_id).exists()


def test_a_stroke_that_was_on_its_way_does_not_bring_a_forgotten_drawing_back(
    owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drawing is made and forgotten by others while this request decodes its picture."""
    drawing_id = new_id()
    prepare = intake.prepare

    def prepare_slowly(*sent: Any) -> Any:
        ForgottenDrawing.objects.create(pk=drawing_id)
        return prepare(*sent)

    monkeypatch.setattr(intake, "prepare", prepare_slowly)
    assert owner.put(drawing_id, 1).status_code == 404
    assert not Drawing.objects.filter(pk=drawing_id).exists()


def test_a_newer_revision_supersedes_what_is_queued(owner: Person, read_waiting: Callable[[], int]) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1, drawn("1"))
    owner.put(drawing_id, 2, drawn("7"))
    states = dict(Prediction.objects.values_list("revision", "status"))
    assert states == {1: "superseded", 2: "queued"}
    assert read_waiting() == 1
    assert owner.get(drawing_id).json()["prediction"]["text"] == "7"


def test_a_newer_revision_leaves_what_was_read_as_it_is(worker: None, owner: Person) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1, drawn("1"))
    owner.put(drawing_id, 2, drawn("7"))
    assert list(Prediction.objects.values_list("revision", "status", "text")) == [(1, "done", "1"), (2, "done", "7")]


def test_whoever_waits_for_a_superseded_revision_is_answered_with_the_newer_one(
    transactional_db: None, owner: Person, settings: Any
) -> None:
    settings.DIGITSITE_WAIT = 240.0
    drawing_id = new_id()
    answers: list[Any] = []

    def send_the_first() -> None:
        answers.append(owner.put(drawing_id, 1, drawn("1")))
        connection.close()

    waiting = threading.Thread(target=send_the_first)
    waiting.start()
    while not Prediction.objects.filter(drawing=drawing_id).exists():
        time.sleep(0.01)
    newer = Submission(data=drawn("7"), mode="digit", source="api")
    stored = Drawing.objects.select_related("owner").get(pk=drawing_id)
    intake.put_revision(owner=stored.owner, drawing_id=drawing_id, revision=2, submission=newer)
    waiting.join(120)
    [answer] = answers
    assert answer.status_code == 202
    assert (answer.json()["revision"], answer.json()["status"]) == (2, "queued")


def test_a_revision_says_whether_it_may_be_learned_from(owner: Person) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1)

    def consent() -> bool:
        return Drawing.objects.get(pk=drawing_id).consent

    assert consent() is False
    owner.put(drawing_id, 2, drawn("1"), consent=True)
    assert consent() is True
    owner.put(drawing_id, 3, drawn("7"))
    assert consent() is True, "a revision that says nothing of it leaves it as it is"
    owner.put(drawing_id, 3, drawn("7"), consent=False)
    assert consent() is False, "the same revision may say so again"


@pytest.mark.parametrize("revision", [None, 0, -1, 1.5, "first", True, 2**31])
def test_a_revision_is_a_number_from_1(owner: Person, revision: Any) -> None:
    answer = owner.put(new_id(), revision)
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == ["revision"]


def test_a_revision_must_be_given(owner: Person) -> None:
    body = {"image": "data:image/png;base64,"}
    answer = owner.client.put(f"{DRAWINGS}{new_id()}/", body, content_type="application/json")
    assert answer.status_code == 400
    assert "revision" in error_of(answer)["fields"]


def test_a_picture_that_cannot_be_read_leaves_the_drawing_as_it_was(owner: Person) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1)
    assert owner.put(drawing_id, 2, b"not a picture").status_code == 415
    assert owner.get(drawing_id).json()["revision"] == 1
    assert not ForgottenDrawing.objects.exists()


def test_two_first_strokes_at_once_make_one_drawing(transactional_db: None, owner: Person) -> None:
    """Both find nothing stored; the second insert fails, and is then seen as the repetition it is."""
    for _ in range(5):
        drawing_id = new_id()
        answers = _at_once(lambda _n, at=drawing_id: owner.put(at, 1))
        assert sorted(answer.status_code for answer in answers) == [202, 202, 202, 202]
        assert {answer.json()["id"] for answer in answers} == {str(drawing_id)}
        assert Prediction.objects.filter(drawing=drawing_id).count() == 1


def test_strokes_that_arrive_at_once_end_with_the_newest(transactional_db: None, owner: Person) -> None:
    for _ in range(5):
        drawing_id = new_id()
        answers = _at_once(lambda n, at=drawing_id: owner.put(at, 1 + n, drawn("1700"[n])))
        assert {answer.status_code for answer in answers} <= {202, 409}
        assert Drawing.objects.get(pk=drawing_id).revision == 4
        left = Prediction.objects.filter(drawing=drawing_id, status="queued")
        assert [prediction.revision for prediction in left] == [4]


def test_of_two_people_who_choose_the_same_id_at_once_one_gets_it(
    transactional_db: None, owner: Person, outsider: Person
) -> None:
    owner.draws()
    outsider.draws()
    for _ in range(5):
        drawing_id = new_id()
        answers = _at_once(lambda n, at=drawing_id: (owner, outsider)[n % 2].put(at, 1))
        codes = {0: set(), 1: set()}
        for n, answer in enumerate(answers):
            codes[n % 2].add(answer.status_code)
        assert sorted(codes.values(), key=max) == [{202}, {404}]


def _at_once(call: Callable[[int], Any], count: int = 4) -> list[Any]:
    """The answers of `count` calls that start together, each in a thread with a connection of its own."""
    answers: list[Any] = [None] * count
    together = threading.Barrier(count)

    def run(n: int) -> None:
        together.wait()
        try:
            answers[n] = call(n)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
