"""A snapshot, once made, is what it is: numbered, hashed, with a manifest and the one before it, and never changed."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, transaction

from predictor.datasets import snapshots
from predictor.datasets.difference import Difference
from predictor.drawings import intake
from predictor.models import Dataset, DatasetItem, Owner
from predictor.review import labels as review_labels
from tests.predictor.stored import learn, writers


@pytest.fixture
def dataset(reviewer: User) -> Dataset:
    for owner in writers(6):
        learn(owner, reviewer)
    return snapshots.snapshot()


CHANGES: list[Callable[[Dataset], object]] = [
    lambda dataset: Dataset.objects.filter(pk=dataset.pk).update(counts={}),
    lambda dataset: Dataset.objects.filter(pk=dataset.pk).update(sealed=False),
    lambda dataset: Dataset(pk=dataset.pk, sha256="another").save(),
    lambda dataset: dataset.items.update(label="1"),
    lambda dataset: dataset.items.first().save(),
    lambda dataset: DatasetItem.objects.create(
        dataset=dataset, drawing_id="0" * 32, image_hash="x", label="7", side="train"
    ),
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_refuses_to_change_it(dataset: Dataset, change: Callable[[Dataset], object]) -> None:
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        change(dataset)
    assert snapshots.is_intact(Dataset.objects.get(pk=dataset.pk))


def test_migrating_again_leaves_the_guards_up(dataset: Dataset) -> None:
    call_command("migrate", verbosity=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        dataset.items.update(label="1")


def test_what_is_taken_out_of_it_shows_in_its_hash(dataset: Dataset) -> None:
    assert snapshots.is_intact(dataset)
    dataset.items.filter(pk=dataset.items.first().pk).delete()
    assert not snapshots.is_intact(dataset)


def test_one_of_before_there_were_manifests_keeps_its_hash(dataset: Dataset) -> None:
    items = dataset.items.order_by("drawing_id")
    lines = "".join(f"{item.drawing_id},{item.image_hash},{item.label},{item.side}\n" for item in items)
    old = Dataset.objects.create(sha256=hashlib.sha256(lines.encode()).hexdigest())
    for item in items:
        DatasetItem.objects.create(
            dataset=old,
            drawing_id=item.drawing_id,
            image_hash=item.image_hash,
            label=item.label,
            side=item.side,
        )
    assert snapshots.is_intact(old)


def test_its_manifest_says_what_it_holds_and_by_which_rule(dataset: Dataset) -> None:
    train = dataset.manifest["sides"]["train"]
    assert (train["drawings"], train["weight"], train["sources"]) == (5, 5.0, {"canvas": 5})
    assert train["writers"]["count"] == 5
    assert [named["share"] for named in train["writers"]["largest"]] == [0.2] * 5
    assert dataset.manifest["sides"]["validation"]["drawings"] == 1
    assert dataset.manifest["sides"]["test"]["drawings"] == 0
    assert dataset.manifest["rule"]["writer_share"] == 0.2
    assert dataset.manifest["left_out"] == {"picture on another side": 0, "near a held-out drawing": 0}


def test_the_first_has_no_parent_and_each_other_the_one_before(dataset: Dataset, writer: Owner, reviewer: User) -> None:
    assert dataset.parent is None
    learn(writer, reviewer)
    second = snapshots.snapshot()
    learn(writer, reviewer, "1")
    assert (second.parent, snapshots.snapshot().parent) == (dataset, second)


def test_it_knows_what_came_went_and_is_called_otherwise(dataset: Dataset, writer: Owner, reviewer: User) -> None:
    stays, goes, is_another, *_ = [learn(writer, reviewer) for _ in range(3)]
    before = snapshots.snapshot()
    assert before.manifest["difference"] == {"added": 3, "removed": 0, "relabelled": 0}
    intake.forget(drawing=goes)
    review_labels.relabel(drawing=is_another, text="1", reviewer=reviewer)
    came = learn(writer, reviewer, "3")
    after = snapshots.snapshot()
    assert after.manifest["difference"] == {"added": 1, "removed": 1, "relabelled": 1}
    difference = Difference(after)
    assert [item.drawing_id for item in difference.added] == [came.pk]
    assert [item.drawing_id for item in difference.removed] == [goes.pk]
    [relabelled] = difference.relabelled
    assert (relabelled.drawing_id, relabelled.before, relabelled.label) == (is_another.pk, "7", "1")
    assert after.items.filter(drawing_id=stays.pk).exists()
    assert dataset.manifest["difference"] is None


def test_another_rule_is_another_snapshot(dataset: Dataset, reviewer: User, settings) -> None:
    owner = Owner.objects.get(key="writer 0")
    [learn(owner, reviewer, "3") for _ in range(3)]
    one = snapshots.snapshot()
    settings.DATASETS = replace(settings.DATASETS, writer_share=0.25, writer_least=1)
    assert snapshots.snapshot() != one
