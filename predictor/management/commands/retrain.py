"""`manage.py retrain`: learns from the accepted labels, and promotes what is no worse."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from predictor import datasets, registry, retraining, runs
from predictor.errors import DomainError
from predictor.models import Side, TrainingRun


class Command(BaseCommand):
    help = "Trains a candidate from the accepted labels and MNIST, and promotes it if it is no worse."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--epochs", type=int, help="passes over the data (3; from scratch 12)")
        parser.add_argument("--from-scratch", action="store_true", help="train anew instead of from the champion")
        parser.add_argument("--network", default="reader", help="architecture with --from-scratch: reader, deepcnn")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--mnist", default="", help="folder of MNIST's IDX files, or mnist.npz")
        parser.add_argument("--tensorboard", default="", metavar="FOLDER", help="write TensorBoard logs there")
        parser.add_argument("--no-promote", action="store_true", help="keep the candidate a candidate")
        parser.add_argument("--dry-run", action="store_true", help="say what would be trained on, and stop")

    def handle(self, **options: Any) -> None:
        names = ("epochs", "from_scratch", "network", "seed", "mnist", "tensorboard")
        config = self._config({name: options[name] for name in names}, promote=not options["no_promote"])
        try:
            if options["dry_run"]:
                self._say_plan(config)
                return
            run = retraining.request_run(config)
        except retraining.NothingChanged as error:
            self.stdout.write(error.message)
            return
        except (DomainError, registry.NoChampion) as error:
            raise CommandError(str(error)) from error
        self._work(run)

    def _config(self, values: dict[str, Any], *, promote: bool) -> retraining.Config:
        if values["epochs"] is not None and values["epochs"] < 1:
            raise CommandError("--epochs: at least 1.")
        if values["network"] not in retraining.NETWORKS:
            raise CommandError(f"--network: one of {', '.join(retraining.NETWORKS)}.")
        if values["network"] != "reader" and not values["from_scratch"]:
            raise CommandError("--network needs --from-scratch: fine-tuning keeps the champion's architecture.")
        return retraining.Config(**values, promote=promote)

    def _say_plan(self, config: retraining.Config) -> None:
        dataset, champion = retraining.plan(config)
        sides = ", ".join(f"{datasets.size(dataset, side)} {side}" for side in Side.values)
        how = f"{config.network} from scratch" if config.from_scratch else f"from {champion}"
        self.stdout.write(
            f"Would train {how} on {dataset} ({sides}), {config.effective_epochs()} epochs. Nothing done."
        )

    def _work(self, run: TrainingRun) -> None:
        with tqdm(total=100, bar_format="{desc} {bar} {n:.0f}% {elapsed}", disable=None) as bar:

            def report(stage: str, progress: float) -> None:
                bar.set_description_str(f"{stage:<40}", refresh=False)
                bar.update(100 * progress - bar.n)

            try:
                done = retraining.work_on(run.pk, report=report)
            except KeyboardInterrupt:
                raise CommandError("Stopped. Nothing was promoted.") from None
            except DomainError as error:
                runs.cancel(run, reason=error.message)
                raise CommandError(error.message) from error
        if done is None:
            raise CommandError(f"Training {run.pk} was taken by another process: see the admin.")
        self._say_outcome(done)

    def _say_outcome(self, run: TrainingRun) -> None:
        for name, found in run.evidence.items():
            if found["count"]:
                before, after = found["champion"]["share"], found["candidate"]["share"]
                flips = found["negative_flips"]
                line = f"{100 * before:6.2f}% → {100 * after:6.2f}%   {flips} negative flips"
                self.stdout.write(f"  {name:<11} {found['count']:>6} glyphs   {line}")
        self.stdout.write(f"Version {run.candidate_id}: {run.verdict}")
        self.stdout.write("Promoted." if run.promoted else "Not promoted.")
