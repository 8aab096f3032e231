"""`POST /api/v1/glances/`: a picture that is read and not kept."""

from typing import Any

from predictor.models import Drawing, Owner, Prediction
from predictor.reading import glances
from predictor.reading import worker as predict_worker
from tests.predictor.people import Person, error_of
from tests.predictor.pictures import drawn


def test_it_is_read_as_a_drawing_is(worker: None, owner: Person) -> None:
    stored = owner.send(drawn("47"), mode="number").json()
    answer = owner.glance(drawn("47"), mode="number")
    assert answer.status_code == 200
    seen = answer.json()
    assert seen["prediction"].pop("elapsed_ms") > 0
    assert stored["prediction"].pop("elapsed_ms") > 0
    assert seen == {name: stored[name] for name in ("width", "height", "prediction")}
    assert seen["prediction"]["text"] == "47"


def test_nothing_of_it_is_kept(worker: None, owner: Person, redis: Any) -> None:
    assert owner.glance().status_code == 200
    assert not Drawing.objects.exists()
    assert not Prediction.objects.exists()
    assert not Owner.objects.exists()
    assert redis.keys("digitsite:glance*") == []


def test_what_is_no_picture_is_refused(owner: Person) -> None:
    answer = owner.glance(b"no picture")
    assert answer.status_code == 415
    assert error_of(answer)["code"] == "not_a_picture"
    assert owner.glance(mode="letters").status_code == 400


def test_while_no_worker_answers_it_is_a_503_and_what_waited_goes_by_itself(owner: Person, redis: Any) -> None:
    answer = owner.glance()
    assert answer.status_code == 503
    assert error_of(answer)["code"] == "unavailable"
    assert all(0 < redis.ttl(key) <= glances.SECONDS for key in redis.keys("digitsite:glance:*"))


def test_without_redis_it_is_a_503(owner: Person, redis_is_gone: None) -> None:
    assert owner.glance().status_code == 503


def test_a_worker_that_comes_late_reads_nothing(champion: Any, redis: Any) -> None:
    predict_worker.read_glance("gone")
    assert redis.keys("digitsite:glance*") == []


def test_glances_leave_half_of_the_readings_to_what_is_kept(worker: None, owner: Person, settings: Any) -> None:
    settings.DIGITSITE_THROTTLE = (4, 86400)
    assert [owner.glance().status_code for _ in range(3)] == [200, 200, 429]
    assert [owner.send().status_code for _ in range(3)] == [201, 201, 429]
