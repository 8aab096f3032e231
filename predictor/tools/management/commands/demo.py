"""`manage.py demo`: fills a new site with example data."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from predictor.errors import DomainError
from predictor.tools import demonstration


class Command(BaseCommand):
    help = "Fills a new site with drawings, labels and a review queue, made by the stroke generator."

    def handle(self, **options: Any) -> None:
        try:
            with tqdm(unit=" drawings", disable=None) as bar:
                for done, count in demonstration.fill():
                    bar.total = count
                    bar.update(done - bar.n)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{demonstration.DRAWINGS} drawings made; {demonstration.waiting()} labels wait for review.")
        self.stdout.write("A running worker reads the drawings; the review queue is at /admin/review/.")
