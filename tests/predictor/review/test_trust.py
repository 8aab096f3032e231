"""Visitors whose labels can't be trusted: flagged, capped, excluded, and readmitted."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from predictor.datasets import snapshots
from predictor.datasets.learnable import learnable
from predictor.datasets.snapshot_glyphs import each_drawing
from predictor.models import Label, Owner, ReviewItem
from predictor.review import labels as review_labels
from tests.predictor.people import Person
from tests.predictor.reviews import Desk, waiting

OWNERS = "/admin/predictor/owner/"
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def rules(settings: Any) -> None:
    lots = {"audit_share": 0, "second_share": 0, "check_share": 0}
    settings.REVIEW = replace(settings.REVIEW, **lots, flag_after=4, flagged_daily=6)


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk()


@pytest.fixture
def poisoner(db: None) -> Owner:
    return Owner.objects.create(key="poisoner")


def _reject(desk: Desk, owner: Owner, count: int) -> None:
    for _ in range(count):
        review_labels.relabel(drawing=waiting(owner, said="1"), text="7", reviewer=desk.user)
    owner.refresh_from_db()


def _accept(desk: Desk, owner: Owner, count: int) -> None:
    for _ in range(count):
        review_labels.relabel(drawing=waiting(owner), text="7", reviewer=desk.user)
    owner.refresh_from_db()


def test_who_is_rejected_more_often_than_not_is_flagged(desk: Desk, poisoner: Owner, writer: Owner) -> None:
    _reject(desk, poisoner, 3)
    assert poisoner.flagged_at is None, "a few are no habit"
    _reject(desk, poisoner, 1)
    assert poisoner.flagged_at
    _accept(desk, writer, 4)
    _reject(desk, writer, 4)
    assert writer.flagged_at is None, "half of them are not more than half"


def test_who_errs_now_and_then_is_not_flagged_though_the_errors_are_reviewed_first(desk: Desk, poisoner: Owner) -> None:
    for _ in range(12):
        waiting(poisoner)
    _reject(desk, poisoner, 8)
    assert poisoner.flagged_at is None
    _reject(desk, poisoner, 5)
    assert poisoner.flagged_at, "more wrong ones than plausible ones"


def test_the_flag_goes_where_the_decisions_are_undone_or_better_ones_follow(desk: Desk, poisoner: Owner) -> None:
    _reject(desk, poisoner, 4)
    desk.undo()
    poisoner.refresh_from_db()
    assert poisoner.flagged_at is None
    _reject(desk, poisoner, 1)
    assert poisoner.flagged_at
    _accept(desk, poisoner, 4)
    assert poisoner.flagged_at is None


def test_only_the_newest_labels_count(desk: Desk, poisoner: Owner, settings: Any) -> None:
    settings.REVIEW = replace(settings.REVIEW, flag_among=6)
    _reject(desk, poisoner, 20)
    _accept(desk, poisoner, 3)
    assert poisoner.flagged_at is None


def test_what_a_flagged_visitor_sends_says_so(desk: Desk, poisoner: Owner, writer: Owner) -> None:
    _reject(desk, poisoner, 4)
    theirs, another = waiting(poisoner, said="1"), waiting(writer)
    flagged = {each["id"]: each["flagged"] for each in desk.next(2)}
    assert flagged == {str(theirs.pk): True, str(another.pk): False}


def test_no_more_than_a_few_of_theirs_are_reviewed_in_a_day(desk: Desk, poisoner: Owner, writer: Owner) -> None:
    for _ in range(9):
        waiting(poisoner, said="1")
    other = waiting(writer, said="4")
    for _ in range(4):
        desk.answer(next(each for each in desk.next(5) if each["said"] == "1"), "7")
        desk.ask("release", ids=[str(pk) for pk in ReviewItem.objects.values_list("pk", flat=True)])
    poisoner.refresh_from_db()
    assert poisoner.flagged_at
    for _ in range(2):
        [shown] = [each for each in desk.next(2) if each["said"] == "1"][:1]
        desk.answer(shown, "7")
        desk.ask("release", ids=[str(pk) for pk in ReviewItem.objects.values_list("pk", flat=True)])
    assert [each["id"] for each in desk.next(20)] == [str(other.pk)], "six of theirs are enough for today"
    tomorrow = timezone.now() + timedelta(days=1)
    left = ReviewItem.objects.filter(closed_at=None, drawing__owner=poisoner)
    assert left.count() == 3
    assert all(timezone.now() < item.free_at <= tomorrow for item in left)


def test_one_request_for_many_takes_no_more_of_theirs_and_fills_up_with_others(
    desk: Desk, poisoner: Owner, writer: Owner
) -> None:
    _reject(desk, poisoner, 4)  # of the six of today
    for confidence in (0.99, 0.6, 0.6, 0.6):
        waiting(poisoner, said="1")
        waiting(poisoner, said=None, confidence=confidence)
    others = {str(waiting(writer, said=said).pk) for said in "14"}
    shown = desk.next(5, reading="7")
    theirs = [each for each in shown if each["flagged"]]
    assert (len(theirs), {each["id"] for each in shown if not each["flagged"]}) == (2, others)
    assert desk.next(5, reading="7") == []


def test_what_a_flagged_visitor_has_too_much_of_hides_nobody_else(
    desk: Desk, poisoner: Owner, writer: Owner, settings: Any
) -> None:
    settings.REVIEW = replace(settings.REVIEW, flagged_daily=4)
    _reject(desk, poisoner, 4)
    for _ in range(5):
        waiting(poisoner, said="1", confidence=0.999)
    other = waiting(writer, said="1", confidence=0.99)
    assert [each["id"] for each in desk.next(2)] == [str(other.pk)]


def _choose(desk: Desk, action: str, *owners: Owner) -> str:
    chosen = {"action": action, "_selected_action": [owner.pk for owner in owners]}
    return desk.client.post(OWNERS, chosen, follow=True).content.decode()


def test_who_is_excluded_is_neither_reviewed_nor_learned_from(desk: Desk, poisoner: Owner, writer: Owner) -> None:
    for owner in (poisoner, writer):
        _accept(desk, owner, 2)
        waiting(owner)
    assert learnable().count() == 4
    older = snapshots.snapshot()
    assert "1 excluded." in _choose(desk, "exclude_owners", poisoner)
    assert set(learnable().values_list("owner", flat=True)) == {writer.pk}
    assert {kept.drawing.owner_id for kept in each_drawing(older, "train")} == {writer.pk}
    waiting(poisoner)
    assert set(ReviewItem.objects.values_list("drawing__owner", flat=True)) == {writer.pk}
    assert Label.objects.filter(drawing__owner=poisoner, state="accepted").count() == 2, "for the way back"
    assert LogEntry.objects.get().change_message == "Excluded."


@pytest.mark.parametrize("query", ["", "?all="])
def test_a_whole_page_is_excluded_at_once(desk: Desk, query: str) -> None:
    Owner.objects.bulk_create(Owner(key=f"poisoner {number}") for number in range(120))
    page = list(desk.client.get(f"{OWNERS}{query}").context["cl"].result_list)
    assert len(page) >= 20
    assert f"{len(page)} excluded." in _choose(desk, "exclude_owners", *page)


def test_who_is_taken_back_in_comes_with_all_they_sent(desk: Desk, poisoner: Owner) -> None:
    _accept(desk, poisoner, 2)
    waiting(poisoner)
    before = set(ReviewItem.objects.values_list("pk", "answer", "closed_at"))
    _choose(desk, "exclude_owners", poisoner)
    assert "1 readmitted." in _choose(desk, "readmit_owners", poisoner)
    assert set(ReviewItem.objects.values_list("pk", "answer", "closed_at")) == before
    assert learnable().count() == 2
    assert "0 readmitted." in _choose(desk, "readmit_owners", poisoner)


def test_a_person_is_excluded_with_every_cookie_they_signed_in_with(desk: Desk, db: None) -> None:
    person = User.objects.create_user("someone")
    at_home, at_school = (Owner.objects.create(key=key, user=person) for key in ("home", "school"))
    assert "2 excluded." in _choose(desk, "exclude_owners", at_home)
    at_school.refresh_from_db()
    assert at_school.excluded_at


def _sign_in(person: Person) -> None:
    assert person.client.post("/accounts/login/", {"username": "someone", "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("excluded", ["account", "cookie"])
def test_an_exclusion_comes_along_to_an_account_and_from_it(desk: Desk, excluded: str) -> None:
    person = User.objects.create_user("someone", password=PASSWORD)
    account = Owner.objects.create(key="account", user=person)
    visitor = Person()
    cookie = visitor.as_owner()
    for owner in (account, cookie):
        waiting(owner)
        _accept(desk, owner, 1)
    _choose(desk, "exclude_owners", {"account": account, "cookie": cookie}[excluded])
    assert ReviewItem.objects.exists()
    _sign_in(visitor)
    assert not Owner.objects.filter(user=person, excluded_at=None).exists()
    assert not ReviewItem.objects.exists()
    assert not learnable().exists()
    assert "2 readmitted." in _choose(desk, "readmit_owners", account)


def test_who_is_not_excluded_signs_in_as_they_are(desk: Desk, poisoner: Owner) -> None:
    _choose(desk, "exclude_owners", poisoner)
    visitor = Person()
    visitor.as_owner()
    User.objects.create_user("someone", password=PASSWORD)
    _sign_in(visitor)
    assert not Owner.objects.exclude(pk=poisoner.pk).filter(excluded_at__isnull=False).exists()


def test_an_undo_does_not_bring_an_excluded_visitors_drawing_back(desk: Desk, poisoner: Owner) -> None:
    _accept(desk, poisoner, 1)
    _choose(desk, "exclude_owners", poisoner)
    assert desk.undo() == []
    assert not ReviewItem.objects.exists()


def test_the_list_of_owners_says_what_became_of_their_labels(desk: Desk, poisoner: Owner) -> None:
    _reject(desk, poisoner, 4)
    _accept(desk, poisoner, 1)
    page = desk.client.get(f"{OWNERS}?standing=flagged")
    [listed] = page.context["cl"].result_list
    assert (listed.accepted, listed.rejected) == (1, 4)
    assert not desk.client.get(f"{OWNERS}?standing=excluded").context["cl"].result_list


def test_only_who_may_change_owners_excludes_them(poisoner: Owner) -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_owner"))
    _choose(Desk("clerk"), "exclude_owners", poisoner)
    poisoner.refresh_from_db()
    assert poisoner.excluded_at is None
