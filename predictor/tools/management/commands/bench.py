"""`manage.py bench`: benchmarks of a site of its own, of this site's pages, of snapshots and of the review queue."""

import dataclasses
import importlib.util
import signal
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from predictor.errors import DomainError
from predictor.tools import page_benchmark, review_benchmark, snapshot_benchmark

NEEDED = ("psutil", "locust", "litserve", "flask")


class Command(BaseCommand):
    help = (
        "Benchmarks a site of its own, its parts, and other servers with the same pictures, as ratios within one run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--quick", action="store_true", help="a small run, which only prints")
        parser.add_argument("--rounds", type=int, metavar="N")
        parser.add_argument("--clients", type=int, nargs="+", metavar="N")
        parser.add_argument("--seconds", type=float, metavar="S", help="of each load")
        parser.add_argument("--beside", default="", metavar="COMMIT", help="also measures the site of this commit")
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

    def handle(self, *, snapshot: int | None, reviews: int | None, pages: bool, **options: Any) -> None:
        try:
            if snapshot is not None:
                snapshot_benchmark.run(say=self.stdout.write, drawings=snapshot)
            elif reviews is not None:
                review_benchmark.run(say=self.stdout.write, count=reviews)
            elif pages:
                page_benchmark.run(say=self.stdout.write)
            else:
                self._bench(**options)
        except DomainError as error:
            raise CommandError(str(error)) from error

    def _bench(
        self,
        *,
        quick: bool,
        rounds: int | None,
        clients: list[int] | None,
        seconds: float | None,
        beside: str,
        **options: Any,
    ) -> None:
        missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
        if missing:
            raise CommandError(f"{', '.join(missing)} missing: `make bench` installs requirements-bench.txt.")
        from predictor.tools.site_benchmark import benchmarks_page
        from predictor.tools.site_benchmark import rounds as benchmark

        given: dict[str, Any] = {"rounds": rounds, "clients": clients and tuple(clients), "seconds": seconds}
        size = benchmark.QUICK if quick else benchmark.FULL
        size = dataclasses.replace(size, **{name: value for name, value in given.items() if value})
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))
        try:
            run = benchmark.run(size, beside)
        except KeyboardInterrupt:
            raise CommandError("Stopped.", returncode=130) from None
        self.stdout.write(benchmarks_page.tables(run))
        if not quick:
            benchmarks_page.add(run, settings.BASE_DIR / "docs")
            self.stdout.write(f"Written to docs/{benchmarks_page.PAGE}.")
