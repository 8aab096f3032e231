"""Reading what is queued: once each, whatever happens to the messages."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from ml import glyphs
from ml.glyphs.perceptual_hash import NOTHING, perceptual_hash
from predictor import tasks
from predictor.drawings import intake
from predictor.models import Drawing, ModelVersion, Owner, Prediction
from predictor.reading import hashing, queue, serving
from predictor.reading import worker as predict_worker
from predictor.reading.stored_pictures import find_candidates, picture_of
from tests.ml.drawing import printed, side_by_side
from tests.pictures import png
from tests.predictor.pictures import drawn
from tests.predictor.stored import Send, queued, states


@pytest.fixture
def read_waiting_later(
    request: pytest.FixtureRequest, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], int]:
    """There is no champion, until this is called: then there is, and what waits is read."""
    monkeypatch.setattr(serving.SERVING, "_serving", None)
    monkeypatch.setattr(serving.SERVING, "_seen_at", -math.inf)

    def read() -> int:
        redis.flushall()
        done: int = request.getfixturevalue("read_waiting")()
        return done

    return read


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_woken_reads_what_waits(champion: ModelVersion, send: Send, redis: Any) -> None:
    prediction = send("3")
    tasks.work()
    prediction.refresh_from_db()
    assert (prediction.status, prediction.text, prediction.sure) == ("done", "3", True)
    assert prediction.model == champion
    assert prediction.done_at >= prediction.created_at
    assert prediction.read_ms > 0
    assert prediction.isolated_ms > 0


def test_read_twice_it_stays_as_it_was(champion: ModelVersion, send: Send) -> None:
    prediction = send()
    predict_worker.read(prediction.pk)
    before = Prediction.objects.values().get()
    assert predict_worker.read(prediction.pk) == 0
    assert Prediction.objects.values().get() == before


def test_a_row_that_is_gone_is_ignored(champion: ModelVersion, db: None) -> None:
    assert predict_worker.read(10**9) == 0


def test_what_was_forgotten_while_it_was_read_stays_forgotten(
    champion: ModelVersion, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    prediction = send()
    _meanwhile(monkeypatch, lambda: intake.forget(drawing=prediction.drawing))
    predict_worker.read(prediction.pk)
    assert not Prediction.objects.exists()
    assert not Drawing.objects.exists()


def test_what_was_superseded_while_it_was_read_stays_superseded(
    champion: ModelVersion, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    prediction = send()
    _meanwhile(monkeypatch, lambda: Prediction.objects.update(status="superseded"))
    predict_worker.read(prediction.pk)
    prediction.refresh_from_db()
    assert (prediction.status, prediction.text, prediction.model) == ("superseded", "", None)


def _meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Something happens between finding the rows and writing what was read."""
    read = serving.Serving.read

    def slowly(self: Any, candidates: Any) -> Any:
        found = read(self, candidates)
        happens()
        return found

    monkeypatch.setattr(serving.Serving, "read", slowly)


def test_a_reading_takes_along_what_waits_beside_it(champion: ModelVersion, send: Send) -> None:
    for digit in "0123":
        send(digit)
    last = send("7")
    assert predict_worker.read(last.pk) == 5
    assert "".join(Prediction.objects.order_by("pk").values_list("text", flat=True)) == "01237"


def test_a_batch_has_its_limit_and_holds_the_one_that_was_asked_for(
    champion: ModelVersion, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict_worker, "BATCH", 3)
    for _ in range(5):
        send()
    last = send()
    assert predict_worker.read(last.pk) == 4
    assert states() == ["done", "done", "done", "queued", "queued", "done"]


def test_digits_numbers_and_blanks_are_read_together(champion: ModelVersion, send: Send) -> None:
    for text, mode in (("7", "digit"), ("", "digit"), ("472", "number"), ("", "number"), ("1", "number")):
        send(text, mode=mode)
    predict_worker.read(Prediction.objects.first().pk)
    assert list(Prediction.objects.order_by("pk").values_list("text", flat=True)) == ["7", "", "472", "", "1"]


def test_a_number_on_printed_lines_is_read(champion: ModelVersion, writer: Owner) -> None:
    picture = printed(side_by_side(4, 2, 9, 5, gap=-30), period=7, line=170, rise=0.1)
    sent = intake.Submission(data=png(picture), mode="number", source="upload", consent=False)
    prediction = Prediction.objects.get(drawing=intake.add_drawing(owner=writer, submission=sent)[0])
    predict_worker.read(prediction.pk)
    prediction.refresh_from_db()
    assert prediction.text == "4295"


def test_a_blank_canvas_is_read_as_nothing_and_that_for_sure(champion: ModelVersion, send: Send) -> None:
    prediction = send("")
    predict_worker.read(prediction.pk)
    prediction.refresh_from_db()
    assert prediction.status == "done"
    assert (prediction.text, prediction.confidence, prediction.sure, prediction.glyphs) == ("", None, True, [])


