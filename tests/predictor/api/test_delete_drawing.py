"""`DELETE /api/v1/drawings/{uuid}/`."""

from django.contrib.auth.models import User

from predictor.models import Drawing, ForgottenDrawing, Label, Prediction
from tests.predictor.people import Person, error_of, new_id


def test_it_forgets_the_drawing_and_all_that_was_said_of_it(owner: Person) -> None:
    drawing = owner.draws()
    owner.say(drawing.pk, "7")
    answer = owner.delete(drawing.pk)
    assert answer.status_code == 204
    assert answer.content == b""
    assert owner.get(drawing.pk).status_code == 404
    assert owner.get(drawing.pk, "image/").status_code == 404
    assert owner.history() == []
    assert not Drawing.objects.exists()
    assert not Prediction.objects.exists()
    assert not Label.objects.exists()


def test_only_its_id_stays_so_that_it_cannot_come_back(owner: Person) -> None:
    drawing = owner.draws()
    owner.delete(drawing.pk)
    assert list(ForgottenDrawing.objects.values_list("pk", flat=True)) == [drawing.pk]
    assert {field.name for field in ForgottenDrawing._meta.get_fields()} == {"id", "forgotten_at"}


def test_it_leaves_other_drawings_alone(owner: Person) -> None:
    kept, forgotten = owner.draws(), owner.draws()
    owner.delete(forgotten.pk)
    assert [each["id"] for each in owner.history()] == [str(kept.pk)]


def test_a_second_time_there_is_nothing_to_forget(owner: Person) -> None:
    drawing = owner.draws()
    owner.delete(drawing.pk)
    assert owner.delete(drawing.pk).status_code == 404


def test_another_visitors_drawing_is_not_found(owner: Person, outsider: Person, reviewer: User) -> None:
    drawing = owner.draws()
    for person in (outsider, Person(user=reviewer)):
        answer = person.delete(drawing.pk)
        assert answer.status_code == 404
        assert error_of(answer) == error_of(person.delete(new_id()))
    assert Drawing.objects.filter(pk=drawing.pk).exists()
    assert not ForgottenDrawing.objects.exists()
