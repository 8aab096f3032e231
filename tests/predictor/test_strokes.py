"""`GET /api/v1/drawings/{uuid}/strokes/`: the pen's movements."""

from django.contrib.auth.models import User

from tests.predictor.people import Person, error_of, new_id

STROKES = {
    "width": 300.0,
    "height": 300.0,
    "background": "#ffffff",
    "strokes": [{"colour": "#000000", "width": 15.0, "points": [[10.0, 10.0, 0.0, 0.5], [20.0, 30.0, 16.0, 0.5]]}],
}


def test_it_answers_what_was_sent(owner: Person) -> None:
    drawing_id = owner.send_json(strokes=STROKES).json()["id"]
    assert owner.get(drawing_id, "strokes/").json() == STROKES


def test_a_picture_without_strokes_has_none(owner: Person) -> None:
    answer = owner.get(owner.draws().pk, "strokes/")
    assert answer.status_code == 404
    assert "without strokes" in error_of(answer)["message"]


def test_another_visitors_are_not_found(owner: Person, outsider: Person, reviewer: User) -> None:
    drawing_id = owner.send_json(strokes=STROKES).json()["id"]
    for person in (outsider, Person(user=reviewer)):
        answer = person.get(drawing_id, "strokes/")
        assert answer.status_code == 404
        assert error_of(answer) == error_of(person.get(new_id(), "strokes/"))
