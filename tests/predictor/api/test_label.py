"""`POST` and `DELETE /api/v1/drawings/{uuid}/label/`."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from predictor.models import Label
from predictor.review import labels as review_labels
from tests.predictor.people import DRAWINGS, Person, error_of, new_id


def _history(drawing: Any) -> list[tuple[str, str]]:
    return list(Label.objects.filter(drawing=drawing).order_by("pk").values_list("text", "state"))


def test_it_says_what_the_drawing_is(owner: Person) -> None:
    drawing = owner.draws()
    answer = owner.say(drawing.pk, "7")
    assert answer.status_code == 200
    assert answer.json()["id"] == str(drawing.pk)
    assert answer.json()["label"] == {"text": "7", "by": "visitor", "state": "proposed"}
    assert owner.get(drawing.pk).json() == answer.json()


def test_nothing_at_all_means_not_a_digit(owner: Person) -> None:
    assert owner.say(owner.draws().pk, "").json()["label"]["text"] == ""


def test_another_answer_takes_the_place_of_the_first_which_stays_readable(owner: Person) -> None:
    drawing = owner.draws()
    owner.say(drawing.pk, "1")
    assert owner.say(drawing.pk, "7").json()["label"]["text"] == "7"
    assert _history(drawing) == [("1", "withdrawn"), ("7", "proposed")]


def test_the_same_answer_again_changes_nothing(owner: Person) -> None:
    drawing = owner.draws()
    assert owner.say(drawing.pk, "7").json() == owner.say(drawing.pk, "7").json()
    assert _history(drawing) == [("7", "proposed")]


def test_a_form_will_do_as_well(owner: Person) -> None:
    answer = owner.client.post(f"{DRAWINGS}{owner.draws().pk}/label/", {"text": " 7 "})
    assert answer.json()["label"]["text"] == "7"


@pytest.mark.parametrize("text", ["77", "x", "-1", "½", "٧", "7.", 7, 0, True, None, {}, ["7"], "7" * 70, "\u0000"])
def test_a_digits_label_is_one_digit(owner: Person, text: Any) -> None:
    drawing = owner.draws()
    answer = owner.say(drawing.pk, text)
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == ["text"]
    assert _history(drawing) == []


def test_a_label_must_be_given(owner: Person) -> None:
    answer = owner.client.post(f"{DRAWINGS}{owner.draws().pk}/label/", {}, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("text", "status"), [("47", 200), ("007", 200), ("1" * 32, 200), ("1" * 33, 400), ("4 7", 400)]
)
def test_a_numbers_label_has_up_to_32_digits(owner: Person, text: str, status: int) -> None:
    drawing = owner.draws("47", mode="number")
    assert owner.say(drawing.pk, text).status_code == status


def test_it_is_said_of_the_revision_that_was_seen(owner: Person) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 3)
    owner.say(drawing_id, "7")
    assert Label.objects.get().revision == 3


def test_another_visitors_drawing_is_not_found(owner: Person, outsider: Person, reviewer: User) -> None:
    drawing = owner.draws()
    for person in (outsider, Person(user=reviewer)):
        answer = person.say(drawing.pk, "1")
        assert answer.status_code == 404
        assert error_of(answer) == error_of(person.say(new_id(), "1"))
        owner.say(drawing.pk, "7")
        assert person.take_back(drawing.pk).status_code == 404
    assert _history(drawing) == [("7", "proposed")]


def test_it_can_be_taken_back(owner: Person) -> None:
    drawing = owner.draws()
    owner.say(drawing.pk, "7")
    answer = owner.take_back(drawing.pk)
    assert answer.status_code == 200
    assert answer.json()["label"] is None
    assert _history(drawing) == [("7", "withdrawn")]


def test_there_must_be_something_to_take_back(owner: Person) -> None:
    drawing = owner.draws()
    assert owner.take_back(drawing.pk).status_code == 404
    owner.say(drawing.pk, "7")
    owner.take_back(drawing.pk)
    assert owner.take_back(drawing.pk).status_code == 404


@pytest.mark.parametrize("decide", [review_labels.accept_label, review_labels.reject_label])
def test_what_a_reviewer_has_decided_on_is_not_taken_back(owner: Person, reviewer: User, decide: Any) -> None:
    drawing = owner.draws()
    owner.say(drawing.pk, "7")
    decide(label=drawing.labels.get(), reviewer=reviewer)
    answer = owner.take_back(drawing.pk)
    assert answer.status_code == 409
    assert error_of(answer)["code"] == "conflict"


def test_a_reviewers_answer_is_shown_and_the_visitors_is_kept(owner: Person, reviewer: User) -> None:
    drawing = owner.draws()
    owner.say(drawing.pk, "1")
    review_labels.relabel(drawing=drawing, text="7", reviewer=reviewer)
    assert owner.get(drawing.pk).json()["label"] == {"text": "7", "by": "reviewer", "state": "accepted"}
    assert _history(drawing) == [("1", "rejected"), ("7", "accepted")]


def test_the_accepted_label_is_shown_before_a_newer_proposal_and_that_before_a_rejected_one(
    owner: Person, reviewer: User
) -> None:
    drawing = owner.draws()

    def shown() -> tuple[str, str]:
        label = owner.get(drawing.pk).json()["label"]
        return label["text"], label["state"]

    owner.say(drawing.pk, "1")
    first = drawing.labels.get()
    review_labels.reject_label(label=first, reviewer=reviewer)
    assert shown() == ("1", "rejected")
    owner.say(drawing.pk, "7")
    assert shown() == ("7", "proposed")
    review_labels.accept_label(label=first, reviewer=reviewer)
    assert shown() == ("1", "accepted")
