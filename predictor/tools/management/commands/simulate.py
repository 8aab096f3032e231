"""`manage.py simulate`: measures what a retrain teaches and what it forgets, with known writers."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ml.sources.generator import FORMS
from ml.sources.labelled.sets import LabelledSetError, read_labelled
from predictor.errors import DomainError
from predictor.evaluation import measurement
from predictor.models import Drawing
from predictor.percentages import duration, percent
from predictor.tools import simulation
from predictor.training.config import Config
from predictor.versions import registry


class Command(BaseCommand):
    help = (
        "Simulates visitors on the running site, which must be a new one (DIGITSITE_DATA=… DIGITSITE_THROTTLE=0"
        " manage.py run): they draw and correct, a reviewer accepts, the site retrains. Then champion and candidate"
        " read drawings that the site has never seen."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, nargs="?", help="JSON lines of labelled strokes with writers")
        parser.add_argument(
            "--form",
            action="append",
            default=[],
            metavar="DIGIT:NAME",
            help="a form of the stroke generator; repeatable",
        )
        parser.add_argument(
            "--corrections", type=int, default=200, help="drawings of the forms to send, ten from each hand"
        )
        parser.add_argument(
            "--others", type=int, default=500, help="drawings of the forms from other hands, to test on"
        )
        parser.add_argument(
            "--poison", type=int, default=0, metavar="N", help="send N wrong labels from one visitor instead"
        )
        parser.add_argument(
            "--pen", type=float, default=15.0, help="pen width for strokes from a file, in pixels on a canvas of 300"
        )
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, **options: Any) -> None:
        if Drawing.objects.exists():
            raise CommandError("This site has drawings. Name a new folder in DIGITSITE_DATA and run the site in it.")
        try:
            plan = self._plan(options)
            config = Config(seed=options["seed"])
            result = simulation.simulate(plan, config, say=self.stdout.write)
        except (DomainError, LabelledSetError, registry.NoChampion) as error:
            raise CommandError(str(error)) from error
        self._print(result)

    def _plan(self, options: dict[str, Any]) -> simulation.Plan:
        if options["poison"]:
            return simulation.Plan(simulation.mislabelled(options["poison"]), [], [])
        if options["form"]:
            forms = [self._form(text) for text in options["form"]]
            return simulation.plan_forms(forms, options["corrections"], options["others"], options["seed"])
        if options["path"]:
            return simulation.plan_writers(read_labelled(options["path"], pen=options["pen"]))
        raise CommandError("Give a file of strokes, --form or --poison.")

    def _form(self, text: str) -> tuple[int, str]:
        digit, _, name = text.partition(":")
        if not digit.isdecimal() or name not in FORMS.get(int(digit), ()):
            known = "; ".join(f"{digit}: {', '.join(names)}" for digit, names in FORMS.items())
            raise CommandError(f"--form {text}: DIGIT:NAME, one of {known}.")
        return int(digit), name

    def _print(self, result: simulation.SimulationResult) -> None:
        for entry in result.readings:
            self.stdout.write(f"{entry['set']:<34}{self._change(entry)}")
        for name, found in result.run.evidence.items():
            if found.get("count"):
                before, after, flips = found["champion"], found["candidate"], found["negative_flips"]
                line = f"{percent(before['share'], 2):>7} → {percent(after['share'], 2):>7} of {found['count']}"
                self.stdout.write(f"{name:<34}{line}, {flips} negative flips")
        self.stdout.write(f"{duration(result.seconds)} of retraining, {result.peak_bytes / 1e9:.2f} GB peak memory")
        self.stdout.write(f"{result.run.verdict}")

    def _change(self, entry: measurement.Entry) -> str:
        before, after = entry["versions"]
        lost = {each["name"] for each in after["wrong"]} - {each["name"] for each in before["wrong"]}
        errors = f"{before['count'] - before['right']} → {after['count'] - after['right']} errors"
        return (
            f"{percent(before['share'], 2):>7} → {percent(after['share'], 2):>7} of {before['count']} ({errors}),"
            f" {len(lost)} negative flips"
        )
