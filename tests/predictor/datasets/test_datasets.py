"""Snapshots: what may be learned from, by whom, and never changed again."""

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from ml import isolation
from ml.network.classes import NOT_A_DIGIT
from predictor.datasets import snapshot_glyphs, snapshots
from predictor.drawings import intake
from predictor.models import Dataset, DatasetItem, Drawing, Label, Owner
from predictor.review import labels as review_labels
from tests.predictor.pictures import pixels
from tests.predictor.stored import learn, store, writers


def _ids(dataset: Dataset, side: str = "train") -> set[Any]:
    return set(dataset.items.filter(side=side).values_list("drawing_id", flat=True))


def test_it_holds_what_was_consented_to_and_accepted(writer: Owner, reviewer: User) -> None:
    good = learn(writer, reviewer)
    without_consent = learn(writer, reviewer)
    intake.set_consent(drawing=without_consent, consent=False)
    store(writer, consent=True)
    proposed = store(writer, consent=True)
    review_labels.propose_label(drawing=proposed, text="7", owner=writer)
    rejected = learn(writer, reviewer)
    review_labels.reject_label(label=rejected.labels.get(), reviewer=reviewer)
    assert _ids(snapshots.snapshot()) == {good.pk}


def test_it_holds_the_newest_accepted_label_of_each(writer: Owner, reviewer: User) -> None:
    drawing = learn(writer, reviewer, said="1")
    review_labels.relabel(drawing=drawing, text="7", reviewer=reviewer)
    review_labels.propose_label(drawing=drawing, text="4", owner=writer)
    review_labels.accept_label(label=Label.objects.first(), reviewer=reviewer)
    item = snapshots.snapshot().items.get()
    assert (item.drawing_id, item.label) == (drawing.pk, "7")


def test_it_counts_per_side_and_label(reviewer: User) -> None:
    people = writers(5)
    for owner in people[:4]:
        learn(owner, reviewer, "7")
    learn(people[0], reviewer, "1")
    learn(people[0], reviewer, "", said="")
    learn(people[4], reviewer, "3")
    dataset = snapshots.snapshot()
    assert dataset.counts == {"train": {"7": 4, "1": 1, "": 1}, "validation": {"3": 1}, "test": {}}
    assert [snapshots.size(dataset, side) for side in ("train", "validation", "test")] == [6, 1, 0]


def test_no_writer_is_on_two_sides(reviewer: User) -> None:
    people = writers(12)
    for n in range(30):
        learn(people[n * 7 % 12], reviewer)
    sides: dict[int, set[str]] = {}
    for item in snapshots.snapshot().items.all():
        sides.setdefault(Drawing.objects.get(pk=item.drawing_id).owner_id, set()).add(item.side)
    assert len(sides) == 12
    assert all(len(found) == 1 for found in sides.values())
    assert set().union(*sides.values()) == {"train", "validation", "test"}


def test_someone_who_signs_in_with_a_cookie_of_another_side_leaves_training(reviewer: User) -> None:
    """Neither drawing changes side, and the writer isn't on two."""
    people = writers(5)
    for owner in people:
        learn(owner, reviewer)
    assert len(_ids(snapshots.snapshot())) == 4
    user = User.objects.create_user("someone")
    Owner.objects.filter(pk__in=(people[0].pk, people[4].pk)).update(user=user)
    dataset = snapshots.snapshot()
    assert len(_ids(dataset)) == 3
    assert _ids(dataset, "validation") == set(people[4].drawings.values_list("pk", flat=True))


def test_the_same_again_is_the_same_snapshot(writer: Owner, reviewer: User) -> None:
    learn(writer, reviewer)
    first = snapshots.snapshot()
    store(writer)
    assert snapshots.snapshot() == first
    assert Dataset.objects.count() == 1


def test_a_change_is_another_snapshot_and_the_first_stays_as_it_was(writer: Owner, reviewer: User) -> None:
    drawing = learn(writer, reviewer)
    first = snapshots.snapshot()
    items = list(first.items.values())
    changes: list[Callable[[], object]] = [
        lambda: learn(writer, reviewer, "1"),
        lambda: review_labels.relabel(drawing=drawing, text="1", reviewer=reviewer),
        lambda: intake.set_consent(drawing=drawing, consent=False),
    ]
    seen = {first.sha256}
    for change in changes:
        change()
        seen.add(snapshots.snapshot().sha256)
    assert len(seen) == 4
    assert list(Dataset.objects.get(pk=first.pk).items.values()) == items


def test_its_hash_is_over_what_it_holds(reviewer: User) -> None:
    for owner in writers(6):
        learn(owner, reviewer)
    dataset = snapshots.snapshot()
    items = dataset.items.order_by("drawing_id")
    lines = "".join(
        f"{item.drawing_id},{item.image_hash},{item.label},{item.side},{item.writer},{item.group},{item.weight:.6f}\n"
        for item in items
    )
    assert dataset.sha256 == hashlib.sha256(lines.encode()).hexdigest()


