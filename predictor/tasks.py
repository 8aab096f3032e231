"""The tasks of both queues. Each calls one function, imported only when the task runs."""

import logging

from digitsite.celery import app

logger = logging.getLogger(__name__)


@app.task(name="predictor.tasks.work")  # type: ignore[untyped-decorator]
def work() -> None:
    from predictor.reading import worker

    worker.work()


@app.task(name="predictor.tasks.retrain", acks_late=False)  # type: ignore[untyped-decorator]
def retrain(run_id: int) -> None:
    from predictor.training import retraining, run_folder, runs

    try:
        retraining.work_on(run_id)
    except (runs.AlreadyRunning, run_folder.FolderInUse):
        logger.info("Training %s stays queued: another training is running", run_id)
    except runs.Stopped as stopped:
        logger.info("Training %s has ended: %s", run_id, stopped)


@app.task(name="predictor.tasks.echo")  # type: ignore[untyped-decorator]
def echo(topic: str) -> None:
    """Only answers, to measure what the queue itself costs."""
    from predictor.reading import queue

    queue.answer({topic: ""}, waiters=1)
