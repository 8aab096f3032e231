"""Visitors with drawings, made without a worker."""

import base64
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from PIL import Image

from predictor.models import Drawing, ModelVersion, Owner, Prediction, PredictionStatus


def png(side: int) -> bytes:
    data = io.BytesIO()
    Image.new("L", (side, side), 255).save(data, "PNG")
    return data.getvalue()


PIXELS = "data:image/png;base64," + base64.b64encode(png(28)).decode()


@pytest.fixture
def visitor(client: Client, db: None) -> Client:
    """Someone whom the site knows by the cookie it set."""
    client.get("/")
    return client


@pytest.fixture
def outsider(db: None) -> Client:
    other = Client()
    other.get("/")
    return other


@pytest.fixture
def make_drawing(visitor: Client) -> Callable[..., Drawing]:
    """Makes a drawing of `visitor`, read as `text` unless it is None (still queued)."""
    owner, _ = Owner.objects.get_or_create(key=visitor.cookies["visitor"].value.partition(":")[0])
    version, _ = ModelVersion.objects.get_or_create(
        sha256="0" * 64, defaults={"format_version": 1, "preprocessing_version": 1}
    )

    def make(text: str | None = "7", *, sure: bool = True, confidence: float | None = 0.998, **fields: Any) -> Drawing:
        image = {"image": png(30), "image_type": "image/png", "image_hash": "-", "width": 300, "height": 300}
        drawing = Drawing.objects.create(owner=owner, content_hash="-", revision=2, **image, **fields)
        glyph = {"box": [80, 60, 140, 180], "digit": 7, "confidence": 0.998, "pixels": PIXELS}
        glyph["probabilities"] = [0.998 if digit == 7 else 0.002 / 9 for digit in range(10)]
        for revision in (1, 2):
            row = Prediction(drawing=drawing, revision=revision, preprocessing_version=1)
            if revision == 1:
                row.text, row.status, row.model, row.done_at = "1", PredictionStatus.DONE, version, timezone.now()
            elif text is not None:
                row.text, row.status, row.model, row.done_at = text, PredictionStatus.DONE, version, timezone.now()
                row.sure, row.confidence, row.glyphs = sure, confidence if text else None, [glyph] * len(text)
            row.save()
        return drawing

    return make


@pytest.fixture
def drawing(make_drawing: Callable[..., Drawing]) -> Drawing:
    return make_drawing()


@pytest.fixture(autouse=True)
def in_english_again() -> Iterator[None]:
    """A request's language stays with its thread until the next request: it is no other test's."""
    yield
    translation.deactivate()
