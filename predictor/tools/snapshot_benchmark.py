"""Benchmarks a snapshot of many labelled drawings on a temporary site: `manage.py bench --snapshot N`.

Each step runs in its own process, so that its peak memory can be measured.
"""

import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import numpy as np

from ml.progress import Print

WRITERS = 300
PICTURES = 400
"""Different pictures among the drawings; no two drawings have the same bytes."""
BATCH = 1_000
ROOT = Path(__file__).resolve().parent.parent.parent


def run(*, say: Print, drawings: int) -> None:
    """Fills a site, makes a snapshot and an export, and prints time and memory of each step."""
    with tempfile.TemporaryDirectory(prefix="digitsite-bench-") as folder:
        for step in ("fill", "snapshot", "again", "export"):
            say(_in_a_process(step, drawings, Path(folder)))


def _in_a_process(step: str, drawings: int, folder: Path) -> str:
    environment = {**os.environ, "DIGITSITE_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "digitsite.settings"}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "predictor.tools.snapshot_benchmark", step, str(drawings)]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)  # noqa: S603
    return done.stdout.strip()


def _main(step: str, drawings: int) -> None:
    import django

    django.setup()
    if step == "fill":
        _fill(drawings)
        return
    before = _peak_mb()
    started, used = time.perf_counter(), time.process_time()
    what = {"snapshot": _snapshot, "again": _snapshot, "export": _export}[step]()
    seconds, busy = time.perf_counter() - started, time.process_time() - used
    took = f"{seconds:.1f} s ({busy:.1f} s of CPU)"
    print(f"{what}: {took}, peak memory {_peak_mb():.0f} MB, {before:.0f} MB before")


def _snapshot() -> str:
    from predictor.datasets import snapshots

    dataset = snapshots.snapshot()
    return f"{dataset} of {sum(snapshots.size(dataset, side) for side in dataset.counts)} drawings"


def _export() -> str:
    from django.conf import settings

    from predictor.datasets import snapshots
    from predictor.datasets.export.layout import Layout
    from predictor.datasets.export.writing import export_dataset

    tally = export_dataset(snapshots.snapshot(), settings.DATA_DIR / "export", Layout(format="parquet"))
    return f"export of {tally.total} glyphs as Parquet"


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _fill(drawings: int) -> None:
    """Accepted drawings of many writers, with consent; one in twenty is a near-duplicate of an earlier one."""
    from django.core.management import call_command
    from django.db import transaction
    from django.utils import timezone

    from ml.glyphs.perceptual_hash import perceptual_hash
    from ml.isolation import isolate
    from predictor.models import Drawing, Label, Owner
    from predictor.review import labels as review_labels

    call_command("migrate", verbosity=0)
    rng = np.random.default_rng(0)
    owners = [Owner.objects.create(key=f"writer {n}") for n in range(WRITERS)]
    with transaction.atomic():
        for owner in owners:
            review_labels.fix_side(owner.pk)
    pictures = [_picture(index % 10, rng) for index in range(PICTURES)]
    hashes = [perceptual_hash(isolate(pixels, "digit").glyphs) for pixels, _ in pictures]
    for start in range(0, drawings, BATCH):
        rows = []
        for number in range(start, min(start + BATCH, drawings)):
            index = number % PICTURES
            flipped = 0 if number % 20 == 0 else int.from_bytes(rng.bytes(8), "big", signed=True) & 0x1111111111111111
            # Bytes after a PNG's end change the file, not the picture.
            data = pictures[index][1] + number.to_bytes(4, "big")
            hashed = hashlib.sha256(data).hexdigest()
            rows.append(
                Drawing(
                    id=uuid.UUID(bytes=rng.bytes(16), version=4),
                    owner=owners[number % WRITERS],
                    source="canvas",
                    consent=True,
                    width=300,
                    height=300,
                    image=data,
                    image_type="image/png",
                    image_hash=hashed,
                    content_hash=hashed,
                    perceptual_hash=hashes[index] ^ flipped,
                )
            )
        with transaction.atomic():
            Drawing.objects.bulk_create(rows)
            Label.objects.bulk_create(
                Label(
                    drawing=row,
                    revision=1,
                    text=str((start + place) % PICTURES % 10),
                    by="visitor",
                    state="accepted",
                    decided_at=timezone.now(),
                )
                for place, row in enumerate(rows)
            )
    print(f"{drawings} labelled drawings of {WRITERS} writers")


def _picture(digit: int, rng: np.random.Generator) -> tuple[np.ndarray, bytes]:
    from ml.pictures import decoding
    from ml.pictures.strokes import fit_strokes, render
    from ml.sources import generator

    strokes = fit_strokes(generator.digit_strokes(digit, rng), width=300, height=300, pen=12)
    picture = render(strokes, width=300, height=300)
    return picture, decoding.keep(picture).data


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
