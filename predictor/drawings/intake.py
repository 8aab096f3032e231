"""Accepts a drawing: checks, decodes and re-encodes its picture, and stores it with a queued prediction."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from ml.pictures import decoding
from ml.pictures.cropping import Box, clipped
from ml.pictures.strokes import LONGEST, render_sheet
from predictor import errors
from predictor.drawings import consent as permission
from predictor.drawings import erasure, visitors
from predictor.models import (
    Drawing,
    ForgottenDrawing,
    LabelState,
    Owner,
    Prediction,
    PredictionKind,
)
from predictor.reading import queue
from predictor.review import queue_items

FORGOTTEN_AT_ONCE = 200
BYTES_LIMIT = decoding.BYTES_LIMIT
"""A picture with more bytes than this is refused."""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What a client sends for one revision of a drawing. `data`: the picture; empty if only strokes were sent."""

    data: bytes
    mode: str
    source: str
    strokes: dict[str, Any] | None = None
    box: tuple[float, ...] | None = None
    """x, y, width and height of the part to read, in pixels of the picture; None for the whole picture."""
    consent: bool | None = None
    """None keeps the drawing's current consent; a new drawing has none."""

    def content_hash(self) -> str:
        """SHA-256 of the revision's content. Equal hashes mean that the same revision was sent twice."""
        digest = hashlib.sha256(self.data)
        # Without a box, as it was before there were boxes: a revision stored then can still be repeated.
        part = [self.box] if self.box else []
        digest.update(json.dumps([self.mode, self.strokes, *part], sort_keys=True).encode())
        return digest.hexdigest()


def add_drawing(*, owner: Owner, submission: Submission) -> tuple[Drawing, Prediction]:
    """Stores a new drawing under a new id. Raises the errors of `prepare`."""
    kept = prepare(submission.data, submission.strokes)
    with transaction.atomic():
        return _create(uuid.uuid4(), owner, 1, submission, kept)


def put_revision(
    *, owner: Owner, drawing_id: uuid.UUID, revision: int, submission: Submission
) -> tuple[Drawing, Prediction, bool]:
    """Stores a revision of a drawing under the id that the client chose. Also returns whether the drawing is new.

    A repeated revision with the same content gets the same answer. Raises NotFound if the drawing is someone else's or
    was deleted; Conflict for an older revision, a repeated one with different content, or a labelled drawing.
    """
    stored = Drawing.objects.defer("image", "strokes").filter(pk=drawing_id).first()
    if stored:
        repeated = _repeated(stored, owner, revision, submission)
        if repeated:
            return stored, repeated, False
    kept = prepare(submission.data, submission.strokes)
    try:
        with transaction.atomic():
            if stored is None:
                if ForgottenDrawing.objects.filter(pk=drawing_id).exists():
                    raise _not_yours()
                return *_create(drawing_id, owner, revision, submission, kept), True
            return *_revise(drawing_id, owner, revision, submission, kept), False
    except IntegrityError:
        # Two requests for the same new drawing raced, and the other created it first.
        if stored is None and Drawing.objects.filter(pk=drawing_id).exists():
            return put_revision(owner=owner, drawing_id=drawing_id, revision=revision, submission=submission)
        raise


def forget(*, drawing: Drawing) -> None:
    """Deletes a drawing with its readings and labels. Only its id is kept, so that it can't be created again.

    Snapshots that contain it keep its id, hash and label.
    """
    _forget([drawing.pk])


def forget_all(*, drawings: QuerySet[Drawing]) -> int:
    """Forgets these drawings as `forget` does, except any made after the call began; returns how many.

    Each batch is one transaction, so an interruption leaves no half-deleted drawing, and the next call continues.
    """
    made = drawings.filter(created_at__lte=timezone.now()).order_by("-created_at", "-id")
    count = 0
    while ids := list(made.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE]):
        _forget(ids)
        count += len(ids)
    return count


