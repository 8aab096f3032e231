"""How many readings are let in: by one visitor, and by all."""

import threading
import time
from collections.abc import Callable
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.test import Client, RequestFactory
from redis.client import Pipeline

from predictor.drawings import visitors
from predictor.errors import Throttled
from predictor.models import Drawing, Owner
from predictor.reading import admission, heartbeat
from tests.predictor.people import DRAWINGS, Person, error_of, new_id
from tests.predictor.pictures import data_url, drawn

BODY = {"image": data_url(drawn("7"))}


@pytest.fixture(autouse=True)
def three_a_day(site: None, settings: Any) -> None:
    settings.DIGITSITE_THROTTLE = (3, 86400)


def later(seconds: float) -> Any:
    """Cookies are signed with the time."""
    return patch("django.core.signing.time", SimpleNamespace(time=lambda: time.time() + seconds))


def _request_of(person: Person) -> HttpRequest:
    request = RequestFactory().post("/")
    request.user, request.COOKIES = AnonymousUser(), {"visitor": person.client.cookies["visitor"].value}
    return request


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cookies that were set a while ago."""
    monkeypatch.setattr(visitors, "NEW_SECONDS", -1)


def test_one_reading_too_many_is_a_429_that_says_when_to_come_back(owner: Person) -> None:
    for _ in range(3):
        assert owner.send().status_code == 202
    answer = owner.send()
    assert answer.status_code == 429
    assert error_of(answer)["code"] == "throttled"
    assert 0 < int(answer["Retry-After"]) <= 86400
    assert Drawing.objects.count() == 3


def test_a_revision_is_a_reading_too(owner: Person) -> None:
    drawing_id = new_id()
    for revision in (1, 2, 3):
        assert owner.put(drawing_id, revision, drawn("017"[revision - 1])).status_code == 202
    assert owner.put(drawing_id, 4).status_code == 429
    assert owner.send().status_code == 429


def test_everything_else_is_not_counted(owner: Person) -> None:
    drawing = owner.draws()
    for _ in range(5):
        assert owner.get(drawing.pk).status_code == 200
        assert owner.say(drawing.pk, "7").status_code == 200
        assert owner.send(b"no picture").status_code in {415, 429}


def test_each_visitor_is_counted_alone(known: None, owner: Person, outsider: Person) -> None:
    for _ in range(4):
        owner.send()
    assert owner.send().status_code == 429
    assert outsider.send().status_code == 202


def test_who_is_signed_in_is_counted_by_name_on_every_machine(db: Any) -> None:
    user = User.objects.create_user("someone")
    here, there = Person(user=user), Person(user=user)
    for person in (here, there, here):
        assert person.send().status_code == 202
    assert there.send().status_code == 429


def test_programs_without_cookies_are_counted_by_address(db: Any) -> None:
    def send(address: str, **headers: str) -> int:
        return (
            Client(REMOTE_ADDR=address)
            .post(DRAWINGS, BODY, content_type="application/json", headers=headers)
            .status_code
        )

    assert [send("192.0.2.1") for _ in range(4)] == [202, 202, 202, 429]
    assert send("192.0.2.2") == 202
    assert send("192.0.2.1", **{"X-Forwarded-For": "192.0.2.9"}) == 429, "anyone can claim to come from anywhere"


def test_behind_a_proxy_the_address_is_the_one_it_names(db: Any, settings: Any) -> None:
    settings.DIGITSITE_TRUST_PROXY = True

    def send(*addresses: str) -> int:
        headers = {"X-Forwarded-For": ", ".join(addresses)}
        return Client().post(DRAWINGS, BODY, content_type="application/json", headers=headers).status_code

    assert [send("203.0.113.5", "192.0.2.1") for _ in range(4)] == [202, 202, 202, 429]
    assert send("203.0.113.6", "192.0.2.1") == 429, "what stands before the last was written by the client"
    assert send("192.0.2.2") == 202


def test_none_turns_it_off(owner: Person, settings: Any) -> None:
    settings.DIGITSITE_THROTTLE = None
    assert {owner.send().status_code for _ in range(6)} == {202}


def test_free_cookies_from_one_address_count_as_one_visitor(db: None, settings: Any) -> None:
    sent = [Person().send().status_code for _ in range(5)]
    assert sent == [202] * 3 + [429] * 2
    assert Client().post(DRAWINGS, BODY, content_type="application/json").status_code == 429, "nor does none help"
    assert Owner.objects.count() == 3
    elsewhere = Person(Client(REMOTE_ADDR="192.0.2.9"))
    assert elsewhere.send().status_code == 202


def test_a_cookie_that_comes_back_later_is_a_visitor_of_its_own(db: None) -> None:
    greedy, early = Person(), Person()
    assert [greedy.send().status_code for _ in range(4)][-1] == early.send().status_code == 429
    with later(visitors.NEW_SECONDS + 1):
        assert early.send().status_code == 202


def test_many_visitors_of_one_address_are_bounded_together(known: None, db: None, settings: Any) -> None:
    settings.DIGITSITE_ADDRESS_VISITORS = 2
    sent = [Person().send().status_code for _ in range(8)]
    assert sent == [202] * 6 + [429] * 2


def test_what_one_visitor_is_refused_is_left_to_the_others_at_the_address(known: None, db: None, settings: Any) -> None:
    settings.DIGITSITE_ADDRESS_VISITORS = 2
    greedy, other = Person(), Person()
    assert [greedy.send().status_code for _ in range(8)].count(202) == 3
    assert [other.send().status_code for _ in range(3)] == [202] * 3


def test_a_class_that_opens_the_page_at_one_address_can_draw(db: None, settings: Any) -> None:
    """By the settings that a new site has: thirty pupils, each ten readings in the first minute."""
    settings.DIGITSITE_THROTTLE = (300, 60)
    requests = [_request_of(Person()) for _ in range(30)]
    for _ in range(10):
        for request in requests:
            visitors.admit(request)
    with pytest.raises(Throttled):
        visitors.admit(requests[0])
    with later(visitors.NEW_SECONDS + 1):
        for _ in range(30):
            for request in requests:
                visitors.admit(request)


@pytest.mark.parametrize("address", ["2001:db8:1:2::{}", "2001:db8:1:2:aaaa:{}:cccc:1"])
def test_an_ipv6_network_is_one_address(db: Any, address: str) -> None:
    def send(address: str) -> int:
        return Client(REMOTE_ADDR=address).post(DRAWINGS, BODY, content_type="application/json").status_code

    assert [send(address.format(place)) for place in range(1, 5)] == [202, 202, 202, 429]
    assert send("2001:db8:1:3::1") == 202
    assert [send(each) for each in ("192.0.2.7", "::ffff:192.0.2.7", "192.0.2.7", "::ffff:192.0.2.7")][-1] == 429


def test_redis_is_asked_once(owner: Person, redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def execute(pipeline: Pipeline) -> Any:
        asked.append([str(args[0]) for args, _ in pipeline.command_stack])
        return real(pipeline)

    real = Pipeline.execute
    request = RequestFactory().post("/")
    request.user = AnonymousUser()
    monkeypatch.setattr(Pipeline, "execute", execute)
    monkeypatch.setattr(redis, "execute_command", lambda *_: pytest.fail("a second round trip"))
    visitors.admit(request)
    assert asked == [["LLEN", "GET", "EVAL"]]


def test_a_full_queue_lets_nobody_in(owner: Person, redis: Any, settings: Any) -> None:
    settings.DIGITSITE_QUEUE_LIMIT = 2
    redis.rpush("digitsite:tasks", "one", "two")
    answer = owner.send()
    assert answer.status_code == 503
    assert error_of(answer)["code"] == "unavailable"
    assert int(answer["Retry-After"]) >= 1
    assert not Drawing.objects.exists()
    redis.lpop("digitsite:tasks")
    assert owner.send().status_code == 202


def test_drawings_that_wait_fill_the_queue_though_one_hint_is_there_for_all(
    transactional_db: None, owner: Person, settings: Any, read_waiting: Callable[[], int]
) -> None:
    settings.DIGITSITE_THROTTLE = None
    settings.DIGITSITE_QUEUE_LIMIT = 2
    assert [owner.send().status_code for _ in range(3)] == [202, 202, 503]
    read_waiting()
    assert owner.send().status_code == 202


def test_a_queue_that_emptied_without_a_worker_lets_in_again(
    transactional_db: None, owner: Person, settings: Any
) -> None:
    settings.DIGITSITE_THROTTLE, settings.DIGITSITE_QUEUE_LIMIT = None, 2
    drawings = [owner.draws(), owner.draws()]
    assert owner.send().status_code == 503
    for drawing in drawings:
        owner.delete(drawing.pk)
    heartbeat.sweep()
    assert owner.send().status_code == 202


def test_without_redis_nobody_is_refused(redis_is_gone: None, owner: Person) -> None:
    assert {owner.send().status_code for _ in range(5)} == {202}


# ── a process waits for a few at once ──


@pytest.fixture
def two_places(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.DIGITSITE_THROTTLE = None
    monkeypatch.setattr(admission, "_places", threading.BoundedSemaphore(2))


@pytest.mark.usefixtures("two_places")
def test_while_a_process_waits_for_as_many_as_it_can_others_are_refused(owner: Person) -> None:
    with admission.place(), admission.place():
        answer = owner.send()
        assert (answer.status_code, error_of(answer)["code"]) == (503, "unavailable")
        assert answer["Retry-After"] == "1"
        german = owner.client.post(DRAWINGS, BODY, content_type="application/json", headers={"Accept-Language": "de"})
        assert "Zu viele Zeichnungen" in error_of(german)["message"]
        assert owner.put(new_id(), 1).status_code == 503
        assert owner.client.post("/upload/", {"image": BytesIO(drawn("7")), "mode": "digit"}).status_code == 302
        assert not Drawing.objects.exists()
        assert owner.client.get("/").status_code == 200
        drawing = Drawing(pk=new_id())
        assert owner.say(drawing.pk, "7").status_code == 404, "a label waits for nobody"
    assert owner.send().status_code == 202


@pytest.mark.usefixtures("two_places")
def test_a_place_is_given_back_whatever_comes_of_it(owner: Person) -> None:
    for _ in range(3):
        assert owner.send(b"no picture").status_code == 415
        assert owner.send().status_code == 202
