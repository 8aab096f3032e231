"""What is private stays in no cache, and pages may use only what they need of the browser."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.predictor.people import Person


@pytest.mark.parametrize(
    "path",
    ["/history/", "/history/export/", "/history/delete/", "/accounts/login/", "/accounts/delete/", "/admin/login/"],
)
def test_a_private_page_stays_in_no_cache(owner: Person, path: str) -> None:
    assert owner.client.get(path)["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("part", ["", "image/", "strokes/", "explanation/", "nothing/"])
def test_what_the_api_tells_of_a_drawing_stays_in_no_cache(owner: Person, part: str) -> None:
    assert owner.get(owner.draws().pk, part)["Cache-Control"] == "private, no-store"


def test_nor_do_the_pages_of_a_drawing_and_what_is_refused(owner: Person, outsider: Person) -> None:
    drawing = owner.draws()
    for client, path in (
        (owner.client, f"/drawings/{drawing.pk}/"),
        (outsider.client, f"/drawings/{drawing.pk}/"),
        (owner.client, "/api/v1/drawings/?digit=x"),
        (owner.client, "/api/v1/consent/"),
    ):
        assert client.get(path)["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("path", ["/", "/about/", "/privacy/", "/api/v1/models/", "/robots.txt"])
def test_a_public_page_may_be_kept(owner: Person, path: str) -> None:
    assert "no-store" not in owner.client.get(path).headers.get("Cache-Control", "")


@pytest.mark.parametrize("path", ["/", "/history/", "/api/v1/models/", "/healthz", "/nothing"])
def test_pages_may_use_the_camera_and_nothing_else_of_the_kind(db: None, path: str) -> None:
    policy = Client().get(path)["Permissions-Policy"]
    assert "camera=(self)" in policy
    assert {"geolocation=()", "microphone=()"} <= set(policy.split(", "))


def test_headers_cost_no_query(owner: Person, reviewer: User, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert Client().get("/robots.txt").status_code == 200