def forget_among(*, drawings: QuerySet[Drawing], ids: list[uuid.UUID]) -> int:
    """Forgets those of the ids that are among the drawings once nobody else changes them; returns how many."""
    with transaction.atomic():
        _lock(ids)
        # Asked anew: a label may have come while the lock was waited for.
        still = list(drawings.filter(pk__in=ids).values_list("pk", flat=True))
        _forget(still)
    return len(still)


def _lock(ids: list[uuid.UUID]) -> list[uuid.UUID]:
    """The drawings that still exist, locked before their dependent rows: other writers lock in the same order, so we
    can't deadlock."""
    rows = Drawing.objects.filter(pk__in=ids).order_by("pk").select_for_update()
    return list(rows.values_list("pk", flat=True))


def _forget(ids: list[uuid.UUID]) -> None:
    with transaction.atomic():
        ids = _lock(ids)
        ForgottenDrawing.objects.bulk_create([ForgottenDrawing(pk=pk) for pk in ids], ignore_conflicts=True)
        Drawing.objects.filter(pk__in=ids).only("pk").delete()
        transaction.on_commit(erasure.empty_the_log)


def set_consent(*, drawing: Drawing, consent: bool) -> None:
    """Sets whether the site may learn from a drawing. Consent can be withdrawn at any time."""
    with transaction.atomic():
        Drawing.objects.filter(pk=drawing.pk).update(consent=consent)
        queue_items.note(drawing)
    drawing.consent = consent


def prepare(data: bytes, strokes: dict[str, Any] | None = None) -> decoding.KeptPicture:
    """Decodes a picture, or renders the strokes if there is none, and re-encodes it for storing.

    Raises TooLarge, BadValue or NotAPicture; Unavailable while too many large pictures are decoded.
    """
    if strokes and not data:
        return _rendered(strokes)
    try:
        return decoding.decode_and_keep(data)
    except decoding.PictureTooLarge as error:
        raise errors.TooLarge(_too_large(error)) from error
    except decoding.DecodingBusy as error:
        message = _("Too many large pictures are being sent. Try again in a moment, or send a smaller one.")
        raise errors.Unavailable(message, retry_after=2) from error
    except decoding.DamagedPicture as error:
        message = _("The picture is damaged or cut short. Save it again, and send that.")
        raise errors.BadValue(message, fields={"image": [message]}) from error
    except decoding.UnknownFormat as error:
        message = _("This is not a picture we read: send PNG, JPEG, WebP, HEIC, AVIF, GIF, BMP or TIFF.")
        raise errors.NotAPicture(message) from error


def box_in(kept: decoding.KeptPicture, box: Sequence[float] | None) -> Box | None:
    """The part of a box that lies inside the picture. Raises BadValue if that is nothing, or too little to read."""
    if box is None:
        return None
    found = clipped(box, kept.width, kept.height)
    if found is None:
        message = _("The box lies outside the picture of %(width)d×%(height)d pixels, or is too small.")
        message %= {"width": kept.width, "height": kept.height}
        raise errors.BadValue(message, fields={"box": [message]})
    return found


def _rendered(strokes: dict[str, Any]) -> decoding.KeptPicture:
    try:
        return decoding.keep(render_sheet(strokes))
    except ValueError as error:
        message = _(
            "These strokes can't be drawn. Give the sheet a width and a height above 0, colours such as #1a2b3c, and "
            "at most %(sides)d times its longer side of line; or send a picture, too."
        )
        message %= {"sides": LONGEST}
        raise errors.BadValue(message, fields={"strokes": [message]}) from error


def _create(
    drawing_id: uuid.UUID, owner: Owner, revision: int, submission: Submission, kept: decoding.KeptPicture
) -> tuple[Drawing, Prediction]:
    owner = visitors.saved(owner)
    drawing = Drawing(pk=drawing_id, owner=owner, consent=bool(permission.granted(submission.consent, owner)))
    _fill(drawing, revision, submission, kept)
    drawing.save(force_insert=True)
    return drawing, _queue(drawing)


