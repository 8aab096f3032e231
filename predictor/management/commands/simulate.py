"""`manage.py measure_loop`: what a retrain teaches, and what it forgets, measured with known writers."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ml.sources.generator import FORMS
from ml.sources.labelled.sets import LabelledSetError, read_labelled
from predictor.errors import DomainError
from predictor.evaluation import measurement
from predictor.models import Drawing
from predictor.tools import simulation
from predictor.training import retraining
from predictor.versions import registry


class Command(BaseCommand):
    help = (
        "Plays the whole loop on the running site, which must be a new one (DIGITSITE_DATA=… DIGITSITE_THROTTLE=0"
        " manage.py run): writers draw, correct, are accepted; the site retrains; then what they never sent is read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, nargs="?", help="JSON lines of labelled strokes with writers")
        parser.add_argument("--form", action="append", default=[], metavar="DIGIT:NAME", help="the generator's form")
        parser.add_argument("--corrections", type=int, default=200, help="of the forms, each ten by a hand of its own")
        parser.add_argument("--others", type=int, default=500, help="drawings of the forms by hands never met")
        parser.add_argument("--poison", type=int, default=0, metavar="N", help="wrong labels by one visitor, accepted")
        parser.add_argument("--pen", type=float, default=15.0, help="pixels of 300, for strokes from a file")
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, **options: Any) -> None:
        if Drawing.objects.exists():
            raise CommandError("This site has drawings. Name a new folder in DIGITSITE_DATA, and run the site in it.")
        try:
            parts = self._parts(options)
            config = retraining.Config(seed=options["seed"])
            outcome = simulation.play(parts, config, say=self.stdout.write)
        except (DomainError, LabelledSetError, registry.NoChampion) as error:
            raise CommandError(str(error)) from error
        self._say(outcome)

    def _parts(self, options: dict[str, Any]) -> simulation.Parts:
        if options["poison"]:
            return simulation.Parts(simulation.mislabelled(options["poison"]), [], [])
        if options["form"]:
            forms = [self._form(text) for text in options["form"]]
            return simulation.in_many_hands(forms, options["corrections"], options["others"], options["seed"])
        if options["path"]:
            return simulation.split(read_labelled(options["path"], pen=options["pen"]))
        raise CommandError("Name a file of strokes, --form or --poison.")

    def _form(self, text: str) -> tuple[int, str]:
        digit, _, name = text.partition(":")
        if not digit.isdecimal() or name not in FORMS.get(int(digit), ()):
            known = "; ".join(f"{digit}: {', '.join(names)}" for digit, names in FORMS.items())
            raise CommandError(f"--form {text}: DIGIT:NAME, one of {known}.")
        return int(digit), name

    def _say(self, outcome: simulation.Outcome) -> None:
        for entry in outcome.read:
            self.stdout.write(f"{entry['set']:<34}{self._change(entry)}")
        for name, found in outcome.run.evidence.items():
            if found.get("count"):
                before, after, flips = found["champion"], found["candidate"], found["negative_flips"]
                line = f"{100 * before['share']:6.2f}% → {100 * after['share']:6.2f}% of {found['count']}"
                self.stdout.write(f"{name:<34}{line}, {flips} negative flips")
        self.stdout.write(f"{outcome.seconds:.0f} s of retraining, {outcome.peak_bytes / 1e9:.2f} GB at most")
        self.stdout.write(f"{outcome.run.verdict}")

    def _change(self, entry: measurement.Entry) -> str:
        before, after = entry["versions"]
        lost = {each["name"] for each in after["wrong"]} - {each["name"] for each in before["wrong"]}
        errors = f"{before['count'] - before['right']} → {after['count'] - after['right']} errors"
        return (
            f"{100 * before['share']:6.2f}% → {100 * after['share']:6.2f}% of {before['count']} ({errors}),"
            f" {len(lost)} negative flips"
        )
