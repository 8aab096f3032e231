"""`manage.py evaluate`: how well versions read a labelled set, MNIST, or the site's own drawings."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from ml.labelled import FORMS, Labelled, LabelledSetError, read_labelled
from predictor import errors, measuring, registry, retraining
from predictor.models import ModelVersion

Read = Callable[[], Iterable[Labelled]]


class Command(BaseCommand):
    help = "Reads labelled pictures as the site does and prints how many were right, with 95% intervals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, help=FORMS.replace("%", "%%"))
        parser.add_argument("--mnist", action="store_true", help="MNIST's 10,000 test pictures, enlarged")
        parser.add_argument("--site", action="store_true", help="the site's accepted drawings")
        parser.add_argument(
            "--pen", default="15", help="widths to draw a set of strokes with, in pixels of 300: 1,6,15"
        )
        parser.add_argument("--mode", choices=["digit", "number"], default="digit")
        parser.add_argument("--model", nargs="+", metavar="VERSION", help="versions, side by side (the champion)")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures and the errors there")

    def handle(self, **options: Any) -> None:
        try:
            sets = self._sets(options)
            versions = self._versions(options["model"])
            report = [self._measure(name, read, versions, options["mode"]) for name, read in sets]
        except (LabelledSetError, errors.DomainError, registry.NoChampion) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            measuring.write_report(options["json"], report)

    def _sets(self, options: dict[str, Any]) -> list[tuple[str, Read]]:
        if sum([options["path"] is not None, options["mnist"], options["site"]]) != 1:
            raise CommandError("Give one of PATH, --mnist, --site.")
        if options["mnist"]:
            mnist = retraining.load()
            return [("MNIST test", lambda: measuring.mnist_examples(mnist))]
        if options["site"]:
            return [("the site's drawings", measuring.site_examples)]
        path: Path = options["path"]
        if path.suffix not in {".jsonl", ".ndjson"}:
            return [(path.name, lambda: read_labelled(path))]
        return [(f"{path.name}, pen {pen:g} px", self._drawn(path, pen)) for pen in self._pens(options["pen"])]

    def _drawn(self, path: Path, pen: float) -> Read:
        return lambda: read_labelled(path, pen=pen)

    def _pens(self, text: str) -> list[float]:
        try:
            pens = [float(part) for part in text.split(",")]
        except ValueError:
            pens = []
        if not pens or not all(0 < pen <= 100 for pen in pens):
            raise CommandError(f"--pen {text}: widths in pixels, as 1,6,15.")
        return pens

    def _versions(self, numbers: list[str] | None) -> list[ModelVersion]:
        if numbers:
            return [registry.get(number) for number in numbers]
        champion = registry.champion()
        if champion is None:
            raise registry.NoChampion("There is no champion: run `manage.py prepare` first.")
        return [champion]

    def _measure(self, name: str, read: Read, versions: list[ModelVersion], mode: str) -> dict[str, Any]:
        outcomes = []
        for version in versions:
            bar = tqdm(read(), desc=f"{name}, version {version.pk}", unit=" pictures", disable=None, leave=False)
            outcome = measuring.measure(version, bar, mode=mode)
            if not len(outcome.right):
                raise CommandError(f"{name}: there is nothing to read.")
            outcomes.append(outcome.as_report())
            found = outcomes[-1]
            self.stdout.write(
                f"{name:<32} version {version.pk:<4} {100 * found['share']:6.2f}%"
                f"  [{100 * found['low']:.2f}, {100 * found['high']:.2f}]  {found['right']} of {found['count']}"
                f"  sure {100 * found['sure']:.1f}%  ECE {100 * found['calibration_error']:.2f}%"
            )
        return {"set": name, "mode": mode, "versions": outcomes}
