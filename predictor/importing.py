"""Labelled pictures from elsewhere, through the same states as visitors' drawings."""

import io
from collections.abc import Iterable, Iterator

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from PIL import Image

from ml.labelled import Labelled
from predictor import intake, review
from predictor.models import Drawing, Label, LabelState, Mode, Owner, Source, Speaker


def import_labelled(
    examples: Iterable[Labelled], *, owner: str, accept: bool, reviewer: User | None = None
) -> Iterator[tuple[Drawing, bool]]:
    """Stores each example with its label; yields the drawing, and whether it is new.

    Each writer of the set is an owner of its own. With `accept` the label is a reviewer's, and the
    drawing may be learned from; without, it waits for review. A picture that the owner already has is
    not stored twice.
    """
    owners: dict[str, Owner] = {}
    for example in examples:
        key = f"import:{owner}/{example.writer}" if example.writer else f"import:{owner}"
        if key not in owners:
            owners[key] = Owner.objects.get_or_create(key=key[:200])[0]
        yield _import_one(example, owners[key], accept=accept, reviewer=reviewer)


def _import_one(example: Labelled, owner: Owner, *, accept: bool, reviewer: User | None) -> tuple[Drawing, bool]:
    out = io.BytesIO()
    Image.fromarray(example.picture).save(out, "PNG")
    mode = Mode.NUMBER if len(example.label) > 1 else Mode.DIGIT
    submission = intake.Submission(
        data=out.getvalue(), mode=mode, source=Source.IMPORT, strokes=example.strokes, consent=accept
    )
    known = Drawing.objects.filter(owner=owner, content_hash=submission.content_hash()).first()
    if known:
        return known, False
    with transaction.atomic():
        drawing, _ = intake.add_drawing(owner=owner, submission=submission)
        Label.objects.create(
            drawing=drawing,
            revision=drawing.revision,
            text=example.label,
            by=Speaker.REVIEWER if accept else Speaker.VISITOR,
            user=reviewer,
            state=LabelState.ACCEPTED if accept else LabelState.PROPOSED,
            decided_by=reviewer,
            decided_at=timezone.now() if accept else None,
        )
        if accept:
            review.fix_side(owner.pk)
    return drawing, True
