"""`manage.py bench`: benchmarks of reading, of snapshots and of the review queue."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictor.errors import DomainError
from predictor.tools import benchmark, page_benchmark, review_benchmark, snapshot_benchmark
from predictor.versions import registry


class Command(BaseCommand):
    help = "Benchmarks the running site (start it with DIGITSITE_THROTTLE=0) and its parts, as ratios within one run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--requests", type=int, default=200)
        parser.add_argument("--clients", type=int, default=16)
        parser.add_argument(
            "--snapshot", type=int, metavar="N", help="instead: a snapshot of N labelled drawings on a temporary site"
        )
        parser.add_argument(
            "--reviews",
            type=int,
            metavar="N",
            help="instead: a review queue of N drawings in a temporary database",
        )
        parser.add_argument(
            "--pages", action="store_true", help="instead: the CPU time of each page and list of this site"
        )

    def handle(
        self, *, requests: int, clients: int, snapshot: int | None, reviews: int | None, pages: bool, **options: Any
    ) -> None:
        if snapshot is not None:
            snapshot_benchmark.run(say=self.stdout.write, drawings=snapshot)
            return
        if reviews is not None:
            review_benchmark.run(say=self.stdout.write, count=reviews)
            return
        try:
            if pages:
                page_benchmark.run(say=self.stdout.write)
            else:
                benchmark.run(say=self.stdout.write, requests=requests, clients=clients)
        except (DomainError, registry.NoChampion) as error:
            raise CommandError(str(error)) from error
