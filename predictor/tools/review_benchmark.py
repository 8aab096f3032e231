"""Measures how long a reviewer waits for the page when the queue is very long, in a temporary database."""

import statistics
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from ml.pictures import decoding
from ml.progress import Print
from predictor.models import Drawing, Label, LabelAuthor, ModelVersion, Owner, Prediction, PredictionStatus
from predictor.review import claims, desk, queue_items

BATCH = 2_000
ROUNDS = 200
OWNERS = 200
PICTURE_BYTES = 3_000


def run(*, say: Print, count: int) -> None:
    """Fills a queue with `count` drawings, and prints the median and the worst time of each request, with the CPU time
    of this process. The database is created beside the site's, and dropped afterwards."""
    with _scratch_database():
        started = time.perf_counter()
        _fill(count)
        filled = time.perf_counter()
        for _ in queue_items.rebuild():
            pass
        _analyse()
        queued = time.perf_counter()
        lanes = len(claims.lanes(timezone.now()))
        say(f"{connection.vendor}: {count} drawings stored in {filled - started:.0f} s")
        say(f"queue of {claims.waiting()} in {lanes} lanes, built in {queued - filled:.0f} s")
        reviewer = User.objects.create(username="reviewer")
        say(f"{'milliseconds':<44}{'median':>9}{'worst':>9}{'CPU':>12}")
        for name, times in _measure(reviewer).items():
            wall, processor = zip(*times, strict=True)
            say(f"{name:<44}{statistics.median(wall):>9.1f}{max(wall):>9.1f}{statistics.median(processor):>12.1f}")


def _measure(reviewer: User) -> dict[str, list[tuple[float, float]]]:
    found = defaultdict[str, list[tuple[float, float]]](list)
    # The work of a request, without HTTP and JSON.
    for number in range(ROUNDS):
        with _timed(found["the next drawing: chosen, claimed and shown"]):
            [shown] = desk.show(claims.take(reviewer=reviewer, count=1))[:1]
            desk.progress(reviewer)
        given = desk.Answer(shown.drawing.pk, 1, shown.suggestion)
        with _timed(found["an answer"]):
            action = desk.answer(reviewer=reviewer, given=given)
        if number % 10 == 0:
            with _timed(found["an undo"]):
                desk.undo_own(reviewer=reviewer, action_id=action.pk)
    for _ in range(5):
        with _timed(found["fifty drawings for the grid"]):
            desk.show(claims.take(reviewer=reviewer, count=50, reading="7"))
    return found


@contextmanager
def _timed(times: list[tuple[float, float]]) -> Iterator[None]:
    """Adds the milliseconds of wall time and of CPU time."""
    wall, processor = time.perf_counter(), time.process_time()
    yield
    times.append(((time.perf_counter() - wall) * 1000, (time.process_time() - processor) * 1000))


@contextmanager
def _scratch_database() -> Iterator[None]:
    """A new database under an unused name, made in the way Django makes test databases."""
    name = f"digitsite_bench_{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory() as folder:
        site = connection.settings_dict["NAME"]
        kept = connection.settings_dict["TEST"]["NAME"]
        scratch = str(Path(folder) / f"{name}.sqlite3") if connection.vendor == "sqlite" else name
        connection.settings_dict["TEST"]["NAME"] = scratch
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield
        finally:
            connection.creation.destroy_test_db(site, verbosity=0)
            connection.settings_dict["TEST"]["NAME"] = kept


def _fill(count: int) -> None:
    rng = np.random.default_rng(1)
    version = ModelVersion.objects.create(sha256="0" * 64, format_version=1, preprocessing_version=1)
    owners = Owner.objects.bulk_create([Owner(key=f"bench {n}") for n in range(OWNERS)])
    glyphs = [decoding.png_data_url(rng.integers(0, 256, (28, 28)).astype(np.uint8)) for _ in range(50)]
    for start in range(0, count, BATCH):
        rows = [_row(rng, version, owners, glyphs) for _ in range(min(BATCH, count - start))]
        Drawing.objects.bulk_create([drawing for drawing, _, _ in rows])
        Prediction.objects.bulk_create([reading for _, reading, _ in rows])
        Label.objects.bulk_create([label for _, _, label in rows if label])


def _row(
    rng: np.random.Generator, version: ModelVersion, owners: list[Owner], glyphs: list[str]
) -> tuple[Drawing, Prediction, Label | None]:
    """A drawing that waits: two in three have a label, which sometimes differs; the others have an unsure reading."""
    drawing = Drawing(
        owner=owners[int(rng.integers(OWNERS))],
        consent=True,
        content_hash="-",
        image=rng.bytes(PICTURE_BYTES),
        image_type="image/png",
        image_hash="-",
        width=300,
        height=300,
    )
    read, second = (str(digit) for digit in rng.choice(10, 2, replace=False))
    says = bool(rng.random() < 2 / 3)
    confidence = round(float(rng.uniform(0.9, 1) if says else rng.uniform(0.3, 0.9)), 4)
    chances: list[float] = [0.0] * 10
    chances[int(read)], chances[int(second)] = confidence, 1 - confidence
    glyph: dict[str, Any] = {"box": [90, 60, 120, 180], "digit": int(read), "confidence": confidence}
    reading = Prediction(
        drawing=drawing,
        revision=1,
        status=PredictionStatus.DONE,
        model=version,
        preprocessing_version=1,
        text=read,
        confidence=confidence,
        sure=says,
        glyphs=[{**glyph, "probabilities": chances, "pixels": glyphs[int(rng.integers(len(glyphs)))]}],
        done_at=timezone.now(),
    )
    said = read if rng.random() < 0.8 else second
    return drawing, reading, Label(drawing=drawing, revision=1, text=said, by=LabelAuthor.VISITOR) if says else None


def _analyse() -> None:
    """Updates PostgreSQL's planner statistics, as a server in use does automatically."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
