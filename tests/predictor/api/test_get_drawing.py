"""`GET /api/v1/drawings/{uuid}/`."""

from collections.abc import Callable

from django.contrib.auth.models import User

from predictor.models import Prediction
from tests.predictor.people import DRAWINGS, Person, error_of, new_id


def test_it_shows_the_drawing_as_it_was_answered(worker: None, owner: Person) -> None:
    sent = owner.send().json()
    answer = owner.get(sent["id"])
    assert answer.status_code == 200
    assert answer.json() == sent


def test_it_is_queued_until_a_worker_has_read_it(owner: Person, read_waiting: Callable[[], int]) -> None:
    drawing = owner.draws()
    assert owner.get(drawing.pk).json()["status"] == "queued"
    read_waiting()
    shown = owner.get(drawing.pk).json()
    assert (shown["status"], shown["prediction"]["text"]) == ("done", "7")


def test_what_could_not_be_read_is_failed_and_has_no_prediction(owner: Person) -> None:
    drawing = owner.draws()
    Prediction.objects.update(status="failed", error="ValueError")
    shown = owner.get(drawing.pk).json()
    assert (shown["status"], shown["prediction"]) == ("failed", None)


def test_another_visitors_drawing_is_not_found(owner: Person, outsider: Person) -> None:
    drawing = owner.draws()
    answer = outsider.get(drawing.pk)
    assert answer.status_code == 404
    assert error_of(answer) == error_of(outsider.get(new_id())), "nothing tells that it exists"


def test_a_reviewer_looks_at_it_in_the_admin_and_not_here(owner: Person, reviewer: User) -> None:
    assert Person(user=reviewer).get(owner.draws().pk).status_code == 404


def test_an_id_that_is_none_is_not_found(owner: Person) -> None:
    answer = owner.client.get(f"{DRAWINGS}7/")
    assert answer.status_code == 404
    assert error_of(answer)["code"] == "not_found"
