"""Requests to every address of the site, most of them nearly right."""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import URLPattern
from hypothesis import strategies as st

from frontend import urls as page_urls
from predictor.admin import review_pages
from predictor.api import urls as api_urls
from tests.fuzzing import values
from tests.fuzzing.mutation import mutated

MINE, OTHERS, NOBODYS = "<mine>", "<others>", "5f0f6d2e-7d3c-4d0e-9f9e-0a5a1f6b2c3d"
NAMES = (
    "digit text label wrong unsure from to limit cursor part before next image mode yes none privacy language "
    "username password1 password2 password json format"
)
PIECES = ("%00", "%FF", "%ED%A0%80", "%25", "&", "=", "+", "%2B", ";", "[]", "%", "1", "digit", "ä")


def _paths(start: str, urlpatterns: list[Any]) -> list[str]:
    """The addresses of a part of the site, with `<id>` and `<token>` in them."""
    routes = [str(each.pattern) for each in urlpatterns if isinstance(each, URLPattern)]
    return [start + re.sub("<[a-z]+:(drawing_id|token)>", r"<\1>", route) for route in routes]


API = [*_paths("/api/v1/", api_urls.urlpatterns), "/api/v1/nowhere/"]
PAGES = [*_paths("/", page_urls.patterns), *_paths("/", page_urls.urlpatterns), "/healthz", "/readyz", "/nowhere"]
READINGS = ["/api/v1/drawings/", "/api/v1/drawings/<drawing_id>/", "/api/v1/glances/"]
DESK = _paths("/admin/review/", review_pages.urlpatterns)


@dataclass(frozen=True)
class Sent:
    method: str
    path: str
    headers: dict[str, str]
    cookies: dict[str, str]
    body: bytes
    content_type: str


ids = values.mostly(st.sampled_from([MINE, MINE, OTHERS]), odd=st.sampled_from([NOBODYS, "7", NOBODYS.upper(), "%00"]))
tokens = values.mostly(st.just("<token>"), odd=st.sampled_from(["x", "-", "x" * 300]))
moments = st.sampled_from(["2026-01-01", "2026-11-28T10:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31"])
usual_values = moments | st.sampled_from(["7", "true", "box", "30"])
pairs = st.tuples(st.sampled_from(NAMES.split()), usual_values | values.texts)
queries = st.lists(pairs, max_size=4).map(lambda sent: "&".join(f"{name}={_quoted(value)}" for name, value in sent))
broken_queries = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
HEADERS = {
    "Accept": st.sampled_from(["*/*", "application/json", "text/html", "text/csv", "a/b;q=x", ""]),
    "Accept-Language": st.sampled_from(["de", "en;q=0.5,de", "xx", "de-" + "x" * 600, "\0"]),
    "If-None-Match": st.sampled_from(["*", '"x"', "x", ""]),
    "X-CSRFToken": st.sampled_from(["", "x" * 32, "x" * 64, "\xff"]),
    "X-Forwarded-For": st.sampled_from(["1.2.3.4", "::1", "x", ":" * 50, "fe80::1%eth0", ","]),
    "X-Forwarded-Proto": st.sampled_from(["https", "http", "x"]),
    "Range": st.sampled_from(["bytes=0-", "bytes=9-1", "x"]),
    "Content-Length": st.sampled_from(["0", "-1", "x", ""]),
    "Content-Encoding": st.just("gzip"),
    "X-HTTP-Method-Override": st.just("DELETE"),
    "Referer": st.sampled_from(["https://elsewhere.example/", "\xff"]),
    "Origin": st.sampled_from(["null", "https://elsewhere.example"]),
}
headers = st.integers(0, 2).flatmap(lambda some: st.just({}) if some else st.fixed_dictionaries({}, optional=HEADERS))
COOKIE = st.sampled_from(["", "x", "x:y:z", ":" * 9, "\xff", "x" * 3000, '"', "a=b", "\\001"])
COOKIES = dict.fromkeys(("visitor", "sessionid", "csrftoken", "messages", "django_language"), COOKIE)
cookies = st.integers(0, 3).flatmap(lambda some: st.just({}) if some else st.fixed_dictionaries({}, optional=COOKIES))
TYPES = ("application/json", "application/json; charset=utf-16", "text/plain", "", "multipart/form-data", "x")
some = st.lists(st.just(MINE), max_size=2)
given = {"id": values.mostly(st.just(MINE)), "revision": values.mostly(st.integers(1, 2))}
answers = st.fixed_dictionaries(given, optional={"text": values.mostly(st.sampled_from(["7", "", None]))})
asked = {
    "count": st.integers(0, 3),
    "reading": st.sampled_from([None, "7", ""]),
    "holding": some,
    "answers": st.lists(answers, max_size=3),
    "batch": st.booleans(),
    "action": st.none() | st.integers(0, 9),
    "ids": some,
}
review = st.fixed_dictionaries({}, optional={name: values.mostly(usual) for name, usual in asked.items()})
page_forms = st.dictionaries(st.sampled_from(NAMES.split()), values.texts, max_size=5)


@st.composite
def requests(draw: Any) -> Sent:
    """A request. `MINE`, `OTHERS` and `<token>` in its path and body stand for what is there when it is sent."""
    area = draw(st.sampled_from(["api", "api", "read", "read", "page", "desk"]))
    path: str = draw(st.sampled_from({"api": API, "read": READINGS, "page": PAGES, "desk": DESK}[area]))
    route = path
    path = path.replace("<drawing_id>", draw(ids)).replace("<token>", draw(tokens))
    query = draw(st.sampled_from(["", "?"])) and "?" + draw(queries | broken_queries)
    usual = {
        "api": ["GET", "POST", "PUT"],
        "page": ["GET", "POST"],
        "read": ["PUT" if "_id" in route else "POST"],
        "desk": ["POST"],
    }[area]
    method = draw(
        values.mostly(st.sampled_from(usual), odd=st.sampled_from(["DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"]))
    )
    body, kind = draw(_bodies(area)) if method not in {"GET", "HEAD"} else (b"", "")
    return Sent(method, path + query, draw(headers), draw(cookies), body, kind)


@st.composite
def _bodies(draw: Any, area: str) -> tuple[bytes, str]:
    """A body and its type: JSON or a form, now and then damaged, or under another type."""
    if area == "desk" or draw(st.booleans()):
        sent = draw(values.mostly(review) if area == "desk" else values.drawings())
        body, kind = json.dumps(sent).encode(), "application/json"
    else:
        fields = draw(values.forms() if area in {"api", "read"} else page_forms)
        shown = {
            name: SimpleUploadedFile("drawing", value) if isinstance(value, bytes) else _sendable(value)
            for name, value in fields.items()
        }
        body, kind = encode_multipart(BOUNDARY, shown), MULTIPART_CONTENT
    if draw(st.integers(0, 5)) == 0:
        body = mutated(body, draw(values.seeds))
    if draw(st.integers(0, 9)) == 0:
        kind = draw(st.sampled_from(TYPES))
    return body, kind


def _sendable(text: str) -> str:
    return text.encode(errors="replace").decode()


def _quoted(text: str) -> str:
    return quote(text.encode(errors="surrogatepass"), safe="")
