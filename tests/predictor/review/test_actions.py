"""What reviewers did can be read later, and undone."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, transaction
from django.test import Client

from predictor.errors import Conflict
from predictor.models import Drawing, Label, Owner, ReviewAction, ReviewItem
from predictor.review import action_log as review_actions
from predictor.review import labels as review_labels
from tests.predictor.reviews import Desk, labels, waiting

LOG = "/admin/predictor/reviewaction/"


pytestmark = pytest.mark.usefixtures("no_lots")


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk()


def _is_open(drawing: Drawing) -> bool:
    return ReviewItem.objects.filter(drawing=drawing, closed_at=None).exists()


@pytest.mark.parametrize(
    ("said", "answer", "after"),
    [
        ("7", "7", [("7", "visitor", "accepted")]),
        ("1", "7", [("1", "visitor", "rejected"), ("7", "reviewer", "accepted")]),
        ("1", "", [("1", "visitor", "rejected"), ("", "reviewer", "accepted")]),
        (None, "7", [("7", "reviewer", "accepted")]),
        (None, "4", [("4", "reviewer", "accepted")]),
    ],
)
def test_an_undo_puts_every_label_back_and_the_drawing_in_the_queue(
    writer: Owner, desk: Desk, said: str | None, answer: str, after: list[tuple[str, str, str]]
) -> None:
    drawing = waiting(writer, said=said, confidence=0.5)
    before = list(Label.objects.values())
    desk.decides(drawing, answer)
    assert labels(drawing) == after
    assert not _is_open(drawing)
    [shown] = desk.undo()
    assert shown["id"] == str(drawing.pk)
    assert list(Label.objects.filter(by="visitor").values()) == before
    assert [state for _, by, state in labels(drawing) if by == "reviewer"] in ([], ["withdrawn"])
    assert _is_open(drawing)
    assert "action" in desk.answer(shown, answer), "it is theirs again, to answer anew"


def test_undo_goes_back_step_by_step_also_after_going_on(writer: Owner, desk: Desk) -> None:
    drawings = [waiting(writer, said=said) for said in ("7", "1", "4")]
    for drawing in drawings:
        desk.decides(drawing)
    back = [desk.undo()[0]["id"] for _ in drawings]
    assert back == [str(drawing.pk) for drawing in reversed(drawings)]
    assert desk.ask("undo").status_code == 404
    assert all(labels(drawing)[0][2] == "proposed" for drawing in drawings)


def test_an_older_one_is_undone_later_and_the_others_stay(writer: Owner, desk: Desk) -> None:
    first, second = waiting(writer, said="1"), waiting(writer)
    action = desk.decides(first)
    desk.decides(second)
    desk.undo(action)
    assert labels(first) == [("1", "visitor", "proposed"), ("7", "reviewer", "withdrawn")]
    assert labels(second) == [("7", "visitor", "accepted")]


def test_a_skip_is_undone_too(writer: Owner, desk: Desk) -> None:
    drawing = waiting(writer)
    desk.decides(drawing, None)
    assert [each["id"] for each in desk.undo()] == [str(drawing.pk)]


def test_what_later_decisions_build_on_is_undone_after_them(writer: Owner, desk: Desk) -> None:
    drawing = waiting(writer, said="1")
    first = desk.decides(drawing)
    review_labels.relabel(drawing=drawing, text="4", reviewer=desk.user)
    answer = desk.ask("undo", action=first)
    assert answer.status_code == 409
    assert "undo the newest decision first" in answer.json()["error"]["message"]
    assert labels(drawing)[2] == ("4", "reviewer", "accepted")
    desk.undo()
    assert labels(drawing)[:2] == [("1", "visitor", "rejected"), ("7", "reviewer", "accepted")]
    desk.undo()
    assert [state for _, _, state in labels(drawing)] == ["proposed", "withdrawn", "withdrawn"]


def test_nothing_is_undone_twice(writer: Owner, desk: Desk) -> None:
    desk.decides(waiting(writer))
    action = ReviewAction.objects.get()
    review_actions.undo(action=action, by=desk.user)
    with pytest.raises(Conflict, match="already"):
        review_actions.undo(action=action, by=desk.user)


def test_an_undo_that_is_asked_twice_undoes_nothing_else_and_shows_the_same(writer: Owner, desk: Desk) -> None:
    """As a browser does that lost the first answer."""
    first, second = waiting(writer), waiting(writer, said="1")
    desk.decides(first)
    action = desk.decides(second)
    shown = desk.undo(action)
    assert [each["id"] for each in shown] == [str(second.pk)]
    assert desk.undo(action) == shown
    assert labels(first) == [("7", "visitor", "accepted")]
    assert "action" in desk.answer(shown[0], "7")


def test_a_stroke_whose_undo_is_asked_twice_is_shown_whole_again(writer: Owner, desk: Desk) -> None:
    older = waiting(writer)
    desk.decides(older)
    for _ in range(3):
        waiting(writer)
    answers = [{"id": each["id"], "revision": 1, "text": "7"} for each in desk.next(50, reading="7")]
    done = desk.ask("answers", answers=answers, batch=True).json()["done"]
    shown = desk.undo(done[0]["action"])
    assert [each["id"] for each in shown] == [each["id"] for each in answers]
    assert desk.undo(done[0]["action"]) == shown
    assert labels(older) == [("7", "visitor", "accepted")]


@pytest.mark.parametrize("since", ["answered", "released"])
def test_what_is_no_longer_theirs_is_not_shown_by_the_second_undo(writer: Owner, desk: Desk, since: str) -> None:
    drawing = waiting(writer)
    action = desk.decides(drawing)
    [shown] = desk.undo(action)
    if since == "answered":
        desk.answer(shown, "4")
    else:
        desk.ask("release", ids=[shown["id"]])
        Desk("bert").next()
    before = (labels(drawing), list(ReviewItem.objects.values()))
    assert desk.undo(action) == []
    assert (labels(drawing), list(ReviewItem.objects.values())) == before


def test_what_another_has_undone_is_nothing_to_undo(writer: Owner, desk: Desk) -> None:
    action = desk.decides(waiting(writer))
    review_actions.undo(action=ReviewAction.objects.get(), by=Desk("bert").user)
    answer = desk.ask("undo", action=action)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "Somebody else has undone this already."


def test_the_page_knows_which_answer_an_undo_takes_back(writer: Owner, desk: Desk) -> None:
    assert desk.ask("next", count=0).json()["progress"]["newest"] is None
    first, second = desk.decides(waiting(writer)), desk.decides(waiting(writer))
    Desk("bert").decides(waiting(writer))
    assert desk.ask("next", count=0).json()["progress"]["newest"] == second
    progress = [desk.ask("undo", action=action).json()["progress"]["newest"] for action in (second, first)]
    assert progress == [first, None]


def test_a_visitor_who_said_something_else_meanwhile_has_one_proposal_still(writer: Owner, desk: Desk) -> None:
    drawing = waiting(writer, said="1")
    review_labels.reject_label(label=drawing.labels.get(), reviewer=desk.user)
    review_labels.propose_label(drawing=drawing, text="7", owner=writer)
    desk.undo()
    assert labels(drawing) == [("1", "visitor", "withdrawn"), ("7", "visitor", "proposed")]


def test_nobody_undoes_on_the_page_what_another_did(writer: Owner, desk: Desk) -> None:
    action = desk.decides(waiting(writer))
    other = Desk("bert")
    assert other.ask("undo").status_code == 404
    assert other.ask("undo", action=action).status_code == 404


def test_a_stroke_in_the_grid_is_undone_as_a_whole(writer: Owner, desk: Desk) -> None:
    drawings = [waiting(writer, said=said) for said in ("7", "7", "1")]
    shown = desk.next(50, reading="7")
    answers = [{"id": each["id"], "revision": 1, "text": "7"} for each in shown]
    done = desk.ask("answers", answers=answers, batch=True).json()["done"]
    assert {each["action"] for each in done} == set(ReviewAction.objects.values_list("pk", flat=True))
    assert len(set(ReviewAction.objects.values_list("batch", flat=True))) == 1
    back = desk.undo(done[1]["action"])
    assert [each["id"] for each in back] == [each["id"] for each in shown]
    assert [labels(drawing)[0][2] for drawing in drawings] == ["proposed"] * 3


def test_a_stroke_is_undone_whole_or_not_at_all(writer: Owner, desk: Desk) -> None:
    drawings = [waiting(writer), waiting(writer)]
    shown = desk.next(50, reading="7")
    desk.ask("answers", answers=[{"id": each["id"], "revision": 1, "text": "7"} for each in shown], batch=True)
    review_labels.relabel(drawing=drawings[0], text="4", reviewer=Desk("bert").user)
    assert desk.ask("undo").status_code == 409
    assert labels(drawings[1]) == [("7", "visitor", "accepted")]


# ── the log ──


def test_everything_a_reviewer_did_can_be_read_later(writer: Owner, desk: Desk) -> None:
    drawing = waiting(writer, said="1")
    desk.decides(drawing)
    action = ReviewAction.objects.get()
    assert (action.reviewer, action.read, action.said, action.text) == (desk.user, "7", "1", "7")
    assert (action.lane, action.reasons) == (("7", "disagrees", "1"), ["disagrees"])
    desk.undo()
    page = desk.client.get(LOG).content.decode()
    assert "Answered: 7" in page
    assert "by anna" in page
    assert desk.client.get(f"{LOG}{action.pk}/change/").status_code == 200


def test_decisions_in_the_admins_list_stand_there_as_well(writer: Owner, desk: Desk) -> None:
    drawings = [waiting(writer), waiting(writer, said="1"), waiting(writer, said="4")]
    for drawing, action in zip(drawings, ("accept", "reject", "relabel"), strict=True):
        chosen = {"action": action, "_selected_action": [str(drawing.pk)], "text": "7"}
        desk.client.post("/admin/predictor/drawing/", chosen)
    done = list(ReviewAction.objects.order_by("pk").values_list("what", "text", "said"))
    assert done == [("answered", "7", "7"), ("rejected", None, "1"), ("answered", "7", "4")]


def test_the_same_decision_again_is_no_second_action(writer: Owner, reviewer: User) -> None:
    label = waiting(writer).labels.get()
    review_labels.accept_label(label=label, reviewer=reviewer)
    review_labels.accept_label(label=label, reviewer=reviewer)
    assert ReviewAction.objects.count() == 1


def test_an_administrator_undoes_in_the_log_what_anyone_did(writer: Owner, desk: Desk) -> None:
    first, second = waiting(writer, said="1"), waiting(writer)
    actions = [Desk("bert").decides(first), desk.decides(second)]
    page = desk.client.post(LOG, {"action": "undo", "_selected_action": actions}, follow=True).content.decode()
    assert "2 undone." in page
    assert _is_open(first)
    assert _is_open(second)
    assert set(ReviewAction.objects.values_list("undone_by__username", flat=True)) == {"anna"}
    page = desk.client.post(LOG, {"action": "undo", "_selected_action": actions[:1]}, follow=True).content.decode()
    assert "This was undone already" in page


def test_the_log_is_changed_by_nobody(writer: Owner, desk: Desk) -> None:
    action = desk.decides(waiting(writer))
    assert desk.client.post(f"{LOG}{action}/delete/", {"post": "yes"}).status_code == 403
    assert desk.client.post(f"{LOG}{action}/change/", {"text": "1"}).status_code == 403
    assert desk.client.get(f"{LOG}add/").status_code == 403
    assert ReviewAction.objects.get().text == "7"


def test_a_drawing_is_deleted_with_what_was_done_to_it_though_that_alone_is_not(writer: Owner, desk: Desk) -> None:
    drawing = waiting(writer)
    desk.decides(drawing)
    desk.client.post(f"/admin/predictor/drawing/{drawing.pk}/delete/", {"post": "yes"})
    assert not ReviewAction.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"what": "guessed"},
        {"purpose": "fun"},
        {"text": None},
        {"what": "skipped"},
        {"purpose": "check", "changes": [{"label": 1}]},
    ],
)
def test_the_database_refuses_an_action_that_makes_no_sense(writer: Owner, desk: Desk, wrong: dict[str, Any]) -> None:
    desk.decides(waiting(writer))
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewAction.objects.update(**wrong)


def test_a_known_answer_is_an_answer(writer: Owner) -> None:
    waiting(writer)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewItem.objects.update(known=True)


def test_who_is_no_reviewer_undoes_nothing(writer: Owner, desk: Desk) -> None:
    action = desk.decides(waiting(writer))
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_reviewaction"))
    client = Client()
    client.force_login(clerk)
    client.post(LOG, {"action": "undo", "_selected_action": [action]})
    assert ReviewAction.objects.get().undone_at is None
