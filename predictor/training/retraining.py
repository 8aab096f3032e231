"""From accepted labels to a candidate, and through the gate or not."""

import hashlib
import json
import logging
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import redis
from django.conf import settings
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, close_old_connections, connections, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerAway

from digitsite import broker
from ml import glyphs
from predictor import datasets, errors
from predictor.models import Dataset, Decision, ModelVersion, RunStatus, Side, TrainingRun, VersionStatus
from predictor.training import run_folder, runs
from predictor.training.heartbeat import Heart, Report
from predictor.versions import registry

if TYPE_CHECKING:
    from predictor.training.stages import Outcome

logger = logging.getLogger(__name__)

HINT_AFTER = timedelta(seconds=20)
FINE_TUNING_EPOCHS = 3
FROM_SCRATCH_EPOCHS = 12
NETWORKS = ("reader", "deepcnn")


class NothingToLearn(errors.Conflict):
    """No accepted label with consent."""


class NothingChanged(errors.Conflict):
    """The same data and configuration as the last training."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a training is asked for. `epochs` None takes the usual number."""

    epochs: int | None = None
    from_scratch: bool = False
    network: str = "reader"
    seed: int = 0
    promote: bool = True
    mnist: str = ""
    tensorboard: str = ""

    def effective_epochs(self) -> int:
        return self.epochs or (FROM_SCRATCH_EPOCHS if self.from_scratch else FINE_TUNING_EPOCHS)

    def fingerprint(self, dataset: Dataset) -> str:
        """Over everything the candidate depends on but the champion."""
        parts = [dataset.sha256, self.effective_epochs(), self.from_scratch, self.network, self.seed, glyphs.VERSION]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def plan(config: Config) -> tuple[Dataset, ModelVersion]:
    """The snapshot and the champion that a training would start from.

    Raises NothingToLearn or NothingChanged where there is no point in training.
    """
    champion = registry.champion()
    if champion is None:
        raise registry.NoChampion("There is no champion to compare with: run `manage.py prepare` first.")
    dataset = datasets.snapshot()
    if not datasets.size(dataset, Side.TRAIN) and not config.from_scratch:
        raise NothingToLearn(
            "There is nothing to learn from: no training drawing has an accepted label and its visitor's consent."
            " Accept some labels in the admin first."
        )
    last = TrainingRun.objects.filter(status=RunStatus.DONE, fingerprint=config.fingerprint(dataset)).first()
    if last and champion.pk in (last.champion_id, last.candidate_id):
        raise NothingChanged(f"Nothing changed since training {last.pk} ({last.verdict}) It would give the same again.")
    return dataset, champion


def request_run(config: Config, *, at_once: bool = False) -> TrainingRun:
    """A queued run; the same one again where it waits already, or has lost its process and can go on.

    Raises as `plan` does, and runs.AlreadyRunning where the same runs now, or any other and this one shall run
    `at_once`.
    """
    runs.take_back_lost()
    dataset, champion = plan(config)
    if at_once and TrainingRun.objects.filter(status=RunStatus.RUNNING).exists():
        raise runs.AlreadyRunning("Another training is running: wait for it, or cancel it in the admin.")
    fingerprint = config.fingerprint(dataset)
    for run in TrainingRun.objects.filter(status__in=runs.LIVING, fingerprint=fingerprint, champion=champion):
        if run.config == asdict(config):
            if run.status == RunStatus.RUNNING:
                raise runs.AlreadyRunning(f"Training {run.pk} does just that: see the admin for how far it is.")
            return run
    return TrainingRun.objects.create(
        config=asdict(config), dataset=dataset, champion=champion, fingerprint=fingerprint
    )


def enqueue(config: Config) -> TrainingRun:
    """A run for the train worker; raises as `request_run` does."""
    run = request_run(config)
    transaction.on_commit(lambda: _hint(run.pk))
    return run


def beat() -> None:
    """The train worker's pulse: lost runs are queued again, and one that lost its message is hinted at again."""
    try:
        close_old_connections()
        runs.take_back_lost()
        if TrainingRun.objects.filter(status=RunStatus.RUNNING).exists():
            return
        queued = TrainingRun.objects.filter(status=RunStatus.QUEUED, created_at__lt=timezone.now() - HINT_AFTER)
        run_id = queued.order_by("pk").values_list("pk", flat=True).first()
        if run_id and not broker.connect(settings.REDIS_URL).llen(f"{broker.PREFIX}train"):
            _hint(run_id)
    except Exception:
        logger.exception("A pulse was missed")


def _hint(run_id: int) -> None:
    from predictor import tasks

    try:
        tasks.retrain.delay(run_id)
    except (BrokerAway, redis.RedisError, OSError) as error:
        logger.warning("Training %s waits for the next pulse: %s", run_id, error)