def test_a_second_worker_keeps_off_what_the_first_is_reading(
    champion: ModelVersion, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    prediction = send()
    read_by_the_second: list[int] = []
    _meanwhile(monkeypatch, lambda: read_by_the_second.append(predict_worker.read(prediction.pk)))
    assert predict_worker.read(prediction.pk) == 1
    assert read_by_the_second == [0]


def test_what_a_worker_died_over_is_read_by_another_once_its_claim_runs_out(
    champion: ModelVersion, send: Send, redis: Any
) -> None:
    prediction = send()
    assert predict_worker._claim([prediction.pk]) == [prediction.pk]
    assert predict_worker.read(prediction.pk) == 0
    [claim] = redis.keys("digitsite:claim:*")
    assert 0 < redis.ttl(claim) <= predict_worker.CLAIM_SECONDS
    redis.delete(claim)
    assert predict_worker.read(prediction.pk) == 1


def test_what_cannot_be_read_is_failed_and_says_why(
    champion: ModelVersion, send: Send, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: Any) -> None:
        raise ValueError("the network is broken")

    send()
    prediction = send()
    monkeypatch.setattr(serving.Serving, "read", fails)
    predict_worker.read(prediction.pk)
    assert states() == ["failed", "failed"]
    prediction.refresh_from_db()
    assert prediction.error == "ValueError: the network is broken"
    assert prediction.done_at is not None
    assert "the network is broken" in caplog.text


def test_the_worker_isolates_a_drawing_and_hashes_it(champion: ModelVersion, writer: Owner) -> None:
    sent = intake.Submission(data=drawn("7"), mode="digit", source="canvas")
    drawing, prediction = intake.add_drawing(owner=writer, submission=sent)
    assert (prediction.preprocessing_version, drawing.perceptual_hash) == (0, None)
    predict_worker.read(prediction.pk)
    prediction.refresh_from_db()
    drawing.refresh_from_db()
    assert (prediction.text, prediction.preprocessing_version) == ("7", glyphs.VERSION)
    assert drawing.perceptual_hash == perceptual_hash(find_candidates(picture_of(drawing), None).glyphs)


def test_one_broken_picture_does_not_hold_up_the_others(
    champion: ModelVersion, send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    broken, whole = send(), send()
    Drawing.objects.filter(pk=broken.drawing_id).update(image=b"broken")
    predict_worker.read(whole.pk)
    assert states() == ["failed", "done"]
    broken.refresh_from_db()
    assert "UnknownFormat" in broken.error
    assert "UnknownFormat" in caplog.text


def test_while_no_network_can_be_loaded_rows_stay_queued(
    db: None, send: Send, monkeypatch: pytest.MonkeyPatch, read_waiting_later: Callable[[], int]
) -> None:
    """That is the operator's fault, not the drawing's."""
    prediction = send()
    assert predict_worker.read(prediction.pk) == 0
    assert states() == ["queued"]
    read_waiting_later()
    assert states() == ["done"]


def test_whoever_waits_is_woken_by_the_answer(worker: None, send: Send) -> None:
    prediction = send()
    prediction.status = "queued"
    assert queue.wait_for(prediction, seconds=5).status == "done"


def test_whoever_waits_is_answered_by_a_row_that_was_read_before_anybody_waited(
    champion: ModelVersion, send: Send, redis: Any
) -> None:
    prediction = send()
    Prediction.objects.update(status="failed", error="x", done_at=timezone.now())
    redis.flushall()
    assert queue.wait_for(prediction, seconds=0.05).status == "failed"


def test_answers_do_not_stay_in_redis_for_good(champion: ModelVersion, send: Send, redis: Any) -> None:
    predict_worker.read(send().pk)
    assert all(redis.ttl(key) > 0 for key in redis.keys("*"))


def test_a_picture_that_cannot_be_isolated_is_hashed_as_an_empty_one(writer: Owner) -> None:
    broken, whole = queued(writer).drawing, queued(writer).drawing
    Drawing.objects.filter(pk=broken.pk).update(image=b"broken")
    Drawing.objects.update(perceptual_hash=None)
    hashing.hash_all()
    hashes = dict(Drawing.objects.values_list("pk", "perceptual_hash"))
    assert hashes == {broken.pk: NOTHING, whole.pk: whole.perceptual_hash}


def test_large_pictures_do_not_keep_a_whole_batch_waiting(
    champion: ModelVersion, send: Send, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What isn't isolated in time is let go, for any worker to read next."""
    monkeypatch.setattr(predict_worker, "ISOLATION_SECONDS", -1.0)
    first, second = send(), send()
    redis.delete("digitsite:tasks")
    assert predict_worker.read(second.pk) == 1
    assert states() == ["done", "queued"]
    assert redis.keys("digitsite:claim:*") == [f"digitsite:claim:{first.pk}"]
    assert redis.llen("digitsite:tasks") == 1, "a hint for the rest"
    assert predict_worker.read(second.pk) == 1
    assert states() == ["done", "done"]


def test_drawings_of_digits_are_read_before_numbers_and_photos(
    champion: ModelVersion, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, photo, digit = send(), send(), send()
    Drawing.objects.filter(pk=number.drawing_id).update(mode="number")
    Drawing.objects.filter(pk=photo.drawing_id).update(width=2000)
    ends: list[list[int]] = []
    finish = predict_worker._finish
    monkeypatch.setattr(
        predict_worker, "_finish", lambda results: (ends.append([each.pk for each, _ in results]), finish(results))
    )
    assert predict_worker.read(digit.pk) == 3
    assert ends == [[digit.pk], [number.pk, photo.pk]]
    assert states() == ["done"] * 3


def test_a_database_that_is_locked_fails_no_prediction(
    champion: ModelVersion, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: Any) -> None:
        raise OperationalError("database is locked")

    prediction = send()
    Drawing.objects.update(perceptual_hash=None)
    with monkeypatch.context() as patch:
        patch.setattr(predict_worker, "keep_hashes", locked)
        with pytest.raises(OperationalError):
            predict_worker.read(prediction.pk)
    assert states() == ["queued"]
