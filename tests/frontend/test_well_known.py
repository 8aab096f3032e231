"""`/robots.txt` and `/.well-known/security.txt`."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

SECURITY = "/.well-known/security.txt"


def test_robots_stay_away_from_what_is_private_and_read_the_rest(client: Client) -> None:
    answer = client.get("/robots.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    first, *rules = answer.content.decode().splitlines()
    assert first == "User-agent: *"
    closed = {rule.removeprefix("Disallow: ") for rule in rules}
    assert {"/history/", "/drawings/", "/accounts/", "/admin/", "/api/"} == closed


def test_nobody_is_named_without_the_setting(client: Client, db: None) -> None:
    assert client.get(SECURITY).status_code == 404


@pytest.mark.parametrize("url", ["", "https://digits.example"])
def test_it_names_the_contact_of_the_settings_for_less_than_a_year(
    client: Client, settings: Settings, url: str
) -> None:
    settings.DIGITSITE_SECURITY_CONTACT = "mailto:security@digits.example"
    settings.DIGITSITE_PUBLIC_URL = url
    answer = client.get(SECURITY)
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert fields["Contact"] == "mailto:security@digits.example"
    assert timedelta(days=90) < datetime.fromisoformat(fields["Expires"]) - timezone.now() < timedelta(days=365)
    assert fields.get("Canonical") == (f"{url}{SECURITY}" if url else None)
