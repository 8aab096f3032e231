"""How much each drawing of a snapshot counts: near-duplicates share one weight, and no writer has more than a share."""

import io
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pytest_django import Settings

from ml import isolation
from ml.glyphs.perceptual_hash import NOTHING, perceptual_hash
from predictor import errors
from predictor.datasets import balance, snapshot_glyphs, snapshots
from predictor.drawings import duplicates
from predictor.drawings.duplicates import hamming_distance
from predictor.models import Drawing, Owner
from predictor.reading import hashing
from tests.predictor.pictures import drawn, pixels, saved
from tests.predictor.stored import learn, store, writers


def _hash(picture: Any, mode: Any = "digit") -> int:
    return perceptual_hash(isolation.isolate(np.asarray(picture), mode).glyphs)


def _weights(dataset: Any) -> dict[Any, float]:
    return dict(dataset.items.values_list("drawing_id", "weight"))


# ── hashes ──


@pytest.mark.parametrize("text", ["3", "472"])
def test_the_same_drawing_saved_otherwise_looks_the_same(text: str) -> None:
    mode = "digit" if len(text) == 1 else "number"
    picture = Image.fromarray(pixels(text))
    perceptual_hash = _hash(picture, mode)
    width, height = picture.size
    others = [
        picture.resize((width // 2, height // 2), Image.Resampling.BOX),
        Image.eval(picture, lambda value: value // 2 + 100),
        Image.eval(picture, lambda value: 255 - value),
        Image.open(io.BytesIO(saved(picture, "JPEG", quality=60))),
    ]
    larger = Image.new("RGB", (width + 80, height + 60), "white")
    larger.paste(picture, (60, 10))
    for other in (*others, larger):
        assert hamming_distance(perceptual_hash, _hash(other, mode)) <= 2


def test_other_hands_and_other_digits_look_different() -> None:
    hashes = [_hash(pixels(text, hand=hand)) for text in "2347" for hand in range(5)]
    assert all(hamming_distance(one, other) > 2 for one, other in combinations(hashes, 2))


def test_a_blank_sheet_looks_like_nothing() -> None:
    assert _hash(pixels("")) == NOTHING


def test_every_revision_has_its_own_hash(owner: Any) -> None:
    drawing = owner.draws("7")
    hashing.hash_all()
    drawing.refresh_from_db()
    assert drawing.perceptual_hash == _hash(pixels("7"))
    owner.put(drawing.pk, 2, drawn("3"))
    hashing.hash_all()
    drawing.refresh_from_db()
    assert drawing.perceptual_hash == _hash(pixels("3"))


def test_drawings_without_a_hash_are_hashed_before_a_snapshot(writer: Owner, reviewer: User) -> None:
    drawings = [learn(writer, reviewer), store(writer, "47", mode="number"), store(writer, "")]
    before = [drawing.perceptual_hash for drawing in drawings]
    Drawing.objects.update(perceptual_hash=None)
    with pytest.raises(errors.Conflict, match="still being read"):
        snapshots.snapshot()
    hashing.hash_all()
    assert snapshots.snapshot()
    assert [Drawing.objects.get(pk=drawing.pk).perceptual_hash for drawing in drawings] == before


# ── near-duplicates ──


def test_near_duplicates_are_found_whoever_sent_them_and_the_nearest_first(
    writer: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing, *others = [store(writer, "3", hand=hand) for hand in range(5)]
    for other, bits in zip(others, (0b1, 0b0, 0b11 << 62, 0b111), strict=True):
        flipped = (drawing.perceptual_hash ^ bits) & (2**64 - 1)
        Drawing.objects.filter(pk=other.pk).update(perceptual_hash=flipped - 2**64 * (flipped >> 63))
    assert duplicates.duplicates_of(drawing) == [others[1], others[0], others[2]]
    monkeypatch.setattr(duplicates, "MOST", 1)
    assert duplicates.duplicates_of(drawing) == [others[1]]


def test_they_are_found_without_looking_at_every_drawing(writer: Owner) -> None:
    drawing = store(writer)
    with CaptureQueriesContext(connection) as captured:
        duplicates.duplicates_of(drawing)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{captured[0]['sql']}")
        plan = str(cursor.fetchall())
    # PostgreSQL reads a table of one row as it is.
    assert connection.vendor != "sqlite" or all(f"drawing_hash_band_{place}" in plan for place in range(4)), plan


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=8), st.integers(0, 3), st.data())
def test_whatever_is_within_so_many_bits_of_a_leader_is_found(hashes: list[int], bits: int, data: Any) -> None:
    groups = duplicates.Groups(bits=bits)
    leading = [groups.join(member, perceptual_hash) for member, perceptual_hash in enumerate(hashes)]
    for member, leader in enumerate(leading):
        nearest = min((hamming_distance(hashes[member], hashes[other]) for other in leading[:member]), default=64)
        distance = hamming_distance(hashes[member], hashes[leader])
        assert nearest > bits if leader == member else distance == nearest <= bits
    flips = data.draw(st.lists(st.integers(0, 63), max_size=bits, unique=True))
    perceptual_hash = hashes[0]
    for flip in flips:
        perceptual_hash ^= 1 << flip
    joined = groups.join(99, perceptual_hash)
    assert joined != 99
    assert hamming_distance(hashes[joined], perceptual_hash) <= bits


def test_fifty_of_one_kind_are_evidence_once(reviewer: User) -> None:
    fifty, others = writers(2)
    many = [learn(fifty, reviewer, "3", hand=1) for _ in range(6)]
    one = learn(others, reviewer, "3", hand=2)
    found = snapshot_glyphs.examples(snapshots.snapshot(), "train").one_of_each_group()
    assert len(found) == len(set(found.groups)) == len(found.weights) == 2
    assert set(found.drawings) - {one.pk} <= {drawing.pk for drawing in many}


def test_fifty_of_one_kind_count_as_one(reviewer: User) -> None:
    fifty, others = writers(2)
    many = [learn(fifty, reviewer, "3", hand=1) for _ in range(6)]
    one = learn(others, reviewer, "3", hand=2)
    dataset = snapshots.snapshot()
    weights = _weights(dataset)
    assert [round(weights[drawing.pk], 4) for drawing in many] == [0.1667] * 6
    assert weights[one.pk] == 1
    assert len(set(dataset.items.values_list("group", flat=True))) == 2
    assert dataset.manifest["sides"]["train"]["near_duplicates"] == {"groups": 1, "drawings": 6}


def test_the_same_picture_with_another_label_is_of_another_group(reviewer: User) -> None:
    one, other = writers(2)
    learn(one, reviewer, "3", hand=1)
    learn(other, reviewer, "3", said="8", hand=1)
    assert set(_weights(snapshots.snapshot()).values()) == {1.0}


# ── shares ──


def _capped(totals: list[float], *, share: float, least: float = 0) -> list[float]:
    """What writers of so much weight have after the cap."""
    weights = np.concatenate([np.ones(int(total)) for total in totals])
    whose = np.repeat(np.arange(len(totals)), np.array(totals, int))
    return np.bincount(whose, balance.capped(weights, whose, share=share, least=least)).round(3).tolist()


def test_nobody_has_more_than_a_share() -> None:
    assert _capped([2000, *[10] * 30], share=0.2) == [75, *[10] * 30]
    assert _capped([500, 400, *[10] * 6], share=0.25) == [30, 30, *[10] * 6]
    assert _capped([10] * 10, share=0.2) == [10] * 10


def test_on_a_site_of_few_nothing_is_lost() -> None:
    assert _capped([500], share=0.2, least=50) == [500]
    assert _capped([40, 3, 1], share=0.2, least=50) == [40, 3, 1]
    assert _capped([500, 3, 1], share=0.2, least=50) == [50, 3, 1]


@given(st.lists(st.integers(1, 300), min_size=1, max_size=20), st.floats(0.05, 1), st.integers(1, 60))
def test_a_cap_scales_only_down_keeps_order_and_holds(totals: list[int], share: float, least: int) -> None:
    after = np.array(_capped([float(total) for total in totals], share=share, least=least))
    before = np.array(totals)
    assert np.all(after <= before + 0.01)
    assert np.all(after[np.argsort(before)][:-1] <= after[np.argsort(before)][1:] + 0.01)
    assert np.any(after > before - 0.01), "somebody's count in full"
    if len(totals) * share >= 1:
        assert after.max() <= max(least, share * after.sum()) + 0.1


def test_a_snapshot_caps_a_writer_who_drew_most_of_it(reviewer: User, settings: Settings) -> None:
    settings.DATASETS = replace(settings.DATASETS, writer_share=0.5, writer_least=1)
    much, *few = writers(3)
    many = [learn(much, reviewer, "7", hand=hand) for hand in range(1, 9)]
    [learn(owner, reviewer, "3") for owner in few]
    dataset = snapshots.snapshot()
    weights = _weights(dataset)
    assert sum(weights[drawing.pk] for drawing in many) == pytest.approx(2, abs=0.01)
    shares = dataset.manifest["sides"]["train"]["writers"]
    assert shares["count"] == 3
    assert shares["largest"][0] == {"writer": much.pk, "drawings": 8, "share": 0.8, "weight": 0.5}


def test_a_person_with_two_cookies_is_one_writer(reviewer: User) -> None:
    one, other, third = writers(3)
    Owner.objects.filter(pk__in=(one.pk, other.pk)).update(user=User.objects.create_user("someone"))
    for owner in (one, other, third):
        learn(owner, reviewer)
    assert snapshots.snapshot().manifest["sides"]["train"]["writers"]["count"] == 2


def test_examples_say_whose_they_are_what_they_look_like_and_what_they_weigh(reviewer: User) -> None:
    one, other = writers(2)
    [learn(one, reviewer, "3", hand=1) for _ in range(2)]
    learn(other, reviewer, "7")
    found = snapshot_glyphs.examples(snapshots.snapshot(), "train")
    by_label = sorted(zip(found.labels.tolist(), found.writers, found.weights.tolist(), strict=True))
    assert by_label == [(3, one.pk, 0.5), (3, one.pk, 0.5), (7, other.pk, 1.0)]
    assert len(set(found.groups)) == 2
