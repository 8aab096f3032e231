"""`GET /api/v1/drawings/`: one's own history."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from predictor.models import Drawing
from predictor.review import labels as review_labels
from tests.predictor.people import DRAWINGS, Person, error_of, new_id
from tests.predictor.pictures import drawn

Read = Callable[[], int]


def _texts(shown: list[dict[str, Any]]) -> list[str]:
    return [each["prediction"]["text"] for each in shown]


def test_it_lists_ones_own_drawings_newest_first(owner: Person, read_waiting: Read) -> None:
    for text in "017":
        owner.draws(text)
    read_waiting()
    assert _texts(owner.history()) == ["7", "1", "0"]


def test_it_does_not_list_another_visitors(owner: Person, outsider: Person) -> None:
    owner.draws()
    assert outsider.history() == []


def test_a_reviewer_sees_their_own_here_and_not_everyones(owner: Person, reviewer: User) -> None:
    owner.draws()
    assert Person(user=reviewer).history() == []


def test_someone_without_a_cookie_has_no_history(client: Any, owner: Person) -> None:
    owner.draws()
    assert client.get(DRAWINGS).json() == {"next": None, "previous": None, "results": []}


def test_an_entry_is_shown_as_the_drawing_itself_is(owner: Person, read_waiting: Read) -> None:
    drawing = owner.draws()
    read_waiting()
    owner.say(drawing.pk, "7")
    assert owner.history() == [owner.get(drawing.pk).json()]


def test_it_comes_in_pages_by_cursor(owner: Person) -> None:
    made = [str(owner.draws().pk) for _ in range(5)]
    first = owner.client.get(DRAWINGS, {"limit": 2}).json()
    assert first["previous"] is None
    second = owner.client.get(first["next"]).json()
    # One that is made meanwhile moves nothing.
    made.append(str(owner.draws().pk))
    third = owner.client.get(second["next"]).json()
    assert third["next"] is None
    listed = [each["id"] for page in (first, second, third) for each in page["results"]]
    assert listed == made[4::-1]
    assert owner.client.get(third["previous"]).json()["results"] == second["results"]


def test_drawings_of_the_same_moment_are_each_listed_once(owner: Person) -> None:
    """A scroll back over an import: a thousand rows of one instant."""
    made = {str(owner.draws().pk) for _ in range(5)}
    Drawing.objects.update(created_at=datetime(2026, 1, 1, tzinfo=UTC))
    listed, address = [], f"{DRAWINGS}?limit=2"
    while address:
        page = owner.client.get(address).json()
        listed += [each["id"] for each in page["results"]]
        address = page["next"]
    assert len(listed) == 5
    assert set(listed) == made


def test_a_page_has_30_drawings_and_at_most_100(owner: Person) -> None:
    one = owner.draws()
    copies = [Drawing(owner=one.owner, image=one.image, width=1, height=1) for _ in range(104)]
    Drawing.objects.bulk_create(copies)
    assert len(owner.history()) == 30
    assert len(owner.history(limit=1000)) == 100


@pytest.mark.parametrize("limit", ["0", "-1", "ten", "1e1", "", "９", "9" * 5_000, "0" * 5_000 + "1"])
def test_a_limit_that_is_none_is_a_bad_value(owner: Person, limit: str) -> None:
    answer = owner.client.get(DRAWINGS, {"limit": limit})
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == ["limit"]


@pytest.mark.parametrize("place", ["abc", "", "2026-01-01", "2026-01-01 10:00", "0001-01-01T00:00%2B14:00"])
def test_a_cursor_to_a_place_that_is_no_moment_is_not_found(owner: Person, place: str) -> None:
    answer = owner.client.get(DRAWINGS, {"cursor": b64encode(f"p={place}".encode()).decode()})
    assert answer.status_code == 404
    assert error_of(answer)["code"] == "not_found"


def test_a_broken_cursor_is_not_found(owner: Person) -> None:
    answer = owner.client.get(DRAWINGS, {"cursor": "nonsense"})
    assert answer.status_code == 404
    assert error_of(answer)["code"] == "not_found"


def test_it_finds_what_was_read_as_a_digit(owner: Person, read_waiting: Read) -> None:
    for text in "7177":
        owner.draws(text)
    read_waiting()
    assert _texts(owner.history(digit="7")) == ["7", "7", "7"]
    assert _texts(owner.history(digit="1")) == ["1"]
    assert owner.history(digit="5") == []


def test_it_finds_what_was_read_as_a_number(owner: Person, read_waiting: Read) -> None:
    owner.draws("47", mode="number")
    owner.draws("7")
    read_waiting()
    assert _texts(owner.history(digit="47")) == ["47"]


def test_only_the_newest_revisions_reading_counts(owner: Person, read_waiting: Read) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1, drawn("1"))
    read_waiting()
    owner.put(drawing_id, 2, drawn("7"))
    read_waiting()
    assert owner.history(digit="1") == []
    assert _texts(owner.history(digit="7")) == ["7"]


def test_it_finds_what_was_said_to_be_a_digit(owner: Person) -> None:
    seven, nothing, _ = (owner.draws() for _ in range(3))
    owner.say(seven.pk, "7")
    owner.say(nothing.pk, "")
    assert [each["id"] for each in owner.history(label="7")] == [str(seven.pk)]
    assert [each["id"] for each in owner.history(label="")] == [str(nothing.pk)]
    assert owner.history(label="1") == []


def test_only_the_label_that_is_shown_counts(owner: Person, reviewer: User) -> None:
    withdrawn, corrected = owner.draws(), owner.draws()
    for drawing in (withdrawn, corrected):
        owner.say(drawing.pk, "1")
    owner.take_back(withdrawn.pk)
    review_labels.relabel(drawing=corrected, text="7", reviewer=reviewer)
    assert owner.history(label="1") == []
    assert [each["id"] for each in owner.history(label="7")] == [str(corrected.pk)]


def test_it_finds_what_was_made_in_a_span_of_time(owner: Person) -> None:
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    made = [owner.draws() for _ in range(4)]
    for days, drawing in enumerate(made):
        Drawing.objects.filter(pk=drawing.pk).update(created_at=start + timedelta(days=days))

    def found(**span: str) -> list[int]:
        ids = [str(drawing.pk) for drawing in made]
        return sorted(ids.index(each["id"]) for each in owner.history(**span))

    assert found(**{"from": "2026-03-02T12:00:00Z"}) == [1, 2, 3]
    assert found(to="2026-03-02T12:00:00Z") == [0, 1]
    assert found(**{"from": "2026-03-02T00:00:00Z", "to": "2026-03-03T23:00:00Z"}) == [1, 2]
    assert found(**{"from": "2026-03-02T14:00:00+02:00"}) == [1, 2, 3]


def test_a_day_counts_from_its_first_moment_to_its_last(owner: Person) -> None:
    drawing = owner.draws()
    Drawing.objects.filter(pk=drawing.pk).update(created_at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert len(owner.history(**{"from": "2026-03-01", "to": "2026-03-01"})) == 1
    assert owner.history(to="2026-02-28") == []
    assert owner.history(**{"from": "2026-03-02"}) == []


def test_filters_narrow_each_other_and_stay_from_page_to_page(owner: Person, read_waiting: Read) -> None:
    for text in "7171":
        owner.say(owner.draws(text).pk, "7")
    read_waiting()
    page = owner.client.get(DRAWINGS, {"digit": "7", "label": "7", "limit": 1}).json()
    assert _texts(page["results"]) == ["7"]
    assert _texts(owner.client.get(page["next"]).json()["results"]) == ["7"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("digit", "seven"),
        ("digit", "٧"),
        ("label", "x"),
        ("label", "-1"),
        ("from", "yesterday"),
        ("to", "2026-13-01"),
        ("to", "9999-12-31T23:59:59-23:59"),
    ],
)
def test_a_filter_that_makes_no_sense_is_a_bad_value(owner: Person, name: str, value: str) -> None:
    answer = owner.client.get(DRAWINGS, {name: value})
    assert answer.status_code == 400
    error = error_of(answer)
    assert error["code"] == "bad_value"
    assert list(error["fields"]) == [name]


def _ids(shown: list[dict[str, Any]]) -> set[str]:
    return {each["id"] for each in shown}


def test_it_finds_digits_within_a_reading(owner: Person, read_waiting: Read) -> None:
    for text in ("142", "47"):
        owner.draws(text, mode="number")
    owner.draws("4")
    read_waiting()
    assert _texts(owner.history(text="42")) == ["142"]
    assert _texts(owner.history(text="4")) == ["4", "47", "142"]
    assert owner.history(text="24") == []


def _read_as(drawing: Drawing, text: str, *, sure: bool = True) -> None:
    drawing.predictions.filter(revision=drawing.revision, kind="live").update(text=text, sure=sure)


def test_it_finds_what_was_read_wrongly(owner: Person, reviewer: User, read_waiting: Read) -> None:
    """The label that stands is what counts: one that was withdrawn or rejected doesn't make a reading wrong."""
    right, wrong, withdrawn, rejected, relabelled, unlabelled = made = [owner.draws() for _ in range(6)]
    read_waiting()
    for drawing in made:
        _read_as(drawing, "7")
    owner.say(right.pk, "7")
    for drawing in (wrong, withdrawn, rejected):
        owner.say(drawing.pk, "1")
    owner.take_back(withdrawn.pk)
    review_labels.reject_label(label=rejected.labels.get(), reviewer=reviewer)
    owner.say(relabelled.pk, "7")
    review_labels.relabel(drawing=relabelled, text="1", reviewer=reviewer)
    assert _ids(owner.history(wrong="true")) == {str(wrong.pk), str(relabelled.pk)}
    others = {str(each.pk) for each in (right, withdrawn, rejected, unlabelled)}
    assert _ids(owner.history(wrong="false")) == others


