"""`manage.py export_dataset`: a snapshot of what the site may learn from, as files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from predictor import datasets, errors
from predictor.datasets.export import FORMS, Layout, Tally, export_dataset
from predictor.models import Dataset
from predictor.reading import hashing


class Command(BaseCommand):
    help = "Writes what the site may learn from, a new snapshot or an older one, as files that other tools read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", type=Path, help="a new folder (default: under the data folder)")
        parser.add_argument("--dataset", type=int, metavar="N", help="an older snapshot, by its number")
        parser.add_argument(
            "--format",
            choices=FORMS,
            default="png",
            help="; ".join(f"{name}: {what}" for name, what in FORMS.items()).replace("%", "%%"),
        )
        parser.add_argument("--originals", action="store_true", help="the pictures as they are stored, not the glyphs")
        parser.add_argument("--gzip", action="store_true", help="compresses IDX files")

    def handle(self, *, out: Path | None, dataset: int | None, **options: Any) -> None:
        layout = Layout(form=options["format"], originals=options["originals"], gzip=options["gzip"])
        with tqdm(unit=" drawings", disable=None) as bar:
            try:
                layout.check()
                chosen = _snapshot(dataset)
                folder = out or settings.DATA_DIR / "exports" / layout.name(chosen)
                tally = export_dataset(chosen, folder, layout, tally=Tally(report=_showing(bar, chosen)))
            except errors.DomainError as error:
                raise CommandError(error.message) from error
        what = "pictures" if layout.originals else "glyphs"
        left_out = f" ({tally.left_out} that are not a digit left out)" if tally.left_out else ""
        self.stdout.write(f"{chosen}: {tally.total} {what} in {folder}{left_out}")


def _snapshot(number: int | None) -> Dataset:
    if number is None:
        hashing.hash_all()
        return datasets.snapshot()
    found = Dataset.objects.filter(pk=number, sealed=True).first()
    if found is None:
        raise errors.NotFound(f"There is no dataset {number}: the admin's list of datasets names them.")
    return found


def _showing(bar: "tqdm[Any]", dataset: Dataset) -> Any:
    """Shows the progress of side after side as one."""
    bar.total = sum(datasets.size(dataset, side) for side in dataset.counts)
    before = 0

    def report(done: int, of: int) -> None:
        nonlocal before
        bar.update(before + done - bar.n)
        if done == of:
            before += of

    return report
