"""A drawing never changes side, nobody is on two, and what was held out once is never trained on."""

from collections import defaultdict
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml.sources.labelled.sets import Labelled
from predictor.datasets.importing import import_labelled
from predictor.drawings import intake
from predictor.models import Dataset, DatasetItem, Drawing, Owner, PictureSide, Side
from predictor.review import labels as review_labels
from tests.predictor.people import Person
from tests.predictor.pictures import drawn, pixels
from tests.predictor.stored import learn, snapshot, store, writers


def _item(dataset: Dataset, drawing: Drawing) -> DatasetItem | None:
    return dataset.items.filter(drawing_id=drawing.pk).first()


def _imported(owner: str, text: str = "7", *, hand: int = 0) -> Drawing:
    picture = pixels(text, side=100, hand=hand)
    [(drawing, _)] = import_labelled([Labelled(picture, text, "", "row")], owner=owner, accept=True)
    return drawing


@pytest.fixture
def held_out(reviewer: User) -> Owner:
    """A writer on the test side, after eight others."""
    people = writers(10)
    for owner in people:
        learn(owner, reviewer)
    found = Owner.objects.get(pk=people[9].pk)
    assert found.side == Side.TEST
    return found


def test_a_picture_that_was_held_out_and_forgotten_is_not_learned_from_when_it_is_imported_again(
    held_out: Owner, reviewer: User
) -> None:
    drawing = learn(held_out, reviewer, "3", hand=7)
    assert _item(snapshot(), drawing).side == Side.TEST
    intake.forget(drawing=drawing)
    again = _imported("a school", "3", hand=7)
    assert Owner.objects.get(pk=again.owner_id).side == Side.TRAIN
    dataset = snapshot()
    assert _item(dataset, again) is None
    assert dataset.manifest["left_out"]["picture on another side"] == 1


def test_a_picture_that_was_trained_on_is_never_held_out(held_out: Owner, writer: Owner, reviewer: User) -> None:
    trained = learn(writer, reviewer, "3", hand=7)
    assert _item(snapshot(), trained).side == Side.TRAIN
    intake.forget(drawing=trained)
    assert _item(snapshot(), learn(held_out, reviewer, "3", hand=7)) is None


def test_of_a_picture_on_two_sides_the_held_out_one_stays(held_out: Owner, writer: Owner, reviewer: User) -> None:
    trained, tested = learn(writer, reviewer, "3", hand=7), learn(held_out, reviewer, "3", hand=7)
    dataset = snapshot()
    assert _item(dataset, trained) is None
    assert _item(dataset, tested).side == Side.TEST


def test_what_looks_like_a_held_out_drawing_is_not_trained_on(held_out: Owner, writer: Owner, reviewer: User) -> None:
    trained, tested = store(writer, "3", hand=7, consent=True), learn(held_out, reviewer, "3", hand=8)
    Drawing.objects.filter(pk=trained.pk).update(perceptual_hash=tested.perceptual_hash ^ 3)
    review_labels.relabel(drawing=trained, text="3", reviewer=reviewer)
    dataset = snapshot()
    assert _item(dataset, trained) is None
    assert _item(dataset, tested) is not None
    assert dataset.manifest["left_out"]["near a held-out drawing"] == 1
    # Another label is another drawing.
    review_labels.relabel(drawing=trained, text="4", reviewer=reviewer)
    assert _item(snapshot(), trained) is not None


def test_someone_with_two_cookies_is_on_the_side_that_is_held_out_more(reviewer: User) -> None:
    people = writers(10)
    drawings = [learn(owner, reviewer) for owner in people]
    sides = list(Owner.objects.filter(key__startswith="writer ").order_by("pk").values_list("side", flat=True))
    assert [sides.index(side) for side in ("validation", "test")] == [4, 9]
    user = User.objects.create_user("someone")
    Owner.objects.filter(pk__in=(people[4].pk, people[9].pk)).update(user=user)
    dataset = snapshot()
    assert _item(dataset, drawings[4]) is None
    assert (_item(dataset, drawings[9]).side, _item(dataset, drawings[9]).writer) == (Side.TEST, people[4].pk)


