"""Taking a drawing in: checked, decoded, re-encoded, isolated, stored with its queued prediction."""

import hashlib
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from ml import glyphs, isolation
from ml.glyphs.glyph import Glyph
from ml.glyphs.perceptual_hash import perceptual_hash
from ml.pictures import decoding
from predictor import errors
from predictor.drawings import consent as permission
from predictor.drawings import visitors
from predictor.models import (
    Drawing,
    ForgottenDrawing,
    LabelState,
    Mode,
    Owner,
    Prediction,
    PredictionKind,
    PredictionStatus,
)
from predictor.reading import queue
from predictor.reading.stored_glyphs import pack
from predictor.review import items as review_items

FORGOTTEN_AT_ONCE = 200
BYTES_LIMIT = decoding.BYTES_LIMIT
"""A picture with more of them is refused."""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What a client sends for one revision of a drawing."""

    data: bytes
    mode: str
    source: str
    strokes: dict[str, Any] | None = None
    consent: bool | None = None
    """None leaves it as it is (not given, for a new drawing)."""

    def content_hash(self) -> str:
        """SHA-256 over what makes the revision: two equal ones are the same stroke sent twice."""
        digest = hashlib.sha256(self.data)
        digest.update(json.dumps([self.mode, self.strokes], sort_keys=True).encode())
        return digest.hexdigest()


def add_drawing(*, owner: Owner, submission: Submission) -> tuple[Drawing, Prediction]:
    """Stores a new drawing under a new id. Raises the errors of `prepare`."""
    prepared = prepare(data=submission.data, mode=submission.mode, strokes=submission.strokes)
    with transaction.atomic():
        return _create(uuid.uuid4(), owner, 1, submission, prepared)


def put_revision(
    *, owner: Owner, drawing_id: uuid.UUID, revision: int, submission: Submission
) -> tuple[Drawing, Prediction, bool]:
    """Stores revision `revision` of a drawing that the client named; also says whether it is new.

    The same revision with the same content again is answered as before. Raises NotFound for another's
    or a forgotten id, Conflict for an older revision, other content, or a labelled drawing.
    """
    stored = Drawing.objects.defer("image", "strokes").filter(pk=drawing_id).first()
    if stored:
        repeated = _repeated(stored, owner, revision, submission)
        if repeated:
            return stored, repeated, False
    prepared = prepare(data=submission.data, mode=submission.mode, strokes=submission.strokes)
    try:
        with transaction.atomic():
            if stored is None:
                if ForgottenDrawing.objects.filter(pk=drawing_id).exists():
                    raise _not_yours()
                return *_create(drawing_id, owner, revision, submission, prepared), True
            return *_revise(drawing_id, owner, revision, submission, prepared), False
    except IntegrityError:
        # Two strokes of a new drawing at once: the other one has made it meanwhile.
        if stored is None and Drawing.objects.filter(pk=drawing_id).exists():
            return put_revision(owner=owner, drawing_id=drawing_id, revision=revision, submission=submission)
        raise


def forget(*, drawing: Drawing) -> None:
    """Deletes a drawing with all that was read and said of it; only its id stays, so it can't come back.

    Snapshots that it was in keep their line of it: its id, hash and label.
    """
    _forget([drawing.pk])


def forget_all(*, drawings: QuerySet[Drawing]) -> int:
    """Forgets each of these as `forget` does, those that are made meanwhile left out; returns how many.

    A batch is a transaction: what interrupts it leaves whole drawings, and the next call goes on.
    """
    made = drawings.filter(created_at__lte=timezone.now()).order_by("-created_at", "-id")
    count = 0
    while ids := list(made.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE]):
        _forget(ids)
        count += len(ids)
    return count


def _forget(ids: list[uuid.UUID]) -> None:
    with transaction.atomic():
        # The drawings before what hangs on them: whoever changes that holds the drawing, and would wait for us.
        ids = list(Drawing.objects.filter(pk__in=ids).order_by("pk").select_for_update().values_list("pk", flat=True))
        ForgottenDrawing.objects.bulk_create([ForgottenDrawing(pk=pk) for pk in ids], ignore_conflicts=True)
        Drawing.objects.filter(pk__in=ids).only("pk").delete()


def set_consent(*, drawing: Drawing, consent: bool) -> None:
    """Whether the site may learn from a drawing, which can be taken back at any time."""
    with transaction.atomic():
        Drawing.objects.filter(pk=drawing.pk).update(consent=consent)
        review_items.note(drawing)
    drawing.consent = consent


def isolate(kept: decoding.KeptPicture, mode: str, strokes: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """The candidate glyphs in a kept picture as a Prediction stores them, their boxes in the picture as it was sent."""
    return _packed(_isolated(kept.pixels, mode, strokes), kept.pixels, width=kept.width, height=kept.height)


def isolate_again(drawing: Drawing) -> list[dict[str, Any]]:
    """The candidate glyphs of a stored drawing. Raises PictureError."""
    picture = decoding.decode(bytes(drawing.image))
    found = _isolated(picture, drawing.mode, drawing.strokes)
    return _packed(found, picture, width=drawing.width, height=drawing.height)


def look_of(picture: decoding.Picture, mode: str, strokes: dict[str, Any] | None = None) -> int:
    """The perceptual hash of a kept picture, as it is computed when the picture comes."""
    return perceptual_hash(_isolated(picture, mode, strokes))


def _isolated(picture: decoding.Picture, mode: str, strokes: dict[str, Any] | None) -> list[Glyph]:
    return isolation.isolate(picture, "number" if mode == Mode.NUMBER else "digit", strokes)


def _packed(found: list[Glyph], picture: decoding.Picture, *, width: int, height: int) -> list[dict[str, Any]]:
    across, down = width / picture.shape[1], height / picture.shape[0]
    packed = []
    for glyph in found:
        x, y, w, h = glyph.box
        box = [round(x * across), round(y * down), max(1, round(w * across)), max(1, round(h * down))]
        packed.append(pack(glyph, box))
    return packed


@dataclass(frozen=True)
class Prepared:
    """A picture as it is kept, and the candidate glyphs in it."""

    kept: decoding.KeptPicture
    candidates: list[dict[str, Any]]
    look: int
    isolated_ms: float


def prepare(*, data: bytes, mode: str, strokes: dict[str, Any] | None = None) -> Prepared:
    """Decodes a picture and finds the glyphs in it. Raises TooLarge, BadValue or NotAPicture."""
    started = time.perf_counter()
    try:
        kept = decoding.keep(decoding.decode(data))
    except decoding.TooLarge as error:
        raise errors.TooLarge(_too_large()) from error
    except decoding.DamagedPicture as error:
        message = _("The picture is damaged or cut short. Save it again, and send that.")
        raise errors.BadValue(message, fields={"image": [message]}) from error
    except decoding.NotAPicture as error:
        message = _("This is not a picture we read: send PNG, JPEG, WebP, GIF, BMP or TIFF.")
        raise errors.NotAPicture(message) from error
    found = _isolated(kept.pixels, mode, strokes)
    candidates = _packed(found, kept.pixels, width=kept.width, height=kept.height)
    return Prepared(kept, candidates, perceptual_hash(found), (time.perf_counter() - started) * 1000)


def _create(
    drawing_id: uuid.UUID, owner: Owner, revision: int, submission: Submission, prepared: Prepared
) -> tuple[Drawing, Prediction]:
    owner = visitors.saved(owner)
    drawing = Drawing(pk=drawing_id, owner=owner, consent=bool(permission.granted(submission.consent, owner)))
    _fill(drawing, revision, submission, prepared)
    drawing.save(force_insert=True)
    return drawing, _queue(drawing, prepared)


def _revise(
    drawing_id: uuid.UUID, owner: Owner, revision: int, submission: Submission, prepared: Prepared
) -> tuple[Drawing, Prediction]:
    drawing = Drawing.objects.select_for_update().defer("image", "strokes").filter(pk=drawing_id).first()
    if drawing is None:
        raise _not_yours()
    repeated = _repeated(drawing, owner, revision, submission)
    if repeated:
        return drawing, repeated
    if drawing.labels.exclude(state=LabelState.WITHDRAWN).exists():
        raise errors.Conflict(_("This drawing has a label and takes no further strokes. Start a new one."))
    _fill(drawing, revision, submission, prepared)
    consented = drawing.consent
    consent = permission.granted(submission.consent, owner)
    if consent is not None:
        drawing.consent = consent
    drawing.save(force_update=True)
    if consented and not drawing.consent:
        review_items.note(drawing)
    queue.supersede(drawing)
    return drawing, _queue(drawing, prepared)


def _repeated(stored: Drawing, owner: Owner, revision: int, submission: Submission) -> Prediction | None:
    """The prediction of a revision that was sent before; None for a newer one."""
    if not _is_same_person(stored.owner_id, owner):
        raise _not_yours()
    if revision > stored.revision:
        return None
    if revision < stored.revision:
        message = _("Revision %(revision)d comes late: the drawing is at %(stored)d.")
        raise errors.Conflict(message % {"revision": revision, "stored": stored.revision})
    if submission.content_hash() != stored.content_hash:
        message = _("Revision %(revision)d was sent before with other content. Count it up.")
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
    # Not saved yet when this request began: another stroke of the same visitor has done it meanwhile.
    return stored.key == owner.key and stored.user_id is None


def _fill(drawing: Drawing, revision: int, submission: Submission, prepared: Prepared) -> None:
    drawing.revision = revision
    drawing.mode = submission.mode
    drawing.source = submission.source
    drawing.content_hash = submission.content_hash()
    drawing.strokes = submission.strokes
    drawing.image = prepared.kept.data
    drawing.image_type = prepared.kept.content_type
    drawing.image_hash = hashlib.sha256(prepared.kept.data).hexdigest()
    drawing.perceptual_hash = prepared.look
    drawing.width, drawing.height = prepared.kept.width, prepared.kept.height


def _queue(drawing: Drawing, prepared: Prepared) -> Prediction:
    prediction = Prediction.objects.create(
        drawing=drawing,
        revision=drawing.revision,
        status=PredictionStatus.QUEUED,
        preprocessing_version=glyphs.VERSION,
        candidates=prepared.candidates,
        isolated_ms=prepared.isolated_ms,
    )
    transaction.on_commit(lambda: queue.enqueue([prediction.pk]))
    return prediction


def _not_yours() -> errors.NotFound:
    return errors.NotFound(_("There is no such drawing of yours."))


def _too_large() -> str:
    message = _("The picture is too large: at most %(bytes)d MB and %(pixels)d million pixels are read.")
    return message % {"bytes": BYTES_LIMIT // 2**20, "pixels": decoding.PIXELS_LIMIT // 10**6}