def _revise(
    drawing_id: uuid.UUID, owner: Owner, revision: int, submission: Submission, kept: decoding.KeptPicture
) -> tuple[Drawing, Prediction]:
    drawing = Drawing.objects.select_for_update().defer("image", "strokes").filter(pk=drawing_id).first()
    if drawing is None:
        raise _not_yours()
    repeated = _repeated(drawing, owner, revision, submission)
    if repeated:
        return drawing, repeated
    if drawing.labels.exclude(state=LabelState.WITHDRAWN).exists():
        raise errors.Conflict(_("This drawing has a label and takes no further strokes. Start a new one."))
    _fill(drawing, revision, submission, kept)
    consented = drawing.consent
    consent = permission.granted(submission.consent, owner)
    if consent is not None:
        drawing.consent = consent
    drawing.save(force_update=True)
    if consented and not drawing.consent:
        queue_items.note(drawing)
    queue.supersede(drawing)
    return drawing, _queue(drawing)


def _repeated(stored: Drawing, owner: Owner, revision: int, submission: Submission) -> Prediction | None:
    """The prediction of a revision that was sent before; None for a newer revision. Raises as `put_revision` does."""
    if not _is_same_person(stored.owner_id, owner):
        raise _not_yours()
    if revision > stored.revision:
        return None
    if revision < stored.revision:
        message = _("Revision %(revision)d comes late: the drawing is at %(stored)d.")
        raise errors.Conflict(message % {"revision": revision, "stored": stored.revision})
    if submission.content_hash() != stored.content_hash:
        message = _("Revision %(revision)d was sent before with different content. Send a higher one.")
        raise errors.Conflict(message % {"revision": revision})
    consent = permission.granted(submission.consent, owner)
    if consent is not None and consent != stored.consent:
        set_consent(drawing=stored, consent=consent)
    return Prediction.objects.get(drawing=stored, revision=revision, kind=PredictionKind.LIVE)


def _is_same_person(owner_id: int, owner: Owner) -> bool:
    if owner_id == owner.pk:
        return True
    stored = Owner.objects.get(pk=owner_id)
    if owner.user_id is not None:
        return stored.user_id == owner.user_id
    # The owner was not saved when this request began; another request by the same visitor has saved it since.
    return stored.key == owner.key and stored.user_id is None


def _fill(drawing: Drawing, revision: int, submission: Submission, kept: decoding.KeptPicture) -> None:
    drawing.revision = revision
    drawing.mode = submission.mode
    drawing.source = submission.source
    drawing.content_hash = submission.content_hash()
    drawing.strokes = submission.strokes
    drawing.box = box_in(kept, submission.box)
    drawing.image = kept.data
    drawing.image_type = kept.content_type
    drawing.image_hash = hashlib.sha256(kept.data).hexdigest()
    drawing.perceptual_hash = None  # computed by the worker that reads the revision
    drawing.width, drawing.height = kept.width, kept.height


def _queue(drawing: Drawing) -> Prediction:
    prediction = Prediction.objects.create(drawing=drawing, revision=drawing.revision)
    transaction.on_commit(lambda: queue.enqueue(prediction.pk))
    return prediction


def _not_yours() -> errors.NotFound:
    return errors.NotFound(_("There is no such drawing of yours."))


def _too_large(error: decoding.PictureTooLarge) -> str:
    if error.size and error.most:
        message = _(
            "The picture is too large: %(width)d×%(height)d pixels. Send it smaller: at most %(most_width)d×"
            "%(most_height)d; or as a JPEG, up to %(pixels)d million pixels."
        )
        sizes = {"width": error.size.width, "height": error.size.height}
        most = {"most_width": error.most.width, "most_height": error.most.height}
        return message % {**sizes, **most, "pixels": decoding.PIXELS_LIMIT // 10**6}
    message = _("The picture is too large, or packed too tightly: at most %(bytes)d MB are read. Save it as a JPEG.")
    return message % {"bytes": BYTES_LIMIT // 2**20}
