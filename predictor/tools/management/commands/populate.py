"""`manage.py populate`: fills a new site with as many drawings as a site has after years."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from predictor.errors import DomainError
from predictor.tools import population


class Command(BaseCommand):
    help = "Fills a new site with made-up drawings, readings, labels and reviews, to measure how it behaves when large."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--drawings", type=int, default=1_000_000, help="default: 1,000,000")
        parser.add_argument("--visitors", type=int, help="whose drawings they are; default: one for five drawings")

    def handle(self, *, drawings: int, visitors: int | None, **options: Any) -> None:
        visitors = max(1, drawings // 5) if visitors is None else visitors
        try:
            with tqdm(unit=" drawings", disable=None) as bar:
                for done, count in population.populate(drawings=drawings, visitors=visitors):
                    bar.total = count
                    bar.update(done - bar.n)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{drawings} drawings of {visitors} visitors made. No worker reads them.")
