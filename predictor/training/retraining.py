"""Runs a queued training, in the train worker or in `manage.py retrain`."""

import logging
from pathlib import Path

from django.db import InterfaceError, OperationalError, close_old_connections, connections

from predictor.models import RunStatus, TrainingRun
from predictor.training import conclusion, run_folder, runs, stages
from predictor.training.run_heartbeat import ReportStage, TrainingHeartbeat
from predictor.versions.artifact_files import StorageUnavailable

logger = logging.getLogger(__name__)


def work_on(run_id: int, *, report: ReportStage | None = None) -> TrainingRun | None:
    """Trains, compares and decides. Does nothing if the run is gone or no longer queued.

    Raises AlreadyRunning or FolderInUse while another process trains; the run then stays queued. Raises Stopped if
    someone cancels the run. If the database or the storage goes away or the process is shut down, the run is queued
    again and later resumes from its last epoch. Any other failure is stored in the run and raised.
    """
    runs.requeue_lost()
    run_folder.clear_all_but(TrainingRun.objects.filter(status__in=runs.LIVING).values_list("pk", flat=True))
    if not TrainingRun.objects.filter(pk=run_id, status=RunStatus.QUEUED).exists():
        logger.warning("Training %s is gone or not queued; nothing is done", run_id)
        return None
    with run_folder.held(run_id) as folder:
        run = runs.claim(run_id)
        if run is None:
            logger.warning("Training %s was claimed by another process; nothing is done", run_id)
            return None
        try:
            _train(run, folder, report)
        except runs.Stopped:
            raise
        except KeyboardInterrupt:
            runs.cancel(run, by="Ctrl-C")
            raise
        except (OperationalError, InterfaceError, StorageUnavailable, SystemExit) as error:
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


def _train(run: TrainingRun, folder: Path, report: ReportStage | None) -> None:
    with TrainingHeartbeat(run, report) as heartbeat:
        candidate = stages.train_and_judge(run, folder, heartbeat)
    close_old_connections()
    conclusion.conclude(run, candidate, **heartbeat.results())
