"""A drawing is shared by a link, which shows nothing private and can be taken back."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from predictor.drawings import sharing
from predictor.models import (
    Drawing,
)
from tests.frontend.test_drawing import say

Make = Callable[..., Drawing]
STROKES = {"width": 300, "height": 300, "background": "#fff", "strokes": [{"points": [[1, 2]]}]}


def link_of(client: Client, drawing: Drawing) -> str:
    html = client.get(f"/drawings/{drawing.pk}/").content.decode()
    found = re.search(r'value="http://testserver(/shared/[^"]+)"', html)
    return found[1] if found else ""


def test_a_drawing_is_shared_by_its_link_and_only_by_it(visitor: Client, outsider: Client, drawing: Drawing):
    assert link_of(visitor, drawing) == ""
    visitor.post(f"/drawings/{drawing.pk}/share/")
    link = link_of(visitor, drawing)
    assert len(link) >= len("/shared/") + 43
    page = outsider.get(link)
    assert page.status_code == 200
    assert "99.8% sure" in page.content.decode()
    assert outsider.get(f"{link}picture/").content.startswith(b"\x89PNG")
    assert outsider.get(f"/drawings/{drawing.pk}/").status_code == 404
    assert outsider.get(reverse("api:image", args=[drawing.pk])).status_code == 404


def test_a_link_has_the_sites_public_address_where_the_settings_know_it(
    visitor: Client, drawing: Drawing, settings: Settings
):
    settings.DIGITSITE_PUBLIC_URL = "https://digits.example"
    token = sharing.share(drawing=drawing)
    page = visitor.get(f"/drawings/{drawing.pk}/", headers={"Host": "evil.example"}).content.decode()
    assert f'value="https://digits.example/shared/{token}/"' in page
    assert "evil.example" not in page


def test_a_shared_page_says_nothing_private_and_is_found_by_no_search_engine(
    visitor: Client, outsider: Client, drawing: Drawing
):
    say(drawing, "4")
    link = f"/shared/{sharing.share(drawing=drawing)}/"
    for address in (link, f"{link}picture/"):
        page = outsider.get(address)
        assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert page.headers["Cache-Control"] == "private, no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
    html = outsider.get(link).content.decode()
    assert '<meta name="robots" content="noindex, nofollow">' in html
    for private in (str(drawing.pk), drawing.owner.key, "<time", "in review"):
        assert private not in html


def test_a_link_is_taken_back_and_a_new_one_is_another(visitor: Client, outsider: Client, drawing: Drawing):
    visitor.post(f"/drawings/{drawing.pk}/share/")
    first = link_of(visitor, drawing)
    visitor.post(f"/drawings/{drawing.pk}/share/")
    assert link_of(visitor, drawing) == first, "asked twice, it stays the same"
    visitor.post(f"/drawings/{drawing.pk}/unshare/")
    assert link_of(visitor, drawing) == ""
    for address in (first, f"{first}picture/"):
        assert outsider.get(address).status_code == 404
    visitor.post(f"/drawings/{drawing.pk}/share/")
    assert link_of(visitor, drawing) not in {"", first}


@pytest.mark.parametrize("token", ["None", "x", "%00", "ä", "0" * 200])
def test_a_link_that_was_guessed_leads_nowhere(outsider: Client, drawing: Drawing, token: str):
    assert outsider.get(f"/shared/{token}/").status_code == 404
    assert outsider.get(f"/shared/{token}/picture/").status_code == 404


def test_links_are_made_at_a_bounded_rate(visitor: Client, drawing: Drawing, settings, redis):
    settings.DIGITSITE_SHARES = (2, 3600)
    got = [visitor.post(f"/drawings/{drawing.pk}/share/") for _ in range(3)]
    assert [answer.status_code for answer in got] == [302, 302, 429]
    assert 0 < int(got[-1]["Retry-After"]) <= 3600
    assert "That was a lot at once" in got[-1].content.decode()
