"""Fills a new site with example drawings, labels and a review queue, made by the stroke generator."""

import io
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from PIL import Image

from ml.pictures.strokes import fit_strokes, render
from ml.sources import generator
from predictor import errors
from predictor.drawings import intake
from predictor.models import Drawing, Label, LabelState, Mode, Owner, Source
from predictor.review import labels as review_labels

VISITORS = 8
DRAWINGS = 160
SEED = 7
SIDE = 300
DAYS = 14
STYLES = (
    # pen in pixels, ink, paper
    (15.0, "#000000", "#ffffff"),
    (6.0, "#1c2b4a", "#fdfdf8"),
    (3.0, "#404040", "#ffffff"),
    (24.0, "#f2f2ec", "#26332d"),
    (10.0, "#b3261e", "#fff7e8"),
)


def fill() -> Iterator[tuple[int, int]]:
    """Makes the drawings one by one. Yields the number made so far, and the total.

    Visitors label two in five, a few of them wrongly; a reviewer has decided half of these labels.
    Raises Conflict if the site has demonstration drawings already.
    """
    if Owner.objects.filter(key__startswith="demo:").exists():
        raise errors.Conflict("The demonstration is here already. For a new site, set DIGITSITE_DATA to a new folder.")
    rng = np.random.default_rng(SEED)
    owners = [Owner.objects.create(key=f"demo:{number}") for number in range(1, VISITORS + 1)]
    reviewer = _reviewer()
    for index in range(DRAWINGS):
        digit = int(rng.integers(10))
        drawing = _draw(rng, owners[int(rng.integers(VISITORS))], digit, index)
        if rng.random() < 0.4:
            text = str(digit) if rng.random() < 0.93 else str((digit + 1) % 10)
            _label(drawing, text, reviewer if rng.random() < 0.5 else None, right=text == str(digit))
        yield index + 1, DRAWINGS


def _draw(rng: np.random.Generator, owner: Owner, digit: int, index: int) -> Drawing:
    pen, ink, paper = STYLES[int(rng.integers(len(STYLES)))]
    raw = generator.digit_strokes(digit, rng)
    strokes = fit_strokes(raw, width=SIDE, height=SIDE, pen=pen, margin=float(rng.uniform(0.08, 0.3)), colour=ink)
    out = io.BytesIO()
    Image.fromarray(render(strokes, width=SIDE, height=SIDE, background=paper)).save(out, "PNG")
    submission = intake.Submission(
        data=out.getvalue(),
        mode=Mode.DIGIT,
        source=Source.CANVAS,
        strokes={"width": SIDE, "height": SIDE, "background": paper, "strokes": strokes},
        consent=True,
    )
    drawing, _ = intake.add_drawing(owner=owner, submission=submission)
    ago = timedelta(days=DAYS * (1 - index / DRAWINGS))
    Drawing.objects.filter(pk=drawing.pk).update(created_at=timezone.now() - ago)
    return drawing


def _label(drawing: Drawing, text: str, reviewer: User | None, *, right: bool) -> None:
    with transaction.atomic():
        label = review_labels.propose_label(drawing=drawing, text=text, owner=drawing.owner)
        if reviewer and right:
            review_labels.accept_label(label=label, reviewer=reviewer)
        elif reviewer:
            review_labels.reject_label(label=label, reviewer=reviewer)


def _reviewer() -> User:
    """The reviewer of the demonstration; nobody can sign in as them."""
    user, made = User.objects.get_or_create(username="demo-reviewer")
    if made:
        user.set_unusable_password()
        user.save()
    return user


def waiting() -> int:
    """How many labels wait for review."""
    return Label.objects.filter(state=LabelState.PROPOSED).count()
