"""Drawings as the queue of reviews meets them: read in whatever way, without a network."""

import base64
import io
import json
from datetime import timedelta
from typing import Any

import numpy as np
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from PIL import Image

from predictor.models import Drawing, ModelVersion, Owner, Prediction
from predictor.review import labels as review_labels
from predictor.review import queue_items
from tests.predictor.stored import store

REVIEW = "/admin/review/"


def version(number: int = 1) -> ModelVersion:
    values = {"sha256": f"{number:064}", "format_version": 1, "preprocessing_version": 1}
    return ModelVersion.objects.get_or_create(pk=number, defaults=values)[0]


def read(
    drawing: Drawing,
    text: str = "7",
    *,
    confidence: float = 0.99,
    instead: int = 1,
    kind: str = "live",
    by: int = 1,
    ink: int = 0,
) -> Prediction:
    """As a worker leaves it, a minute ago: `instead` is the second guess; `ink` moves the glyph."""
    chances = [0.0] * 10
    chances[instead] = 1 - confidence
    if text:
        chances[int(text[0])] = confidence
    glyph = {"box": [0, 0, 9, 9], "digit": int(text[:1] or 0), "confidence": confidence, "probabilities": chances}
    done = {
        "status": "done",
        "text": text,
        "confidence": confidence if text else None,
        "sure": confidence > 0.9,
        "glyphs": [{**glyph, "pixels": pixels(ink)} for _ in text],
        "model": version(by),
        "done_at": timezone.now() - timedelta(minutes=1),
    }
    key = {"drawing": drawing, "revision": drawing.revision, "kind": kind}
    if kind == "live":
        return Prediction.objects.update_or_create(**key, defaults={"preprocessing_version": 1, **done})[0]
    return Prediction.objects.create(**key, preprocessing_version=1, **done)


def pixels(ink: int = 0) -> str:
    """A glyph with a bar at row `ink`."""
    paper = np.full((28, 28), 255, np.uint8)
    paper[ink : ink + 4, 4:24] = 0
    out = io.BytesIO()
    Image.fromarray(paper).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def waiting(owner: Owner, text: str = "7", *, said: str | None = "7", consent: bool = True, **how: Any) -> Drawing:
    """A drawing read as `text`, of which its visitor said something, and which the queue knows of."""
    drawing = store(owner, consent=consent)
    read(drawing, text, **how)
    if said is None:
        queue_items.note(drawing)
    else:
        review_labels.propose_label(drawing=drawing, text=said, owner=owner)
    return drawing


class Desk:
    """A reviewer at the page: what its script asks for."""

    def __init__(self, name: str = "anna") -> None:
        self.user = User.objects.filter(username=name).first() or User.objects.create_superuser(name)
        self.client = Client()
        self.client.force_login(self.user)

    def ask(self, what: str, **asked: Any) -> HttpResponse:
        return self.client.post(f"{REVIEW}{what}/", json.dumps(asked), content_type="application/json")

    def next(self, count: int = 1, **asked: Any) -> list[dict[str, Any]]:
        answer = self.ask("next", count=count, **asked)
        assert answer.status_code == 200, answer.content
        drawings: list[dict[str, Any]] = answer.json()["drawings"]
        return drawings

    def answer(self, shown: dict[str, Any], text: str | None) -> dict[str, Any]:
        """What became of an answer: `action` or `error`."""
        said = {"id": shown["id"], "revision": shown["revision"], "text": text}
        answer = self.ask("answers", answers=[said])
        assert answer.status_code == 200, answer.content
        done: dict[str, Any] = answer.json()["done"][0]
        return done

    def decides(self, drawing: Drawing, text: str | None = "7") -> int:
        """Answers this drawing, which must be among what is handed out; returns the action."""
        shown = self.next(50)
        [mine] = [each for each in shown if each["id"] == str(drawing.pk)]
        self.ask("release", ids=[each["id"] for each in shown if each is not mine])
        action: int = self.answer(mine, text)["action"]
        return action

    def undo(self, action: int | None = None) -> list[dict[str, Any]]:
        answer = self.ask("undo", action=action)
        assert answer.status_code == 200, answer.content
        drawings: list[dict[str, Any]] = answer.json()["drawings"]
        return drawings


def labels(drawing: Drawing) -> list[tuple[str, str, str]]:
    return list(drawing.labels.order_by("pk").values_list("text", "by", "state"))
