"""Pictures of digits, and uploading them on the drawing page."""

import io

from PIL import Image, ImageDraw
from playwright.sync_api import Page

from tests.e2e.support.hand import part

SEVEN = [(140, 70), (260, 70), (180, 240)]
ONE = [(200, 60), (200, 240)]


def png(points: list[tuple[int, int]]) -> bytes:
    image = Image.new("RGB", (400, 300), "white")
    ImageDraw.Draw(image).line(points, fill="black", width=22, joint="curve")
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def upload(page: Page, *pictures: bytes) -> None:
    files = [
        {"name": f"{number}.png", "mimeType": "image/png", "buffer": each} for number, each in enumerate(pictures, 1)
    ]
    part(page, "upload").set_input_files(files)
