"""The site can be installed: what a browser asks of its manifest."""

import json
from pathlib import Path

from django.test import Client
from PIL import Image

STATIC = Path(__file__).resolve().parent.parent.parent / "frontend" / "static" / "frontend"
MANIFEST = json.loads((STATIC / "site.webmanifest").read_text())
PICTURES = [icon for icon in MANIFEST["icons"] if icon["type"] == "image/png"]


def test_the_manifest_names_what_a_browser_asks_for():
    assert {"name", "short_name", "start_url", "display", "theme_color", "background_color"} <= set(MANIFEST)
    for purpose in ("any", "maskable"):
        assert {icon["sizes"] for icon in PICTURES if icon.get("purpose", "any") == purpose} == {"192x192", "512x512"}


def test_every_icon_is_as_large_as_it_says_and_light():
    for icon in PICTURES:
        with Image.open(STATIC / icon["src"]) as picture:
            assert f"{picture.width}x{picture.height}" == icon["sizes"]
        assert (STATIC / icon["src"]).stat().st_size < 8 * 1024


def test_a_maskable_icon_is_filled_to_its_edge_and_keeps_the_digit_in_its_middle():
    for icon in PICTURES:
        if icon.get("purpose") == "maskable":
            with Image.open(STATIC / icon["src"]) as picture:
                image = picture.convert("RGBA")
            ground = image.getpixel((0, 0))
            assert ground[3] == 255
            side, middle = image.width, image.width * 2 // 5
            drawn = [
                (x - side / 2) ** 2 + (y - side / 2) ** 2
                for x in range(0, side, 4)
                for y in range(0, side, 4)
                if sum(abs(a - b) for a, b in zip(image.getpixel((x, y)), ground, strict=True)) > 60
            ]
            assert drawn
            assert max(drawn) <= middle**2


def test_a_page_names_the_manifest_and_a_colour_for_each_theme(client: Client, db: None):
    html = client.get("/privacy/").content.decode()
    assert 'rel="manifest"' in html
    assert 'rel="apple-touch-icon"' in html
    for scheme in ("light", "dark"):
        assert f'media="(prefers-color-scheme: {scheme})"' in html