def test_it_is_not_wrong_before_it_is_read(owner: Person) -> None:
    drawing = owner.draws()
    owner.say(drawing.pk, "1")
    assert owner.history(wrong="true") == []
    assert _ids(owner.history(wrong="false")) == {str(drawing.pk)}


def test_it_finds_what_was_read_without_being_sure(owner: Person, read_waiting: Read) -> None:
    sure, unsure = owner.draws(), owner.draws()
    read_waiting()
    _read_as(sure, "7")
    _read_as(unsure, "7", sure=False)
    assert _ids(owner.history(unsure="true")) == {str(unsure.pk)}
    assert _ids(owner.history(unsure="false")) == {str(sure.pk)}


def test_a_reading_by_another_model_changes_no_filter(owner: Person, read_waiting: Read) -> None:
    """What is shown counts: the live reading of the newest revision."""
    drawing = owner.draws()
    read_waiting()
    live = drawing.predictions.get()
    live.pk, live.kind, live.text, live.sure = None, "reread", "99", False
    live.save()
    assert owner.history(digit="99") == owner.history(text="9") == owner.history(unsure="true") == []


def test_filters_that_are_sent_empty_ask_for_nothing(owner: Person) -> None:
    owner.draws()
    assert len(owner.history(digit="", text="", wrong="", unsure="")) == 1


@pytest.mark.parametrize(
    ("name", "value"), [("text", "seven"), ("text", "9" * 65), ("wrong", "2"), ("unsure", "maybe")]
)
def test_a_new_filter_that_makes_no_sense_is_a_bad_value(owner: Person, name: str, value: str) -> None:
    answer = owner.client.get(DRAWINGS, {name: value})
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == [name]


def test_filters_find_nothing_of_another_visitors(owner: Person, outsider: Person, read_waiting: Read) -> None:
    owner.say(owner.draws().pk, "1")
    read_waiting()
    for name, value in {"text": "7", "wrong": "true", "unsure": "false", "digit": "7", "label": "1"}.items():
        assert outsider.history(**{name: value}) == []


@pytest.mark.parametrize("owners", [1, 2])
def test_someone_signed_in_has_the_drawings_of_all_their_cookies(db: None, reviewer: User, owners: int) -> None:
    people = [Person() for _ in range(owners)]
    made = [person.draws() for person in people]
    for drawing in made:
        drawing.owner.user = reviewer
        drawing.owner.save()
    listed = Person(user=reviewer).history()
    assert [each["id"] for each in listed] == [str(drawing.pk) for drawing in reversed(made)]