def test_the_database_holds_everybody_and_everything_to_their_side(held_out: Owner, writer: Owner) -> None:
    drawing = store(writer)
    snapshot()
    changes: list[Any] = [
        lambda: Owner.objects.filter(pk=held_out.pk).update(side=Side.TRAIN),
        lambda: Drawing.objects.filter(pk=drawing.pk).update(owner=held_out),
        lambda: PictureSide.objects.update(side=Side.TRAIN),
    ]
    for change in changes:
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            change()


# ── whatever people do ──

DEEDS = st.one_of(
    st.tuples(st.just("draw"), st.integers(0, 9), st.integers(0, 3)),
    st.tuples(st.just("sign in"), st.integers(0, 9), st.integers(0, 2)),
    st.tuples(st.just("forget"), st.integers(0, 30)),
    st.tuples(st.just("leave"), st.integers(0, 2)),
    st.tuples(st.just("import"), st.integers(0, 3), st.integers(0, 3)),
    st.tuples(st.just("snapshot")),
)


class _Site:
    """Ten visitors' browsers, three accounts, an importer, and all that was ever in a snapshot."""

    def __init__(self, reviewer: User) -> None:
        self.reviewer = reviewer
        self.visitors = [Person() for _ in range(10)]
        self.sides: defaultdict[object, set[str]] = defaultdict(set)
        for number in range(10):
            self.draw(number, number % 4)

    def draw(self, visitor: int, hand: int) -> None:
        sent = self.visitors[visitor].send(drawn("7", side=100, hand=hand), consent=True)
        drawing = Drawing.objects.get(pk=sent.json()["id"])
        review_labels.relabel(drawing=drawing, text="7", reviewer=self.reviewer)

    def sign_in(self, visitor: int, account: int) -> None:
        user = User.objects.get_or_create(username=f"user {account}")[0]
        self.visitors[visitor].client.force_login(user)

    def forget(self, number: int) -> None:
        drawings = list(Drawing.objects.order_by("created_at"))
        if drawings:
            intake.forget(drawing=drawings[number % len(drawings)])

    def leave(self, account: int) -> None:
        """Someone's account is deleted, with all they sent."""
        User.objects.filter(username=f"user {account}").delete()

    def bring_in(self, school: int, hand: int) -> None:
        _imported(f"school {school}", "7", hand=hand)

    def snapshot(self) -> None:
        dataset = snapshot()
        owners = {owner.pk: owner for owner in Owner.objects.all()}
        whose = dict(Drawing.objects.values_list("pk", "owner"))
        people: defaultdict[object, set[str]] = defaultdict(set)
        for item in dataset.items.all():
            self.sides[item.drawing_id].add(item.side)
            self.sides[item.image_hash].add(item.side)
            owner = owners[whose[item.drawing_id]]
            people[f"user {owner.user_id}" if owner.user_id else owner.key].add(item.side)
        assert all(len(found) == 1 for found in people.values()), "nobody is on two sides"
        assert all(len(found) == 1 for found in self.sides.values()), "nothing changes side, in no snapshot"


@given(st.lists(DEEDS, min_size=5, max_size=25))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_people_do_nothing_that_was_held_out_is_ever_trained_on(
    db: None, deeds: list[tuple[Any, ...]]
) -> None:
    with transaction.atomic():
        site = _Site(User.objects.create_superuser("a reviewer"))
        does = {"draw": site.draw, "sign in": site.sign_in, "forget": site.forget, "leave": site.leave}
        does |= {"import": site.bring_in, "snapshot": site.snapshot}
        for deed, *values in deeds:
            does[deed](*values)
        site.snapshot()
        transaction.set_rollback(True)
