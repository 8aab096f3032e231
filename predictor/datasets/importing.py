"""Imports labelled pictures. They go through the same states as visitors' drawings."""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from PIL import Image

from ml.sources.labelled.files import UNPACKED_LIMIT
from ml.sources.labelled.sets import BadRow, Labelled, LabelledSetError, checked_writer, read_labelled
from predictor import errors
from predictor.drawings import intake
from predictor.models import Drawing, Label, LabelAuthor, LabelState, Mode, Owner, Side, Source
from predictor.review import labels as review_labels
from predictor.review import queue_items

BAD_ROWS_KEPT = 1_000

OnBad = Callable[[BadRow], object]


@dataclass
class ImportResult:
    """Counts of an import: new drawings, drawings that existed already, rows left out and why."""

    new: int = 0
    known: int = 0
    left_out: int = 0
    reasons: list[str] = field(default_factory=list)

    def leave_out(self, error: BadRow) -> None:
        self.left_out += 1
        if len(self.reasons) < BAD_ROWS_KEPT:
            self.reasons.append(str(error))


def import_set(
    path: Path,
    *,
    owner: str,
    accept: bool,
    reviewer: User | None = None,
    most: int | None = None,
    unpacked_limit: int = UNPACKED_LIMIT,
    report: Callable[[int], object] | None = None,
) -> ImportResult:
    """Imports a set's valid rows, at most `most`, and records why the others were left out.

    `unpacked_limit`: bytes that its arrays may unpack to.

    Raises BadValue if the set can't be read to its end. The message says how many drawings were imported before that.
    """
    result = ImportResult()
    try:
        checked_writer(owner, "The owner")
        found = read_labelled(path, unpacked_limit=unpacked_limit, on_bad=result.leave_out)
        for _, is_new in import_labelled(
            _limited(found, most, result), owner=owner, accept=accept, reviewer=reviewer, on_bad=result.leave_out
        ):
            result.new, result.known = result.new + is_new, result.known + (not is_new)
            if report:
                report(result.new + result.known)
    except LabelledSetError as error:
        before = f" {result.new} drawings were imported before that." if result.new else ""
        raise errors.BadValue(f"{error}{before}") from error
    return result


def import_labelled(
    examples: Iterable[Labelled], *, owner: str, accept: bool, reviewer: User | None = None, on_bad: OnBad | None = None
) -> Iterator[tuple[Drawing, bool]]:
    """Stores each example with its label; yields the drawing, and whether it is new.

    Each writer in the set becomes an owner, on the side that the set gives. With `accept` the label counts as a
    reviewer's; without, it waits for review. A picture that the owner already has is not stored twice. `on_bad` is
    called for each row that can't be stored; without it, BadRow is raised.
    """
    owners: dict[str, Owner] = {}
    unnoted: list[UUID] = []
    for example in examples:
        try:
            drawing, is_new = _import_one(example, _owner(example, owner, owners), accept=accept, reviewer=reviewer)
        except BadRow as error:
            if on_bad is None:
                raise
            on_bad(error)
            continue
        unnoted += [drawing.pk] if is_new else []
        if len(unnoted) >= queue_items.BATCH:
            queue_items.note_many(unnoted)
            unnoted = []
        yield drawing, is_new
    queue_items.note_many(unnoted)


def _limited(examples: Iterable[Labelled], most: int | None, result: ImportResult) -> Iterator[Labelled]:
    for number, example in enumerate(examples):
        if number == most:
            rest = f"{example.name} and the rest: at most {most} drawings at once. Use manage.py import_drawings."
            result.leave_out(BadRow(rest))
            return
        yield example


def _owner(example: Labelled, name: str, owners: dict[str, Owner]) -> Owner:
    """The writer's owner. Unknown writers share one owner on each side."""
    if example.writer:
        key = f"import:{name}/{example.writer}"
    else:
        key = f"import:{name} ({example.side})" if example.side else f"import:{name}"
    owner = owners.get(key)
    if owner is None:
        owner = owners[key] = Owner.objects.get_or_create(key=key[:200])[0]
    if example.side and not owner.side:
        Owner.objects.filter(pk=owner.pk, side="").update(side=example.side)
        owner.refresh_from_db(fields=["side"])
    if owner.side == Side.TRAIN and example.side not in {"", Side.TRAIN}:
        raise BadRow(f"{example.name}: its side is {example.side}, but its writer is on the training side here.")
    return owner


def _import_one(example: Labelled, owner: Owner, *, accept: bool, reviewer: User | None) -> tuple[Drawing, bool]:
    out = io.BytesIO()
    Image.fromarray(example.picture).save(out, "PNG")
    mode = Mode.NUMBER if len(example.label) > 1 else Mode.DIGIT
    submission = intake.Submission(
        data=out.getvalue(), mode=mode, source=Source.IMPORT, strokes=example.strokes, consent=True
    )
    known = Drawing.objects.filter(owner=owner, content_hash=submission.content_hash()).first()
    if known:
        return known, False
    try:
        return _store(submission, example.label, owner, accept=accept, reviewer=reviewer), True
    except errors.DomainError as error:
        raise BadRow(f"{example.name}: {error.message}") from error


def _store(submission: intake.Submission, label: str, owner: Owner, *, accept: bool, reviewer: User | None) -> Drawing:
    with transaction.atomic():
        drawing, _ = intake.add_drawing(owner=owner, submission=submission)
        Label.objects.create(
            drawing=drawing,
            revision=drawing.revision,
            text=label,
            by=LabelAuthor.REVIEWER if accept else LabelAuthor.VISITOR,
            user=reviewer,
            state=LabelState.ACCEPTED if accept else LabelState.PROPOSED,
            decided_by=reviewer,
            decided_at=timezone.now() if accept else None,
        )
        if accept:
            review_labels.fix_side(owner.pk)
    return drawing
