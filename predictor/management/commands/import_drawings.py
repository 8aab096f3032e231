"""`manage.py import_drawings PATH --owner NAME`: labelled pictures from elsewhere."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from ml.labelled import FORMS, LabelledSetError, read_labelled
from predictor.errors import DomainError
from predictor.importing import import_labelled


class Command(BaseCommand):
    help = "Imports labelled handwriting; what was imported before is passed over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help=FORMS.replace("%", "%%"))
        parser.add_argument("--owner", required=True, help="whose drawings these are; a set's writers are kept apart")
        parser.add_argument(
            "--accept", action="store_true", help="the labels count as a reviewer's, with consent to learn from them"
        )

    def handle(self, *, path: Path, owner: str, accept: bool, **options: Any) -> None:
        new = known = 0
        try:
            examples = read_labelled(path)
            for _, is_new in tqdm(
                import_labelled(examples, owner=owner, accept=accept), unit=" drawings", disable=None
            ):
                new, known = new + is_new, known + (not is_new)
        except (LabelledSetError, DomainError) as error:
            raise CommandError(f"{error} {new} drawings were imported before that.") from error
        state = "accepted" if accept else "waiting for review"
        self.stdout.write(f"{new} drawings imported, their labels {state}; {known} were here already.")
