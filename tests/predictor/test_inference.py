"""Reading what is queued: once each, whatever happens to the messages."""

import logging
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from digitsite import broker
from digitsite.celery import app
from ml import glyphs
from predictor import inference, intake, registry, serving, tasks
from predictor.models import Drawing, ModelVersion, Owner, Prediction
from tests.predictor.stored import queue

Send = Callable[..., Prediction]
PAST = timedelta(minutes=1)


@pytest.fixture
def send(writer: Owner) -> Send:
    """Stores a drawing; gives its queued prediction."""
    return partial(queue, writer)


def _states() -> list[str]:
    return list(Prediction.objects.order_by("pk").values_list("status", flat=True))


@pytest.fixture
def read_waiting_later(
    request: pytest.FixtureRequest, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], int]:
    """There is no champion, until this is called: then there is, and what waits is read."""
    monkeypatch.setattr(serving.SERVING, "_serving", None)

    def read() -> int:
        redis.flushall()
        done: int = request.getfixturevalue("read_waiting")()
        return done

    return read


def _let_time_pass(redis: Any) -> None:
    """Claims run out, and rows get old."""
    for key in redis.keys("digitsite:claim:*"):
        redis.delete(key)
    Prediction.objects.update(created_at=timezone.now() - PAST)


def test_the_task_reads_what_its_message_names(champion: ModelVersion, send: Send) -> None:
    prediction = send("3")
    tasks.read(prediction.pk)
    prediction.refresh_from_db()
    assert (prediction.status, prediction.text, prediction.sure) == ("done", "3", True)
    assert prediction.model == champion
    assert prediction.done_at >= prediction.created_at
    assert prediction.read_ms > 0
    assert prediction.candidates == [], "what was waiting to be read is not kept twice"


def test_read_twice_it_stays_as_it_was(champion: ModelVersion, send: Send) -> None:
    prediction = send()
    inference.read(prediction.pk)
    before = Prediction.objects.values().get()
    assert inference.read(prediction.pk) == 0
    assert Prediction.objects.values().get() == before


def test_a_row_that_is_gone_is_ignored(champion: ModelVersion, db: None) -> None:
    assert inference.read(10**9) == 0


