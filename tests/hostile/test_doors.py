"""What is tried at the doors: guesses, sign-ups, free cookies."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.e2e.support.stack import Site
from tests.hostile.others import DRAWINGS, Ask, attackers, slowest, statuses, watching
from tests.predictor.pictures import drawn
from tests.reliability import Note

pytestmark = pytest.mark.slow

SIGN_IN, SIGN_UP = "/accounts/login/", "/accounts/signup/"
HEALTH_SECONDS = 1.0
ELSEWHERE = {"X-Forwarded-For": "192.0.2.7"}
"""An address whose limits no other test uses up."""


def form(site: Site, path: str) -> tuple[requests.Session, str]:
    """A session with the CSRF cookie, and the form's token."""
    session = requests.Session()
    page = session.get(f"{site.url}{path}", timeout=30).text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    return session, token[1]


def guess(site: Site, session: requests.Session, token: str, place: int, **headers: str) -> Ask:
    data = {"username": "ada", "password": f"guess-{place}", "csrfmiddlewaretoken": token}
    sent = {"data": data, "cookies": session.cookies.get_dict(), "headers": headers}
    return {"method": "POST", "url": f"{site.url}{SIGN_IN}", **sent}


@pytest.mark.parametrize("which", ["site", "limited"])
def test_many_sign_ins_at_once_leave_room_for_others(
    request: pytest.FixtureRequest, reliability: Note, which: str
) -> None:
    site: Site = request.getfixturevalue(which)
    session, token = form(site, SIGN_IN)
    with attackers() as attack, watching(site) as others:
        took = attack([guess(site, session, token, place) for place in range(64)])
    assert statuses(took) <= {200, 429, 503}
    assert statuses(others.before + others.during) <= {201, 202}
    assert slowest(others.probes) <= HEALTH_SECONDS
    if which == "limited":
        assert [status for _, status in took].count(200) <= 10
    counts = ", ".join(f"{sum(each == status for _, each in took)} × {status}" for status in sorted(statuses(took)))
    tried = f"64 sign-ins at once with one CSRF cookie, limit {'on' if which == 'limited' else 'off'}"
    reliability("doors", tried, f"{counts} within {slowest(took):.1f} s; {others}")


def test_guesses_are_limited(limited: Site, reliability: Note) -> None:
    session, token = form(limited, SIGN_IN)
    asks = [guess(limited, session, token, place, **ELSEWHERE) for place in range(100)]
    got = [requests.request(timeout=60, **ask).status_code for ask in asks]
    assert got == [200] * 10 + [429] * 90
    reliability("doors", "100 guesses of one password, 10 an hour", f"{got.count(200)} checked, the others 429")


def test_sign_ups_are_limited(limited: Site, reliability: Note) -> None:
    got = []
    for place in range(20):
        session, token = form(limited, SIGN_UP)
        fields = {"username": f"person{place}", "password1": "correct horse battery"}
        fields |= {"password2": fields["password1"], "csrfmiddlewaretoken": token}
        answer = session.post(f"{limited.url}{SIGN_UP}", data=fields, allow_redirects=False, timeout=60)
        got.append(answer.status_code)
    assert got == [302] * 5 + [429] * 15
    reliability("doors", "20 sign-ups from one address, 5 an hour", f"{got.count(302)} accounts, the others 429")


def test_free_cookies_are_no_more_readings(limited: Site, reliability: Note) -> None:
    cookies = [requests.get(limited.url, timeout=30).cookies.get_dict() for _ in range(8)]

    def send_eighty(place: int) -> list[int]:
        mine, got = cookies[place], []
        with requests.Session() as session:
            session.cookies.update(mine)
            for hand in range(80):
                files = {"image": ("d.png", drawn("7", side=100, hand=hand % 45), "image/png")}
                headers = {"X-CSRFToken": mine["csrftoken"], **ELSEWHERE}
                answer = session.post(f"{limited.url}{DRAWINGS}", files=files, headers=headers, timeout=60)
                got.append(answer.status_code)
        return got

    with ThreadPoolExecutor(8) as clients:
        got = [status for each in clients.map(send_eighty, range(8)) for status in each]
    assert set(got) <= {201, 202, 429}
    admitted = sum(status != 429 for status in got)
    assert admitted == 300
    reliability("doors", "640 readings from 8 free cookies of one address, 300 an hour", f"{admitted} of 640 admitted")
