"""The admin: reviewers look, accept, relabel, reject; operators promote and retrain."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from predictor.datasets import snapshots
from predictor.models import Drawing, ForgottenDrawing, Label, ModelVersion, Owner, TrainingRun
from predictor.review import labels as review_labels
from predictor.versions import registry
from tests.predictor.artifacts import another_artifact, stored
from tests.predictor.people import Person
from tests.predictor.stored import learn, propose, store

DRAWINGS = "/admin/predictor/drawing/"
VERSIONS = "/admin/predictor/modelversion/"
TRAININGS = "/admin/predictor/trainingrun/"


def _act(desk: Client, action: str, *drawings: Any, path: str = DRAWINGS, **values: str) -> str:
    chosen = {"action": action, "_selected_action": [str(each.pk) for each in drawings], **values}
    answer = desk.post(path, chosen, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def _labels() -> list[tuple[str, str, str]]:
    return list(Label.objects.order_by("pk").values_list("text", "by", "state"))


def test_visitors_and_users_stay_outside(owner: Person) -> None:
    user = User.objects.create_user("someone")
    for person in (owner, Person(user=user)):
        for path in (DRAWINGS, VERSIONS, TRAININGS, "/admin/"):
            assert person.client.get(path).status_code == 302


def test_every_page_opens(
    desk: Client, champion: ModelVersion, writer: Owner, reviewer: User, read_waiting: Callable[[], int]
) -> None:

    drawing = learn(writer, reviewer)
    read_waiting()
    dataset = snapshots.snapshot()
    run = TrainingRun.objects.create(status="done", verdict="No worse.", dataset=dataset)
    for model, row in (
        ("drawing", drawing),
        ("modelversion", champion),
        ("trainingrun", run),
        ("dataset", dataset),
        ("owner", writer),
    ):
        assert desk.get(f"/admin/predictor/{model}/").status_code == 200
        assert desk.get(f"/admin/predictor/{model}/{row.pk}/change/").status_code == 200
    assert desk.get("/admin/").status_code == 200


def test_the_list_shows_the_picture_the_reading_and_the_label(
    desk: Client, writer: Owner, read_waiting: Callable[[], int]
) -> None:
    drawing = propose(writer, said="1")
    read_waiting()
    page = desk.get(DRAWINGS).content.decode()
    picture = reverse("api:image", args=[drawing.pk]) + "?part=box"
    assert f'src="{picture}"' in page
    assert desk.get(picture).status_code == 200
    assert '<td class="field-label">1</td>' in page
    assert "Proposed (visitor)" in page
    assert ">7<" in page


def test_the_list_asks_as_much_of_the_database_for_many_drawings_as_for_few(desk: Client, writer: Owner) -> None:
    asked = []
    for _ in range(2):
        for _ in range(8):
            propose(writer)
        with CaptureQueriesContext(connection) as captured:
            desk.get(DRAWINGS)
        asked.append(len(captured))
        assert not any('"image"' in query["sql"].partition("FROM")[0] for query in captured.captured_queries)
    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ("label=proposed", {"7", "1"}),
        ("label=disagrees", {"1"}),
        ("label=accepted", {"4"}),
        ("label=rejected", {"3"}),
        ("label=none", {"0"}),
        ("sure=yes", {"7", "1", "4", "3", "0"}),
        ("sure=no", set()),
        ("sure=waiting", set()),
    ],
)
def test_drawings_are_found_by_what_was_said_of_them(
    desk: Client, writer: Owner, reviewer: User, read_waiting: Callable[[], int], chosen: str, found: set[str]
) -> None:
    made = {
        "7": propose(writer, "7"),
        "1": propose(writer, "1", said="7"),
        "4": learn(writer, reviewer, "4"),
        "3": propose(writer, "3"),
        "0": store(writer, "0"),
    }
    review_labels.reject_label(label=made["3"].labels.get(), reviewer=reviewer)
    read_waiting()
    page = desk.get(f"{DRAWINGS}?{chosen}")
    listed = {drawing.pk for drawing in page.context["cl"].result_list}
    assert {text for text, drawing in made.items() if drawing.pk in listed} == found


def test_a_reviewer_accepts_what_visitors_say(desk: Client, writer: Owner, reviewer: User) -> None:
    drawings = [propose(writer), propose(writer)]
    page = _act(desk, "accept", *drawings)
    assert "2 accepted." in page
    assert _labels() == [("7", "visitor", "accepted")] * 2
    assert set(Label.objects.values_list("decided_by", flat=True)) == {reviewer.pk}
    writer.refresh_from_db()
    assert writer.side == "train"


def test_a_reviewer_rejects_what_visitors_say(desk: Client, writer: Owner) -> None:
    _act(desk, "reject", propose(writer, said="1"))
    assert _labels() == [("1", "visitor", "rejected")]


def test_a_reviewer_gives_the_right_answer(desk: Client, writer: Owner) -> None:
    page = _act(desk, "relabel", propose(writer, said="1"), text="7")
    assert "1 relabelled." in page
    assert _labels() == [("1", "visitor", "rejected"), ("7", "reviewer", "accepted")]


def test_an_answer_that_is_none_is_refused(desk: Client, writer: Owner) -> None:
    page = _act(desk, "relabel", propose(writer), text="seven")
    assert "A label is one digit" in page
    assert _labels() == [("7", "visitor", "proposed")]


def test_a_drawing_of_which_nothing_was_said_is_passed_over(desk: Client, writer: Owner) -> None:
    page = _act(desk, "accept", store(writer), propose(writer))
    assert "1 accepted. 1 had no label." in page


def test_the_proposal_is_decided_on_also_where_an_older_label_was_accepted(
    desk: Client, writer: Owner, reviewer: User
) -> None:
    drawing = learn(writer, reviewer, said="1")
    review_labels.propose_label(drawing=drawing, text="7", owner=writer)
    _act(desk, "accept", drawing)
    assert _labels() == [("1", "visitor", "accepted"), ("7", "visitor", "accepted")]


def test_whoever_may_only_look_only_looks(writer: Owner) -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_drawing"))
    client = Client()
    client.force_login(clerk)
    drawing = propose(writer)
    assert client.get(DRAWINGS).status_code == 200
    client.post(DRAWINGS, {"action": "accept", "_selected_action": [str(drawing.pk)]})
    client.post(DRAWINGS, {"action": "relabel", "_selected_action": [str(drawing.pk)], "text": "1"})
    assert _labels() == [("7", "visitor", "proposed")]


def test_nothing_is_changed_by_hand(desk: Client, champion: ModelVersion, writer: Owner) -> None:
    """Only the site itself writes rows; a form that posts to one changes nothing."""
    drawing = store(writer)
    for path in (f"{DRAWINGS}{drawing.pk}/change/", f"{VERSIONS}{champion.pk}/change/", f"{DRAWINGS}add/"):
        assert desk.post(path, {"mode": "number"}).status_code == 403


def test_a_drawing_that_is_deleted_here_does_not_come_back_either(desk: Client, owner: Person) -> None:
    first, second = owner.draws(), owner.draws()
    assert desk.post(f"{DRAWINGS}{first.pk}/delete/", {"post": "yes"}).status_code == 302
    _act(desk, "delete_selected", second, post="yes")
    assert not Drawing.objects.exists()
    assert set(ForgottenDrawing.objects.values_list("pk", flat=True)) == {first.pk, second.pk}
    assert owner.put(first.pk, 2).status_code == 404


def test_an_operator_promotes_a_version(desk: Client, champion: ModelVersion, tmp_path: Any) -> None:
    other = registry.add_version(folder=another_artifact(tmp_path))
    assert "Choose one version" in _act(desk, "promote", champion, other, path=VERSIONS)
    assert f"Version {other.pk} is the champion" in _act(desk, "promote", other, path=VERSIONS)
    assert registry.champion() == other


def test_a_damaged_version_is_not_promoted(desk: Client, champion: ModelVersion, tmp_path: Any) -> None:
    other = registry.add_version(folder=another_artifact(tmp_path))
    stored(other).unlink()
    assert "can&#x27;t be promoted" in _act(desk, "promote", other, path=VERSIONS)
    assert registry.champion() == champion


def test_the_champion_is_not_deleted(desk: Client, champion: ModelVersion) -> None:
    assert desk.post(f"{VERSIONS}{champion.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [str(champion.pk)], "post": "yes"}
    assert desk.post(VERSIONS, chosen).status_code == 403
    assert registry.champion() == champion


def test_every_list_s_whole_page_can_be_chosen(settings: Any) -> None:
    others = 10  # what else a list's form sends
    for listed in admin.site._registry.values():
        longest = max(listed.list_per_page, listed.list_max_show_all)
        assert longest + others < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS, listed


def test_an_operator_starts_a_training(
    transactional_db: None, desk: Client, champion: ModelVersion, writer: Owner, reviewer: User, redis: Any
) -> None:
    start = reverse("admin:predictor_trainingrun_start")
    assert start in desk.get(TRAININGS).content.decode()
    assert "nothing to learn from" in desk.post(start, follow=True).content.decode()
    learn(writer, reviewer)
    assert "is queued" in desk.post(start, follow=True).content.decode()
    assert TrainingRun.objects.get().status == "queued"
    assert redis.llen("digitsite:train") == 1
    assert desk.get(start).status_code == 405


def test_a_reviewer_without_the_right_does_not_start_one(champion: ModelVersion) -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_trainingrun"))
    client = Client()
    client.force_login(clerk)
    answer = client.post(reverse("admin:predictor_trainingrun_start"), follow=True)
    assert "You may not start a training" in answer.content.decode()
    assert not TrainingRun.objects.exists()


def test_a_form_of_another_site_starts_nothing(reviewer: User, champion: ModelVersion) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(reviewer)
    assert browser.post(reverse("admin:predictor_trainingrun_start")).status_code == 403


def test_relabelling_with_an_empty_box_changes_nothing_and_none_means_not_a_digit(desk: Client, writer: Owner) -> None:
    drawing = propose(writer)
    assert "Type the right answer first" in _act(desk, "relabel", drawing, text=" ")
    assert _labels() == [("7", "visitor", "proposed")]
    assert "1 relabelled." in _act(desk, "relabel", drawing, text="None")
    assert _labels() == [("7", "visitor", "rejected"), ("", "reviewer", "accepted")]
