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
        "Imports labelled handwriting that its writers let you learn from; what was imported before is passed over,"
        " rows that can't be are named."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help=FORMS.replace("%", "%%"))
        parser.add_argument("--owner", required=True, help="whose drawings these are; a set's writers are kept apart")
        parser.add_argument(
            "--accept",
            action="store_true",
            help="the labels count as a reviewer's; else reviewers decide on them first",
        )

    def handle(self, *, path: Path, owner: str, accept: bool, **options: Any) -> None:
        with tqdm(unit=" drawings", disable=None) as bar:
            try:
                outcome = import_set(path, owner=owner, accept=accept, report=lambda done: bar.update(done - bar.n))
            except DomainError as error:
                raise CommandError(error.message) from error
        state = "accepted" if accept else "waiting for review"
        self.stdout.write(f"{outcome.new} drawings imported, their labels {state}; {outcome.known} were here already.")
        if outcome.left_out:
            more = f"\n… and {outcome.left_out - SHOWN} more" if outcome.left_out > SHOWN else ""
            rows = "row" if outcome.left_out == 1 else "rows"
            raise CommandError("\n".join([f"{outcome.left_out} {rows} left out:", *outcome.reasons[:SHOWN]]) + more)
