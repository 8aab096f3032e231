"""`manage.py export_dataset`: what the site may learn from, as pictures and a CSV."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from predictor import datasets
from predictor.errors import DomainError
from predictor.exporting import export_dataset


class Command(BaseCommand):
    help = "Makes a snapshot of the accepted, consented drawings and writes its glyphs as PNG files with a CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", type=Path, help="a new folder (default: under the data folder)")

    def handle(self, *, out: Path | None, **options: Any) -> None:
        dataset = datasets.snapshot()
        folder = out or settings.DATA_DIR / "exports" / f"dataset-{dataset.pk}"
        try:
            count = export_dataset(dataset, folder)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{dataset}: {count} glyphs in {folder}")
