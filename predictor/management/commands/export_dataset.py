"""`manage.py export_dataset`: a snapshot of what the site may learn from, as files."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from ml.progress import ReportCount
from predictor import errors
from predictor.datasets import snapshots
from predictor.datasets.export.layout import FORMATS, Layout
from predictor.datasets.export.rows import Tally
from predictor.datasets.export.writing import export_dataset, export_to_storage, zipped
from predictor.models import Dataset
from predictor.reading import hashing


class Command(BaseCommand):
    help = "Writes what the site may learn from, a new snapshot or an older one, as files that other tools can read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", type=Path, help="a new folder (default: in the site's storage)")
        parser.add_argument("--stream", action="store_true", help="write a ZIP to standard output, not a folder")
        parser.add_argument("--dataset", type=int, metavar="N", help="the number of an older snapshot")
        parser.add_argument(
            "--format",
            choices=FORMATS,
            default="png",
            help="; ".join(f"{name}: {what}" for name, what in FORMATS.items()).replace("%", "%%"),
        )
        parser.add_argument("--originals", action="store_true", help="the pictures as they are stored, not the glyphs")
        parser.add_argument("--gzip", action="store_true", help="compress IDX files")

    def handle(self, *, out: Path | None, stream: bool, dataset: int | None, **options: Any) -> None:
        layout = Layout(format=options["format"], originals=options["originals"], gzip=options["gzip"])
        try:
            layout.check()
            chosen = _snapshot(dataset)
            if stream:
                sys.stdout.buffer.writelines(zipped(chosen, layout))
                sys.stdout.buffer.flush()
            else:
                self._write(chosen, out, layout)
        except errors.DomainError as error:
            raise CommandError(error.message) from error

    def _write(self, dataset: Dataset, folder: Path | None, layout: Layout) -> None:
        with tqdm(unit=" drawings", disable=None) as bar:
            tally = Tally(report=_showing(bar, dataset))
            if folder:
                place = str(folder)
                export_dataset(dataset, folder, layout, tally=tally)
            else:
                place = export_to_storage(dataset, layout, tally=tally)
        what = "pictures" if layout.originals else "glyphs"
        left_out = f" ({tally.left_out} that are not a digit left out)" if tally.left_out else ""
        self.stdout.write(f"{dataset}: {tally.total} {what} in {place}{left_out}")


def _snapshot(number: int | None) -> Dataset:
    if number is None:
        hashing.hash_all()
        return snapshots.snapshot()
    found = Dataset.objects.filter(pk=number, sealed=True).first()
    if found is None:
        raise errors.NotFound(f"There is no dataset {number}. The admin lists the datasets.")
    return found


def _showing(bar: "tqdm[Any]", dataset: Dataset) -> ReportCount:
    """Shows the progress of all sides in one bar."""
    bar.total = sum(snapshots.size(dataset, side) for side in dataset.counts)
    before = 0

    def report(done: int, of: int) -> None:
        nonlocal before
        bar.update(before + done - bar.n)
        if done == of:
            before += of

    return report