def test_the_order_of_events_does_not_matter(writer: Owner, reviewer: User) -> None:
    first, second = store(writer, consent=True), store(writer, "1", consent=True)
    hashes = set()
    for order in ((first, second), (second, first)):
        with transaction.atomic():
            for drawing in order:
                review_labels.relabel(drawing=drawing, text="7", reviewer=reviewer)
            hashes.add(snapshots.snapshot().sha256)
            transaction.set_rollback(True)
    assert len(hashes) == 1


def test_it_is_made_chunk_by_chunk(reviewer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for owner in writers(4):
        for _ in range(3):
            learn(owner, reviewer)
    whole = snapshots.snapshot()
    examples = snapshot_glyphs.examples(whole, "train")
    Dataset.objects.all().delete()
    monkeypatch.setattr(snapshots, "CHUNK", 5)
    monkeypatch.setattr(snapshot_glyphs, "CHUNK", 5)
    again = snapshots.snapshot()
    assert again.sha256 == whole.sha256
    assert again.items.count() == 12
    assert snapshot_glyphs.examples(again, "train").drawings == examples.drawings


def test_a_drawing_is_in_it_once(writer: Owner, reviewer: User) -> None:
    drawing = learn(writer, reviewer)
    dataset = snapshots.snapshot()
    with pytest.raises(IntegrityError), transaction.atomic():
        DatasetItem.objects.create(dataset=dataset, drawing_id=drawing.pk, image_hash="x", side="train")


def test_an_empty_site_has_an_empty_snapshot(db: None) -> None:
    dataset = snapshots.snapshot()
    assert dataset.items.count() == 0
    assert len(snapshot_glyphs.examples(dataset, "train")) == 0
    assert snapshot_glyphs.examples(dataset, "train").pixels.shape == (0, 28, 28)


# ── examples ──


def test_examples_are_isolated_as_the_site_isolates_them(writer: Owner, reviewer: User) -> None:
    drawing = learn(writer, reviewer, "3")
    found = snapshot_glyphs.examples(snapshots.snapshot(), "train")
    [expected] = isolation.isolate(pixels("3", side=100), "digit").glyphs
    assert np.array_equal(found.pixels, expected.pixels[None])
    assert found.labels.tolist() == [3]
    assert found.drawings == [drawing.pk]


def test_what_is_not_a_digit_has_a_class_of_its_own(writer: Owner, reviewer: User) -> None:
    learn(writer, reviewer, "4", said="")
    assert snapshot_glyphs.examples(snapshots.snapshot(), "train").labels.tolist() == [NOT_A_DIGIT]


def test_a_blank_sheet_teaches_nothing(writer: Owner, reviewer: User) -> None:
    learn(writer, reviewer, "", said="7")
    dataset = snapshots.snapshot()
    assert snapshots.size(dataset, "train") == 1
    assert len(snapshot_glyphs.examples(dataset, "train")) == 0


def test_each_side_has_its_own(reviewer: User) -> None:
    people = writers(10)
    for owner, digit in zip(people, "7777177773", strict=True):
        learn(owner, reviewer, digit)
    dataset = snapshots.snapshot()
    found = {side: snapshot_glyphs.examples(dataset, side).labels.tolist() for side in ("train", "validation", "test")}
    assert found == {"train": [7] * 8, "validation": [1], "test": [3]}


def test_a_forgotten_drawing_is_left_out(writer: Owner, reviewer: User) -> None:
    forgotten, kept = learn(writer, reviewer), learn(writer, reviewer)
    dataset = snapshots.snapshot()
    intake.forget(drawing=forgotten)
    assert snapshot_glyphs.examples(dataset, "train").drawings == [kept.pk]
    assert dataset.items.count() == 2, "the snapshot itself is never changed"


def test_a_drawing_whose_picture_is_another_one_now_is_left_out(writer: Owner, reviewer: User) -> None:
    drawing = learn(writer, reviewer)
    dataset = snapshots.snapshot()
    Drawing.objects.filter(pk=drawing.pk).update(image_hash="another")
    assert len(snapshot_glyphs.examples(dataset, "train")) == 0


def test_a_drawing_that_is_no_longer_consented_to_is_left_out(writer: Owner, reviewer: User) -> None:
    """Taken back between the snapshot and the training that it was made for."""
    drawing = learn(writer, reviewer)
    dataset = snapshots.snapshot()
    intake.set_consent(drawing=drawing, consent=False)
    assert len(snapshot_glyphs.examples(dataset, "train")) == 0


def test_a_number_teaches_each_of_its_digits(writer: Owner, reviewer: User, read_waiting: Callable[[], int]) -> None:
    learn(writer, reviewer, "472", mode="number")
    read_waiting()
    found = snapshot_glyphs.examples(snapshots.snapshot(), "train")
    assert found.labels.tolist() == [4, 7, 2]
    assert len(set(found.drawings)) == 1


def test_a_number_of_which_other_glyphs_were_read_teaches_nothing(
    writer: Owner, reviewer: User, read_waiting: Callable[[], int]
) -> None:
    learn(writer, reviewer, "472", said="47", mode="number")
    not_read = learn(writer, reviewer, "47", mode="number")
    dataset = snapshots.snapshot()
    assert len(snapshot_glyphs.examples(dataset, "train")) == 0
    read_waiting()
    assert set(snapshot_glyphs.examples(dataset, "train").drawings) == {not_read.pk}
