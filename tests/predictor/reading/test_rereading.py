"""After a promotion the labelled drawings are read again, when nobody waits, once each."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from predictor.models import Drawing, ModelVersion, Owner, Prediction, Rereading
from predictor.reading import activity, glances, idle_work, rereading
from predictor.reading import worker as predict_worker
from predictor.reading.serving import SERVING
from predictor.review import labels as review_labels
from predictor.versions import registry
from tests.predictor.artifacts import another_artifact
from tests.predictor.pictures import drawn
from tests.predictor.stored import learn, queued, store, writers


@pytest.fixture
def promoted(
    transactional_db: None,
    champion: ModelVersion,
    reviewer: User,
    read_waiting: Callable[[], int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> ModelVersion:
    """Ten labelled drawings and one without a label were read by the old champion; a new one has been promoted."""
    for owner in writers(10):
        learn(owner, reviewer)
    store(Owner.objects.create(key="says nothing"))
    read_waiting()
    version = registry.add_version(folder=another_artifact(tmp_path))
    registry.promote(version=version)
    monkeypatch.setattr(SERVING, "_serving", replace(SERVING.current(), version=version.pk))
    monkeypatch.setattr(activity, "_last_reading", 0.0)
    return version


def reread() -> list[Prediction]:
    return list(Prediction.objects.filter(kind="reread").order_by("pk"))


def test_each_labelled_drawing_is_read_by_the_new_champion_and_no_other(promoted: ModelVersion) -> None:
    idle_work.work()
    read = reread()
    assert len(read) == len({each.drawing_id for each in read}) == 10
    assert {(each.status, each.model_id, each.text) for each in read} == {("done", promoted.pk, "7")}
    assert all(each.glyphs and each.confidence and each.done_at for each in read)
    walk = Rereading.objects.get(version=promoted)
    assert (walk.walked, walk.total, walk.finished_at is not None) == (10, 10, True)
    assert not rereading.is_due()


def test_it_goes_in_small_batches_and_goes_on_where_it_was(promoted: ModelVersion) -> None:
    assert rereading.read_some() == rereading.BATCH
    walk = Rereading.objects.get(version=promoted)
    assert (walk.walked, walk.total, walk.finished_at) == (8, 10, None)
    assert (rereading.read_some(), rereading.read_some()) == (2, 0)
    assert len(reread()) == 10


def test_going_twice_over_the_same_drawings_changes_nothing(promoted: ModelVersion) -> None:
    idle_work.work()
    registry.begin_rereading(promoted)
    idle_work.work()
    assert len(reread()) == 10
    assert Rereading.objects.get(version=promoted).finished_at


def test_two_workers_do_not_read_the_same(promoted: ModelVersion, redis: Any) -> None:
    redis.set(rereading._LOCK, "1")
    assert rereading.read_some() == 0
    redis.delete(rereading._LOCK)
    assert rereading.read_some() == 8


def test_a_walk_that_began_anew_meanwhile_writes_nothing(
    promoted: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    isolate = rereading.isolate_drawing

    def isolate_late(drawing: Drawing, *arguments: Any, **options: Any) -> Any:
        registry.begin_rereading(promoted)
        return isolate(drawing, *arguments, **options)

    monkeypatch.setattr(rereading, "isolate_drawing", isolate_late)
    assert rereading.read_some() == 0
    assert (reread(), Rereading.objects.get(version=promoted).walked) == ([], 0)


def test_while_someone_waits_nothing_is_read_again(promoted: ModelVersion, writer: Owner) -> None:
    waiting = queued(writer)
    idle_work.work()
    assert reread() == []
    predict_worker.read(waiting.pk)
    idle_work.work()
    assert reread() == [], "they may be drawing on"


def test_while_someone_has_a_drawing_glanced_at_nothing_is_read_again(promoted: ModelVersion, redis: Any) -> None:
    blank = {"image": base64.b64encode(drawn("")).decode(), "width": 300, "height": 300, "mode": "digit"}
    redis.set(glances._key("one"), json.dumps(blank))
    predict_worker.read_glance("one")
    idle_work.work()
    assert reread() == []


def test_what_waits_in_vain_stops_nothing(promoted: ModelVersion, writer: Owner) -> None:
    waiting = queued(writer)
    long_ago = timezone.now() - timezone.timedelta(minutes=5)
    Prediction.objects.filter(pk=waiting.pk).update(created_at=long_ago)
    idle_work.work()
    assert len(reread()) == 10


def test_a_drawing_that_is_forgotten_meanwhile_is_not_read(
    promoted: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    isolate = rereading.isolate_drawing

    def forget(drawing: Drawing, *arguments: Any, **options: Any) -> Any:
        found = isolate(drawing, *arguments, **options)
        Drawing.objects.filter(pk=drawing.pk).delete()
        return found

    monkeypatch.setattr(rereading, "isolate_drawing", forget)
    idle_work.work()
    assert reread() == []
    assert Rereading.objects.get(version=promoted).finished_at


def test_a_picture_that_cannot_be_isolated_is_passed_by(promoted: ModelVersion) -> None:
    broken = rereading.labelled().order_by("pk").first()
    Drawing.objects.filter(pk=broken.pk).update(image=b"no picture")
    idle_work.work()
    assert len(reread()) == 9
    assert Rereading.objects.get(version=promoted).finished_at


def test_a_worker_that_has_not_loaded_the_champion_waits(
    promoted: ModelVersion, champion: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SERVING, "_serving", replace(SERVING.current(), version=champion.pk))
    assert rereading.read_some() == 0
    assert Rereading.objects.get(version=promoted).total is None


def test_after_a_rollback_the_former_champion_reads_what_it_has_not(
    promoted: ModelVersion,
    champion: ModelVersion,
    writer: Owner,
    reviewer: User,
    read_waiting: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    learn(writer, reviewer, "1")
    read_waiting()
    assert registry.rollback() == champion
    monkeypatch.setattr(SERVING, "_serving", replace(SERVING.current(), version=champion.pk))
    monkeypatch.setattr(activity, "_last_reading", 0.0)
    idle_work.work()
    [only] = reread()
    assert (only.drawing.owner, only.model, only.text) == (writer, champion, "1")


def test_what_a_reviewer_rejected_is_not_read_again(promoted: ModelVersion, reviewer: User) -> None:
    for drawing in Drawing.objects.filter(labels__isnull=False):
        review_labels.reject_label(label=drawing.labels.get(), reviewer=reviewer)
    idle_work.work()
    assert reread() == []


def test_the_heartbeat_uses_idle_time(promoted: ModelVersion) -> None:
    idle_work.start_if_idle()
    with idle_work._running:  # as soon as it is done
        assert len(reread()) == 10
