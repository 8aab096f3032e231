"""Requests to every address, by visitors and reviewers: an answer that is declared, in the one shape, never a 500."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import seed as seeded

from predictor.drawings import sharing
from predictor.models import Drawing
from tests.fuzzing.http_requests import MINE, OTHERS, Sent, requests
from tests.fuzzing.tally import Tally
from tests.predictor.conftest import (  # noqa: F401
    champion,
    finder,
    pytest_runtest_teardown,
    reader,
    reviewer,
    site,
    worker,
)
from tests.predictor.people import Person, error_of

COUNT = 1_000
SLICES = 4
REFUSALS = {400, 403, 404, 405, 406, 409, 411, 413, 415}
DECLARED = {
    "/api/": {200, 201, 202, 204, 304},
    "/admin/": {200, 302},
    "/readyz": {200, 503},
    "/": {200, 204, 302, 304},
}
"""By the beginning of the path; refusals besides."""

pytestmark = pytest.mark.slow


class World:
    """Somebody's drawing, another's, and those who send: a visitor, someone without cookies, a reviewer."""

    def __init__(self, staff: User) -> None:
        self.visitor, self.other = Person(Client(raise_request_exception=True)), Person()
        self.reviewer = Client()
        self.reviewer.force_login(staff)
        self.mine = self.others = self.token = ""

    def renew(self) -> None:
        """What the last request deleted is there again."""
        known = set(map(str, Drawing.objects.values_list("pk", flat=True)))
        if self.mine not in known:
            self.mine = str(self.visitor.draws().pk)
        if self.others not in known:
            drawing = self.other.draws("1")
            sharing.share(drawing=drawing)
            drawing.refresh_from_db()
            self.others, self.token = str(drawing.pk), str(drawing.share_token)

    def send(self, sent: Sent) -> HttpResponse:
        client = self.visitor.client
        if "/admin/" in sent.path:
            client = self.reviewer
        elif sent.cookies:
            client = Client(enforce_csrf_checks="csrftoken" in sent.cookies)
            client.cookies.update(self.visitor.client.cookies)
            client.cookies.load(sent.cookies)
        path, body = sent.path, sent.body
        for name, value in {MINE: self.mine, OTHERS: self.others, "<token>": self.token}.items():
            path, body = path.replace(name, value), body.replace(name.encode(), value.encode())
        extra = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in sent.headers.items()}
        if "HTTP_CONTENT_LENGTH" in extra:
            extra["CONTENT_LENGTH"] = extra.pop("HTTP_CONTENT_LENGTH")
        return client.generic(sent.method, path, body, content_type=sent.content_type, **extra)


@pytest.mark.parametrize("seed", range(SLICES))
def test_every_request_gets_a_declared_answer(
    seed: int,
    worker: None,  # noqa: F811
    reviewer: User,  # noqa: F811
    seen: Callable[..., None],
) -> None:
    tally, world = Tally(), World(reviewer)

    @seeded(seed)
    @_settings
    @given(requests())
    def check(sent: Sent) -> None:
        world.renew()
        with tally.case(f"{sent.method} {sent.path}"):
            answer = world.send(sent)
        _is_declared(sent, answer)
        tally.answers[str(answer.status_code)] += 1

    check()
    tally.end()
    assert {"200", "400", "404"} <= set(tally.answers), tally.answers
    seen("requests", seed, tally)


_settings = settings(max_examples=COUNT, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def _is_declared(sent: Sent, answer: HttpResponse) -> None:
    area = next(start for start in DECLARED if sent.path.startswith(start))
    status = answer.status_code
    assert status in DECLARED[area] | REFUSALS, answer.content[:500]
    is_json = answer.headers.get("Content-Type", "").startswith("application/json")
    if status >= 400 and area != "/readyz" and sent.method != "HEAD" and (area == "/api/" or is_json):
        error_of(answer)
