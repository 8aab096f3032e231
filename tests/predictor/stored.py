"""Drawings stored by the same function that the API calls, for tests in which nobody asks over HTTP."""

import io
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command

from predictor.datasets import snapshots
from predictor.drawings import intake
from predictor.drawings.intake import Submission
from predictor.models import Dataset, Drawing, Owner, Prediction
from predictor.reading import hashing
from predictor.review import labels as review_labels
from tests.predictor.pictures import drawn

Send = Callable[..., Prediction]


def store(
    owner: Owner, text: str = "7", *, mode: str = "digit", consent: bool = False, hand: int | None = None
) -> Drawing:
    """A stored drawing, by another hand than those before it unless told: what looks alike counts as one."""
    picture = drawn(text, side=100, hand=Drawing.objects.count() if hand is None else hand)
    submission = Submission(data=picture, mode=mode, source="canvas", consent=consent)
    drawing = intake.add_drawing(owner=owner, submission=submission)[0]
    hashing.hash_all()
    drawing.refresh_from_db(fields=["perceptual_hash"])
    return drawing


def propose(writer: Owner, text: str = "7", *, said: str | None = None) -> Drawing:
    """A stored drawing of the text, whose owner proposes that, or what is `said`, as its label."""
    drawing = store(writer, text)
    review_labels.propose_label(drawing=drawing, text=text if said is None else said, owner=writer)
    return drawing


def snapshot() -> Dataset:
    """A snapshot, once every drawing has its hash as a worker gives it."""
    hashing.hash_all()
    return snapshots.snapshot()


def queued(owner: Owner, text: str = "7", *, mode: str = "digit", hand: int | None = None) -> Prediction:
    """A stored drawing's queued prediction."""
    return Prediction.objects.get(drawing=store(owner, text, mode=mode, hand=hand))


def states() -> list[str]:
    """Of all predictions, the oldest first."""
    return list(Prediction.objects.order_by("pk").values_list("status", flat=True))


def learn(
    owner: Owner,
    reviewer: User,
    text: str = "7",
    *,
    said: str | None = None,
    mode: str = "digit",
    hand: int | None = None,
) -> Drawing:
    """A drawing that may be learned from: consented to, labelled by its visitor, accepted by a reviewer."""
    drawing = store(owner, text, mode=mode, consent=True, hand=hand)
    label = review_labels.propose_label(drawing=drawing, text=text if said is None else said, owner=owner)
    review_labels.accept_label(label=label, reviewer=reviewer)
    return drawing


def run(command: str, *arguments: Any, **options: Any) -> str:
    """What a command of manage.py prints."""
    out = io.StringIO()
    call_command(command, *map(str, arguments), stdout=out, **options)
    return out.getvalue()


def writers(count: int) -> list[Owner]:
    return [Owner.objects.create(key=f"writer {n}") for n in range(count)]