def work_on(run_id: int, *, report: Report | None = None) -> TrainingRun | None:
    """Trains, compares, decides. A run that is gone or no longer queued is left alone.

    Raises runs.AlreadyRunning while another one runs, and leaves this one queued; runs.Stopped where it was cancelled
    meanwhile. Where the database went away, or the process is shut down, the run is queued again, to go on from its
    last epoch. Any other failure is written into the run. All are raised.
    """
    runs.take_back_lost()
    run_folder.clear_all_but(TrainingRun.objects.filter(status__in=runs.LIVING).values_list("pk", flat=True))
    if not TrainingRun.objects.filter(pk=run_id, status=RunStatus.QUEUED).exists():
        logger.warning("Training %s is gone, or is not queued", run_id)
        return None
    with run_folder.held(run_id) as folder:
        run = runs.claim(run_id)
        if run is None:
            logger.warning("Training %s was taken by another process", run_id)
            return None
        try:
            _work_on(run, folder, report)
        except runs.Stopped:
            raise
        except KeyboardInterrupt:
            runs.cancel(run, by="Ctrl-C")
            raise
        except (OperationalError, InterfaceError, SystemExit) as error:
            connections.close_all()
            runs.give_back(run, why=f"{type(error).__name__}: {error}"[:200].strip())
            raise
        except BaseException as error:
            runs.end(run, RunStatus.FAILED, error=f"{type(error).__name__}: {error}"[:500])
            raise
        finally:
            known = TrainingRun.objects.filter(pk=run_id).first()
            if known is None or known.is_over:
                run_folder.clear(run_id)
    return known


def _work_on(run: TrainingRun, folder: Any, report: Report | None) -> None:
    from predictor.training import stages

    with Heart(run, report) as heart:
        outcome = stages.work(run, folder, heart)
    close_old_connections()
    conclude(run, outcome, **heart.final())


def conclude(run: TrainingRun, outcome: "Outcome", *, curves: list[Any], record: dict[str, Any]) -> None:
    """Registers the candidate, promotes it where the gate says so, and ends the run: all of it or nothing.

    Raises runs.Stopped where the run is no longer ours.
    """
    config, verdict = Config(**run.config), outcome.verdict
    decision, reason = verdict.decision, verdict.reason
    with transaction.atomic():
        runs.lock_ours(run)
        version = registry.add_version(folder=outcome.artifact, parent=run.champion)
        promoted = decision == Decision.PROMOTE and config.promote and _takes_over(version, run)
        if decision == Decision.PROMOTE and not promoted and registry.champion_id() != run.champion_id:
            decision = Decision.ASK
            reason = f"A person is asked: the champion changed meanwhile. Against {run.champion}: {reason}"
        runs.end(
            run,
            RunStatus.DONE,
            candidate=version,
            decision=decision,
            verdict=(reason if config.promote else f"{reason} Not promoted: --no-promote.")[:500],
            promoted=promoted,
            evidence=outcome.evidence,
            rules=[rule.as_row() for rule in verdict.rules],
            flips=outcome.flips,
            curves=curves,
            record=record | {"weights_sha256": outcome.weights_sha256},
            stage="done",
            detail="",
            progress=1.0,
        )


def _takes_over(version: ModelVersion, run: TrainingRun) -> bool:
    """Whether the candidate is the champion now; not if another one became so since the training began."""
    if registry.champion_id() != run.champion_id:
        return False
    try:
        registry.promote(version=version)
    except registry.OtherPromotion:
        return False
    return True


def waits_for_a_person(run: TrainingRun) -> bool:
    """Whether the gate asked a person, and nobody has answered yet."""
    return (
        run.decision == Decision.ASK
        and run.decided_at is None
        and run.candidate is not None
        and run.candidate.status == VersionStatus.CANDIDATE
    )


def decide(*, run: TrainingRun, promote: bool, person: User) -> None:
    """A person's answer where the gate asked one. Raises Conflict where it is answered, or the evidence is outdated."""
    if not waits_for_a_person(run) or run.candidate is None:
        raise errors.Conflict("Nobody is asked about this training, or someone has answered already.")
    if promote:
        registry.verify(run.candidate)
    with transaction.atomic():
        asked = TrainingRun.objects.filter(pk=run.pk, decision=Decision.ASK, decided_at=None)
        if not asked.update(decided_at=timezone.now(), decided_by=person, promoted=promote):
            raise errors.Conflict("Someone has answered already.")
        if not promote:
            return
        if registry.champion_id() != run.champion_id:
            raise errors.Conflict(
                f"The champion has changed since the comparison with {run.champion}: retrain, or promote"
                f" {run.candidate} from its own page."
            )
        registry.promote(version=run.candidate)
