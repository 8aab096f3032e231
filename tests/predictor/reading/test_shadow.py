"""A version in the shadow reads a share of the live drawings, after the answer, and nobody sees it."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from predictor import errors
from predictor.models import Drawing, ModelVersion, Owner, Prediction
from predictor.reading import activity, idle_work
from predictor.reading import worker as predict_worker
from predictor.reading.shadow_readings import NOTED, SHADOW
from predictor.review import labels as review_labels
from predictor.versions import loading, registry
from predictor.versions import shadow as shadowing
from tests.predictor.artifacts import another_artifact, stored
from tests.predictor.people import Person
from tests.predictor.stored import queued, store


class _Contrary:
    """Reads an eight in everything."""

    version = 0
    finder = None

    def read(self, candidates: list[list[Any]]) -> list[dict[str, Any]]:
        return [{"text": "8", "confidence": 0.9, "sure": True, "glyphs": []} for _ in candidates]


@pytest.fixture
def candidate(champion: ModelVersion, tmp_path: Path) -> ModelVersion:
    return registry.add_version(folder=another_artifact(tmp_path))


@pytest.fixture
def shadow(
    transactional_db: None, candidate: ModelVersion, reader: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModelVersion]:
    """The candidate in the shadow of every drawing, as a worker knows it."""
    shadowing.begin(version=candidate, share=1.0)
    monkeypatch.setattr(loading, "load_reader", lambda _number: reader)
    monkeypatch.setattr(activity, "QUIET_SECONDS", 0.0)
    SHADOW.refresh()
    yield candidate
    shadowing.end()
    SHADOW.refresh()


def shadows() -> list[Prediction]:
    return list(Prediction.objects.filter(kind="shadow").order_by("pk"))


def test_it_reads_what_was_answered_and_changes_nothing_of_it(
    shadow: ModelVersion, champion: ModelVersion, writer: Owner, read_waiting: Callable[[], int]
) -> None:
    drawing = store(writer)
    read_waiting()
    assert shadows() == [], "not before the answer"
    idle_work.work()
    [read] = shadows()
    assert (read.drawing, read.revision, read.status, read.text) == (drawing, 1, "done", "7")
    assert (read.model, bool(read.glyphs)) == (shadow, True)
    assert (drawing.live_prediction.model, drawing.live_prediction.text) == (champion, "7")
    idle_work.work()
    assert len(shadows()) == 1


def test_nobody_sees_it(shadow: ModelVersion, worker: None, owner: Person) -> None:
    drawn = owner.draws()
    idle_work.work()
    assert len(shadows()) == 1
    answer = owner.get(drawn.pk).json()
    assert answer["prediction"]["model"] == str(registry.champion_id())
    assert owner.client.get(f"/drawings/{drawn.pk}/").content.decode().count("Version") <= 1


def test_of_a_drawing_only_the_newest_revision_is_read(
    shadow: ModelVersion, writer: Owner, read_waiting: Callable[[], int]
) -> None:
    drawing = store(writer)
    read_waiting()
    Drawing.objects.filter(pk=drawing.pk).update(revision=2)
    idle_work.work()
    assert shadows() == []


def test_a_drawing_that_is_forgotten_is_not_read(
    shadow: ModelVersion, writer: Owner, read_waiting: Callable[[], int]
) -> None:
    store(writer).delete()
    read_waiting()
    store(writer)
    read_waiting()
    Drawing.objects.all().delete()
    idle_work.work()
    assert shadows() == []


def test_a_share_of_the_drawings_is_read_always_the_same(shadow: ModelVersion) -> None:
    ids = [Drawing().pk for _ in range(2000)]
    SHADOW._share = 0.25
    wanted = [pk for pk in ids if SHADOW._wants(pk)]
    assert 400 < len(wanted) < 600
    assert wanted == [pk for pk in ids if SHADOW._wants(pk)]


def test_what_is_read_again_is_not_shown_to_it(shadow: ModelVersion, writer: Owner) -> None:
    prediction = queued(writer)
    Prediction.objects.filter(pk=prediction.pk).update(kind="reread")
    predict_worker.read(prediction.pk)
    assert not SHADOW.is_due


def test_a_worker_remembers_no_more_than_it_may(shadow: ModelVersion) -> None:
    live = Prediction(kind="live", drawing_id=Drawing().pk, revision=1)
    SHADOW.note([live] * 1000)
    assert len(SHADOW._answered) == NOTED


def test_when_it_leaves_the_shadow_what_was_noted_is_forgotten(
    shadow: ModelVersion, writer: Owner, read_waiting: Callable[[], int]
) -> None:
    store(writer)
    read_waiting()
    assert shadowing.end() == shadow
    SHADOW.refresh()
    idle_work.work()
    assert (shadows(), SHADOW.is_due) == ([], False)


def test_a_worker_that_cannot_load_it_does_without_and_leaves_it_to_others(
    shadow: ModelVersion,
    writer: Owner,
    reader: Any,
    read_waiting: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_number: int) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(SHADOW, "_failed", None)
    monkeypatch.setattr(loading, "load_reader", fail)
    for _ in range(2):
        store(writer)
        read_waiting()
        idle_work.work()
    shadow.refresh_from_db()
    assert (shadow.shadowing, shadow.error) == (True, "")
    assert caplog.text.count("this worker tries again every 60 s") == 1
    monkeypatch.setattr(loading, "load_reader", lambda _number: reader)
    monkeypatch.setattr(SHADOW, "_retry_at", 0.0)
    store(writer)
    read_waiting()
    idle_work.work()
    assert len(shadows()) == 1


def test_idle_work_that_keeps_failing_is_logged_once(
    shadow: ModelVersion, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> int:
        raise RuntimeError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(SHADOW, "read_some", fail)
        for _ in range(3):
            _do_idle_work()
    assert caplog.text.count("Idle work failed") == 1
    _do_idle_work()
    monkeypatch.setattr(SHADOW, "read_some", fail)
    _do_idle_work()
    assert caplog.text.count("Idle work failed") == 2


def _do_idle_work() -> None:
    """As its thread does."""
    idle_work._running.acquire()
    idle_work._run()


# ── which one, and how it does ──


def test_one_version_at_a_time_stands_in_the_shadow(candidate: ModelVersion, tmp_path: Path) -> None:
    other = registry.add_version(folder=another_artifact(tmp_path))
    shadowing.begin(version=candidate)
    shadowing.begin(version=other, share=0.5)
    assert shadowing.current() == other
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.update(shadowing=True)


def test_the_champion_casts_no_shadow(champion: ModelVersion, candidate: ModelVersion) -> None:
    with pytest.raises(errors.Conflict, match="it is the champion"):
        shadowing.begin(version=champion)
    shadowing.begin(version=candidate)
    registry.promote(version=candidate)
    assert shadowing.current() is None
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(pk=candidate.pk).update(shadowing=True)


def test_a_damaged_version_does_not_stand_in_the_shadow(candidate: ModelVersion) -> None:
    stored(candidate).unlink()
    with pytest.raises(registry.UnreadableVersion):
        shadowing.begin(version=candidate)
    assert shadowing.current() is None


def test_how_often_it_agrees_and_who_was_right_where_it_does_not(
    shadow: ModelVersion,
    writer: Owner,
    reviewer: User,
    read_waiting: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store(writer)
    read_waiting()
    idle_work.work()
    monkeypatch.setattr(SHADOW, "_serving", _Contrary())
    monkeypatch.setattr(_Contrary, "version", shadow.pk)
    sevens = [store(writer) for _ in range(3)]
    read_waiting()
    idle_work.work()
    for drawing, truth in zip(sevens, ("7", "8"), strict=False):
        review_labels.relabel(drawing=drawing, text=truth, reviewer=reviewer)
    found = shadowing.compare(shadow)
    assert (found.read, found.agreed, found.judged) == (4, 1, 2)
    assert (found.champion_right, found.version_right) == (1, 1)
    newest = found.differences[0]
    assert (newest.drawing_id, newest.text, newest.answered, newest.truth) == (sevens[2].pk, "8", "7", None)
    monkeypatch.setattr(shadowing, "COMPARED", 2)
    lately = shadowing.compare(shadow)
    assert (lately.read, [each.drawing_id for each in lately.differences]) == (2, [sevens[2].pk, sevens[1].pk])


def _run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("shadow", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_puts_a_version_there_says_how_it_does_and_takes_it_away(candidate: ModelVersion) -> None:
    assert "No version is in the shadow" in _run()
    assert f"Version {candidate.pk} reads 25% of" in _run(str(candidate.pk), "--share", "0.25")
    candidate.refresh_from_db()
    assert (candidate.shadowing, candidate.shadow_share) == (True, 0.25)
    assert f"Version {candidate.pk} has read 0 drawings" in _run()
    assert f"Version {candidate.pk} is out of the shadow" in _run("--off")
    assert "No version was in the shadow" in _run("--off")


@pytest.mark.parametrize("share", ["0", "-0.1", "1.1", "nan"])
def test_a_share_that_is_none_is_refused(candidate: ModelVersion, share: str) -> None:
    with pytest.raises(CommandError, match="above 0, up to 1"):
        _run(str(candidate.pk), "--share", share)


def test_an_unknown_version_is_named(champion: ModelVersion) -> None:
    with pytest.raises(CommandError, match="There is no version '99'"):
        _run("99")
