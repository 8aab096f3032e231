"""`manage.py evaluate`: accuracy on a labelled set, MNIST, the site's drawings or the robustness grid."""

import shlex
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from ml.evaluation import composed, grid, tables
from ml.sources.labelled.sets import FORMS, BadRow, Labelled, LabelledSetError
from predictor import errors
from predictor.evaluation import folders, measurement
from predictor.evaluation.readings import Show
from predictor.models import ModelVersion
from predictor.reading.serving import Serving
from predictor.training import stages
from predictor.versions import registry


class Command(BaseCommand):
    help = "Reads labelled pictures as the site does and reports the accuracy, with 95% intervals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, help=FORMS.replace("%", "%%"))
        parser.add_argument("--mnist", action="store_true", help="MNIST's 10,000 test pictures, raw and enlarged")
        parser.add_argument("--site", action="store_true", help="the site's accepted drawings")
        parser.add_argument(
            "--grid",
            action="store_true",
            help="the robustness grid: held-out digits drawn in many ways and on composed photos, and non-digits",
        )
        parser.add_argument(
            "--factor",
            nargs="+",
            choices=[*grid.factors(), composed.FACTOR],
            help=f"measure only these factors of the grid; {composed.FACTOR}: composed photos",
        )
        parser.add_argument(
            "--pen", default="15", help="pen widths for a set of strokes, in pixels on a canvas of 300: 1,6,15"
        )
        parser.add_argument("--mode", choices=["digit", "number"], default="digit")
        parser.add_argument("--model", nargs="+", metavar="VERSION", help="versions to compare (default: the champion)")
        parser.add_argument("--limit", type=int, metavar="N", help="only the first N pictures, or N digits per cell")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and errors as JSON")
        parser.add_argument("--html", type=Path, metavar="FILE", help="write a report as one HTML page")
        parser.add_argument("--unsure", action="store_true", help="show right but unsure readings in the report, too")

    def handle(self, **options: Any) -> None:
        try:
            self._check(options)
            servings = measurement.load(self._versions(options["model"]))
            report: list[measurement.Entry] = []
            for entry in self._entries(servings, options):
                self.stdout.write("\n".join(tables.lines(entry) if report else [tables.HEADER, *tables.lines(entry)]))
                report.append(entry)
        except (LabelledSetError, errors.DomainError, registry.NoChampion) as error:
            raise CommandError(str(error)) from error
        made = measurement.documented(report, command=_spelled(options), limit=options["limit"])
        if options["json"]:
            measurement.write_json(options["json"], made)
        if options["html"]:
            measurement.write_html(options["html"], made)

    def _check(self, options: dict[str, Any]) -> None:
        if sum([options["path"] is not None, options["mnist"], options["site"], options["grid"]]) != 1:
            raise CommandError("Give one of PATH, --mnist, --site, --grid.")
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError(f"--limit {options['limit']}: at least 1.")
        if options["factor"] and not options["grid"]:
            raise CommandError("--factor needs --grid.")
        if options["unsure"] and not options["html"]:
            raise CommandError("--unsure needs --html: it is about the report's page.")
        for name in ("json", "html"):
            # Checked now, not after minutes of measuring.
            if options[name] and not options[name].absolute().parent.is_dir():
                raise CommandError(f"--{name} {options[name]}: its folder doesn't exist.")

    def _entries(self, servings: list[Serving], options: dict[str, Any]) -> Iterator[measurement.Entry]:
        limit = options["limit"]
        if options["grid"]:
            digits = limit or measurement.GRID_DIGITS
            with tqdm(desc="the grid", unit=" pictures", disable=None, leave=False) as bar:

                def show(_: str, done: int, count: int) -> None:
                    bar.total = count
                    bar.update(done - bar.n)

                mnist = stages.load()
                yield from measurement.measure_grid(servings, mnist, digits, factors=options["factor"], report=show)
            return
        if options["mnist"]:
            mnist = stages.load()
            for side in measurement.MNIST_SIDES:
                name = f"MNIST test, {side}×{side}"
                yield self._measured(name, servings, measurement.mnist_examples(mnist, side), options)
            yield measurement.measure_raw("MNIST test, the raw arrays", servings, mnist, limit=limit)
        elif options["site"]:
            yield self._measured("the site's drawings", servings, measurement.site_examples(), options)
        else:
            yield from self._sets(servings, options)

    def _sets(self, servings: list[Serving], options: dict[str, Any]) -> Iterator[measurement.Entry]:
        """The set at PATH. Strokes are read twice for each pen: with their strokes, and as pictures alone."""
        path: Path = options["path"]
        if path.suffix not in {".jsonl", ".ndjson"}:
            bad: list[BadRow] = []
            examples = folders.read(path, on_bad=bad.append)
            yield self._measured(path.resolve().name, servings, examples, options, bad, folders.count(path))
            return
        for pen in self._pens(options["pen"]):
            for alone in (False, True):
                bad = []
                examples = folders.read(path, pen=pen, on_bad=bad.append)
                name = f"{path.name}, pen {pen:g} px" + (", pictures alone" if alone else "")
                shown = measurement.pictures_alone(examples) if alone else examples
                yield self._measured(name, servings, shown, options, bad)

    def _measured(
        self,
        name: str,
        servings: list[Serving],
        examples: Iterable[Labelled],
        options: dict[str, Any],
        bad: Sequence[BadRow] = (),
        total: int | None = None,
    ) -> measurement.Entry:
        """Measures a set beside a progress bar. `bad`: rows that turn out to be unreadable meanwhile."""
        limit = options["limit"]
        show: Show = ("unsure" if options["unsure"] else "wrong") if options["html"] else ""
        total = min(filter(None, (total, limit)), default=None)
        with tqdm(examples, desc=name, total=total, unit=" pictures", disable=None, leave=False) as bar:
            return measurement.measure(name, servings, bar, mode=options["mode"], limit=limit, show=show, bad=bad)

    def _pens(self, text: str) -> list[float]:
        try:
            pens = [float(part) for part in text.split(",")]
        except ValueError:
            pens = []
        if not pens or not all(0 < pen <= 100 for pen in pens):
            raise CommandError(f"--pen {text}: use widths in pixels, such as 1,6,15.")
        return pens

    def _versions(self, numbers: list[str] | None) -> list[ModelVersion]:
        if numbers:
            return [registry.get(number) for number in numbers]
        champion = registry.champion()
        if champion is None:
            raise registry.NoChampion("There is no champion: run `manage.py prepare` first.")
        return [champion]


def _spelled(options: dict[str, Any]) -> str:
    """The command without the options that say where the report goes."""
    words = ["manage.py", "evaluate"]
    words += [options["path"].resolve().name] if options["path"] else []
    words += [f"--{name}" for name in ("mnist", "site", "grid") if options[name]]
    if options["path"] and options["path"].suffix in {".jsonl", ".ndjson"}:
        words += ["--pen", options["pen"]]
    words += ["--mode", options["mode"]] if options["mode"] != "digit" else []
    for name in ("factor", "model"):
        words += [f"--{name}", *map(str, options[name])] if options[name] else []
    words += ["--limit", str(options["limit"])] if options["limit"] else []
    return shlex.join(words)
