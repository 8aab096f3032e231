"""What a page says, and in which language it is asked for."""

import re
from html.parser import HTMLParser

from django.test import Client

SAME = {"Digitsite", "API", "English", "Deutsch", "Esc", "u", "r", "e", "PNG", "SVG", "Code"}
"""What is the same in both languages."""
SPOKEN = {"aria-label", "alt", "title", "placeholder", "content", "aria-valuetext"}
SILENT_DATA = {
    "testid",
    "drawings",
    "glances",
    "consent",
    "corner",
    "mode",
    "state",
    "strokes",
    "explanation",
    "kind",
    "length",
    "limit",
    "ink",
    "paper",
    "width",
}


class Words(HTMLParser):
    """What a page says, to the eye and to the ear, and what its modules will say."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: set[str] = set()
        self.html: dict[str, str | None] = {}
        self._is_silent = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.html = given
        self._is_silent = tag in {"style", "script"}
        for name, value in attrs:
            is_word = name in SPOKEN or (name.startswith("data-") and name[5:] not in SILENT_DATA)
            if is_word and value and not (tag == "meta" and given.get("name") != "description"):
                self._say(value)

    def handle_data(self, data: str) -> None:
        if not self._is_silent:
            self._say(data)

    def _say(self, text: str) -> None:
        parts = [part.rstrip(")") for part in re.split(r" · | \(", " ".join(text.split()))]
        self.said |= {part for part in parts if re.search(r"[a-z]", part, re.IGNORECASE)} - SAME


def page(client: Client, path: str, language: str = "de") -> str:
    return client.get(path, headers={"Accept-Language": language}).content.decode()