def test_what_was_forgotten_while_it_was_read_stays_forgotten(
    champion: ModelVersion, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    prediction = send()
    _meanwhile(monkeypatch, lambda: intake.forget(drawing=prediction.drawing))
    inference.read(prediction.pk)
    assert not Prediction.objects.exists()
    assert not Drawing.objects.exists()


def test_what_was_superseded_while_it_was_read_stays_superseded(
    champion: ModelVersion, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    prediction = send()
    _meanwhile(monkeypatch, lambda: Prediction.objects.update(status="superseded"))
    inference.read(prediction.pk)
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
    assert inference.read(last.pk) == 5
    assert "".join(Prediction.objects.order_by("pk").values_list("text", flat=True)) == "01237"


def test_a_batch_has_its_limit_and_holds_the_one_that_was_asked_for(
    champion: ModelVersion, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "BATCH", 3)
    for _ in range(5):
        send()
    last = send()
    assert inference.read(last.pk) == 4
    assert _states() == ["done", "done", "done", "queued", "queued", "done"]


def test_digits_numbers_and_blanks_are_read_together(champion: ModelVersion, send: Send) -> None:
    for text, mode in (("7", "digit"), ("", "digit"), ("472", "number"), ("", "number"), ("1", "number")):
        send(text, mode=mode)
    inference.read(Prediction.objects.first().pk)
    assert list(Prediction.objects.order_by("pk").values_list("text", flat=True)) == ["7", "", "472", "", "1"]


def test_a_blank_canvas_is_read_as_nothing_and_that_for_sure(champion: ModelVersion, send: Send) -> None:
    prediction = send("")
    assert prediction.candidates == []
    inference.read(prediction.pk)
    prediction.refresh_from_db()
    assert prediction.status == "done"
    assert (prediction.text, prediction.confidence, prediction.sure, prediction.glyphs) == ("", None, True, [])


def test_a_second_worker_keeps_off_what_the_first_is_reading(
    champion: ModelVersion, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    prediction = send()
    read_by_the_second: list[int] = []
    _meanwhile(monkeypatch, lambda: read_by_the_second.append(inference.read(prediction.pk)))
    assert inference.read(prediction.pk) == 1
    assert read_by_the_second == [0]


def test_what_a_worker_died_over_is_read_by_another_once_its_claim_runs_out(
    champion: ModelVersion, send: Send, redis: Any
) -> None:
    prediction = send()
    assert inference._claim([prediction.pk]) == [prediction.pk]
    assert inference.read(prediction.pk) == 0
    [claim] = redis.keys("digitsite:claim:*")
    assert 0 < redis.ttl(claim) <= inference.CLAIM_SECONDS
    redis.delete(claim)
    assert inference.read(prediction.pk) == 1


def test_what_cannot_be_read_is_failed_and_says_why(
    champion: ModelVersion, send: Send, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: Any) -> None:
        raise ValueError("the network is broken")

    send()
    prediction = send()
    monkeypatch.setattr(serving.Serving, "read", fails)
    inference.read(prediction.pk)
    assert _states() == ["failed", "failed"]
    prediction.refresh_from_db()
    assert prediction.error == "ValueError: the network is broken"
    assert prediction.done_at is not None
    assert "the network is broken" in caplog.text


def test_a_picture_of_an_older_preprocessing_is_isolated_again(champion: ModelVersion, send: Send) -> None:
    prediction = send()
    Prediction.objects.update(preprocessing_version=glyphs.VERSION - 1, candidates=[])
    inference.read(prediction.pk)
    prediction.refresh_from_db()
    assert (prediction.text, prediction.preprocessing_version) == ("7", glyphs.VERSION)


def test_what_was_never_isolated_is_isolated_by_the_worker(champion: ModelVersion, writer: Owner) -> None:
    as_sent, again = queue(writer, hand=0), queue(writer, hand=0)
    Prediction.objects.filter(pk=again.pk).update(candidates=None)
    inference.read(again.pk)
    as_sent.refresh_from_db()
    again.refresh_from_db()
    assert again.glyphs == as_sent.glyphs


def test_one_broken_picture_does_not_hold_up_the_others(
    champion: ModelVersion, send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    broken, whole = send(), send()
    Drawing.objects.filter(pk=broken.drawing_id).update(image=b"broken")
    Prediction.objects.filter(pk=broken.pk).update(candidates=None)
    inference.read(whole.pk)
    assert _states() == ["failed", "done"]
    broken.refresh_from_db()
    assert "NotAPicture" in broken.error
    assert "NotAPicture" in caplog.text


def test_while_no_network_can_be_loaded_rows_stay_queued(
    db: None, send: Send, monkeypatch: pytest.MonkeyPatch, read_waiting_later: Callable[[], int]
) -> None:
    """That is the operator's fault, not the drawing's."""
    prediction = send()
    with pytest.raises(registry.NoChampion):
        inference.read(prediction.pk)
    assert _states() == ["queued"]
    read_waiting_later()
    assert _states() == ["done"]


def test_the_sweep_sends_the_hints_of_old_rows_again(
    transactional_db: None, send: Send, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        send()
    redis.flushall()
    assert inference.sweep() == 0, "what is new has its own message on its way"
    _let_time_pass(redis)
    assert inference.sweep() == 3
    assert redis.llen("digitsite:predict") == 1, "one hint a batch is enough"


def test_the_sweep_leaves_what_is_not_queued_alone(transactional_db: None, send: Send, redis: Any) -> None:
    for _ in range(2):
        send()
    _let_time_pass(redis)
    redis.flushall()
    Prediction.objects.update(status="superseded")
    assert inference.sweep() == 0
    assert redis.llen("digitsite:predict") == 0


def test_a_starting_worker_reads_what_was_queued_while_none_was_there(
    worker: None, send: Send, redis: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setitem(app.conf, "task_always_eager", False)
    for _ in range(3):
        send()
    redis.flushall()
    _let_time_pass(redis)
    monkeypatch.setitem(app.conf, "task_always_eager", True)
    monkeypatch.setattr(inference, "_beats", iter([0]))
    inference.wake_up()
    assert _states() == ["done", "done", "done"]


def test_a_pulse_sweeps_every_third_time_and_shows_that_the_worker_reads(
    worker: None, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[int] = []
    monkeypatch.setattr(inference, "sweep", lambda: swept.append(1))
    for _ in range(6):
        inference.beat()
    assert len(swept) == 2
    assert inference.is_ready()


def test_a_pulse_goes_on_when_something_is_away(
    worker: None, redis_is_gone: None, caplog: pytest.LogCaptureFixture
) -> None:
    inference.beat()
    assert "A pulse was missed" in caplog.text


def test_whoever_waits_is_woken_by_the_answer(worker: None, send: Send) -> None:
    prediction = send()
    prediction.status = "queued"
    assert inference.wait_for(prediction, seconds=5).status == "done"


def test_whoever_waits_is_answered_by_a_row_that_was_read_before_anybody_waited(
    champion: ModelVersion, send: Send, redis: Any
) -> None:
    prediction = send()
    Prediction.objects.update(status="failed", error="x", done_at=timezone.now())
    redis.flushall()
    assert inference.wait_for(prediction, seconds=0.05).status == "failed"


def test_answers_do_not_stay_in_redis_for_good(champion: ModelVersion, send: Send, redis: Any) -> None:
    inference.read(send().pk)
    assert all(redis.ttl(key) > 0 for key in redis.keys("*"))


def test_hints_reach_redis_again_once_it_is_back(
    transactional_db: None, send: Send, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, caplog: Any
) -> None:
    """The connections that a process holds outlive their Redis."""
    settings.REDIS_URL = f"unix://{tmp_path}/own.sock?db=0"
    monkeypatch.setitem(app.conf, "broker_url", broker.celery_form(settings.REDIS_URL))
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    start = [
        broker.find_server(),
        "--port",
        "0",
        "--unixsocket",
        f"{tmp_path}/own.sock",
        "--save",
        "",
        "--dir",
        str(tmp_path),
    ]
    client = broker.connect(settings.REDIS_URL)

    def running() -> Any:
        process = subprocess.Popen(start, stdout=subprocess.DEVNULL)
        for _ in range(200):
            try:
                client.ping()
            except Exception:  # noqa: BLE001  until it is there
                time.sleep(0.02)
                continue
            return process
        raise AssertionError("no Redis")

    process = running()
    try:
        send()
        assert client.llen("digitsite:predict") == 1
        process.kill()
        process.wait()
        with caplog.at_level(logging.WARNING):
            send()
        assert "waits for the sweep" in caplog.text
        process = running()
        send()
        send()
        assert client.llen("digitsite:predict") >= 1
    finally:
        process.kill()
        process.wait()
        client.close()
