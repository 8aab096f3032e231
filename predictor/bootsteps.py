"""What a Celery worker does besides its tasks: each checks the set-up and has a heartbeat. A predict worker loads the
network, and takes no tasks while it may not read.
"""

from typing import Any

from celery.bootsteps import StartStopStep
from django.core.exceptions import ImproperlyConfigured

from digitsite import safety
from digitsite.celery import app


class Safety(StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Lets no worker start in a set-up that is unsafe."""

    def __init__(self, parent: Any, **_options: Any) -> None:
        safety.check()


class Heartbeat(StartStopStep):  # type: ignore[misc]
    """A timer in the worker's event loop, so that the heartbeat stops when the loop does."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **_options: Any) -> None:
        self._timers: list[Any] = []

    def start(self, parent: Any) -> None:
        queues = parent.app.amqp.queues.consume_from
        if "predict" in queues:
            self._start_predicting(parent)
        elif "train" in queues:
            from predictor.drawings import upkeep
            from predictor.training import scheduling

            for seconds, due in ((10.0, scheduling.sweep), (60.0, upkeep.start_if_due)):
                self._timers.append(parent.timer.call_repeatedly(seconds, due))

    def stop(self, parent: Any) -> None:
        for timer in self._timers:
            timer.cancel()

    def _start_predicting(self, parent: Any) -> None:
        if parent.pool.__module__ == "celery.concurrency.prefork":
            raise ImproperlyConfigured(
                "Start a predict worker with -P solo or -P threads: the networks' threads don't survive a fork."
            )
        from predictor.reading import heartbeat

        def beat() -> None:
            _take_tasks(parent, heartbeat.heartbeat(parent.hostname))

        _take_tasks(parent, heartbeat.start(parent.hostname))
        self._timers.append(parent.timer.call_repeatedly(heartbeat.HEARTBEAT_SECONDS, beat))


def _take_tasks(parent: Any, reads: bool) -> None:
    """Takes tasks from the queue, or leaves them to others. The worker stays one of this queue after a reconnection."""
    if not reads:
        parent.task_consumer.cancel_by_queue("predict")
    elif not parent.task_consumer.consuming_from("predict"):
        parent.add_task_queue("predict")


app.steps["worker"].add(Safety)
app.steps["consumer"].add(Heartbeat)
