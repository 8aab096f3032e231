"""`manage.py import_drawings PATH --owner NAME`: labelled pictures from elsewhere."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from ml.sources.labelled.sets import FORMS
from predictor.datasets.importing import import_set
from predictor.errors import DomainError

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Imports labelled handwriting that its writers allow you to learn from. Skips what was imported before, and"
        " lists rows that can't be imported."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help=FORMS.replace("%", "%%"))
        parser.add_argument("--owner", required=True, help="whose drawings these are; the set's writers stay separate")
        parser.add_argument(
            "--accept",
            action="store_true",
            help="count the labels as a reviewer's; otherwise they wait for review",
        )

    def handle(self, *, path: Path, owner: str, accept: bool, **options: Any) -> None:
        with tqdm(unit=" drawings", disable=None) as bar:
            try:
                result = import_set(path, owner=owner, accept=accept, report=lambda done: bar.update(done - bar.n))
            except DomainError as error:
                raise CommandError(error.message) from error
        state = "accepted" if accept else "waiting for review"
        self.stdout.write(f"{result.new} drawings imported, their labels {state}; {result.known} existed already.")
        if result.left_out:
            more = f"\n… and {result.left_out - SHOWN} more" if result.left_out > SHOWN else ""
            rows = "row" if result.left_out == 1 else "rows"
            raise CommandError("\n".join([f"{result.left_out} {rows} left out:", *result.reasons[:SHOWN]]) + more)
