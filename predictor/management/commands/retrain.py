"""`manage.py retrain`: trains on the accepted labels and promotes a candidate that is no worse."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError
from tqdm import tqdm

from predictor.datasets import snapshots
from predictor.errors import DomainError
from predictor.models import Decision, Side, TrainingRun
from predictor.percentages import percent
from predictor.reading import hashing
from predictor.training import retraining, run_folder, runs, scheduling
from predictor.training.config import NETWORKS, Config
from predictor.training.gate_policy import Unit
from predictor.versions import registry


class Command(BaseCommand):
    help = "Trains a candidate from the accepted labels and MNIST, and promotes it if it is no worse."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--epochs", type=int, help="passes over the data (3; from scratch 12)")
        parser.add_argument(
            "--from-scratch", action="store_true", help="start from new weights instead of the champion's"
        )
        parser.add_argument("--network", default="reader", help="architecture with --from-scratch: reader, deepcnn")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--mnist", default="", help="folder of MNIST's IDX files, or mnist.npz")
        parser.add_argument("--tensorboard", default="", metavar="FOLDER", help="write TensorBoard logs there")
        parser.add_argument("--no-promote", action="store_true", help="keep the candidate a candidate")
        parser.add_argument(
            "--dry-run", action="store_true", help="make the snapshot, print what a training would use, and stop"
        )

    def handle(self, **options: Any) -> None:
        names = ("epochs", "from_scratch", "network", "seed", "mnist", "tensorboard")
        config = self._config({name: options[name] for name in names}, promote=not options["no_promote"])
        hashing.hash_all()
        try:
            if options["dry_run"]:
                self._print_plan(config)
                return
            run = scheduling.request_run(config, at_once=True)
        except scheduling.NothingChanged as error:
            self.stdout.write(error.message)
            return
        except (DomainError, registry.NoChampion) as error:
            raise CommandError(str(error)) from error
        if run.attempts:
            self.stdout.write(f"Training {run.pk} goes on from where it stopped.")
        self._work(run)

    def _config(self, values: dict[str, Any], *, promote: bool) -> Config:
        if values["epochs"] is not None and values["epochs"] < 1:
            raise CommandError("--epochs: at least 1.")
        if values["network"] not in NETWORKS:
            raise CommandError(f"--network: one of {', '.join(NETWORKS)}.")
        if values["network"] != "reader" and not values["from_scratch"]:
            raise CommandError("--network needs --from-scratch: fine-tuning keeps the champion's architecture.")
        return Config(**values, promote=promote)

    def _print_plan(self, config: Config) -> None:
        dataset, champion = scheduling.plan(config)
        sides = ", ".join(f"{snapshots.size(dataset, side)} {side}" for side in Side.values)
        how = f"{config.network} from scratch" if config.from_scratch else f"from {champion}"
        self.stdout.write(
            f"Would train {how} on {dataset} ({sides}), {config.effective_epochs()} epochs."
            " No training was started; the snapshot is kept."
        )

    def _work(self, run: TrainingRun) -> None:
        with tqdm(total=100, bar_format="{desc} {bar} {n:.0f}% {elapsed}", disable=None) as bar:

            def report(what: str, progress: float) -> None:
                bar.set_description_str(f"{what:<46}", refresh=False)
                bar.update(100 * progress - bar.n)

            try:
                done = retraining.work_on(run.pk, report=report)
            except KeyboardInterrupt:
                raise CommandError("Stopped. Nothing was promoted.") from None
            except runs.Stopped as stopped:
                raise CommandError(f"{stopped} Nothing was promoted.") from stopped
            except (runs.AlreadyRunning, run_folder.FolderInUse) as error:
                raise CommandError(
                    f"{error.message} Training {run.pk} waits: the train worker starts it afterwards, or this command"
                    " when you run it again. You can cancel it in the admin."
                ) from error
            except DomainError as error:
                raise CommandError(error.message) from error
            except (OperationalError, InterfaceError) as error:
                raise CommandError(
                    f"The database went away ({error}). Run the command again: it goes on from the last epoch."
                ) from error
        if done is None:
            raise CommandError(f"Training {run.pk} was started by another process: see the admin.")
        self._print_result(done)

    def _print_result(self, run: TrainingRun) -> None:
        for name, found in run.evidence.items():
            if found["count"]:
                before, after = found["champion"]["share"], found["candidate"]["share"]
                flips = found["negative_flips"]
                line = f"{percent(before, 2):>7} → {percent(after, 2):>7}   {flips} negative flips"
                self.stdout.write(f"  {name:<11} {found['count']:>6} glyphs   {line}")
        for rule in run.rules:
            if rule["answer"] != Decision.PROMOTE:
                unit = Unit(rule["unit"])
                allowed = unit.shown(rule["promote"])
                measured = unit.shown(rule["value"])
                self.stdout.write(f"  {rule['name']}: {measured}, allowed {allowed} ({rule['says']})")
        self.stdout.write(f"Version {run.candidate_id}: {run.verdict}")
        if run.promoted:
            self.stdout.write("Promoted.")
        elif run.decision == Decision.ASK:
            self.stdout.write(
                f"Not promoted. Look at the evidence at /admin/predictor/trainingrun/{run.pk}/change/ and decide there,"
                f" or run `manage.py promote {run.candidate_id}`."
            )
        else:
            self.stdout.write("Not promoted.")
