"""The Celery application: `celery -A digitsite worker …`, started in the project's folder."""

import os
from typing import Any

from celery import Celery
from celery.bootsteps import StartStopStep
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digitsite.settings")


class Pulse(StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Beats in a worker's own loop, so that it stops when the loop does."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **_options: Any) -> None:
        self._timer: Any = None

    def start(self, parent: Any) -> None:
        from predictor.reading import queue
        from predictor.training import retraining

        queues = parent.app.amqp.queues.consume_from
        if "predict" in queues:
            if parent.pool.__module__ == "celery.concurrency.prefork":
                raise ImproperlyConfigured(
                    "A predict worker runs with -P solo or -P threads: TensorFlow does not fork."
                )
            queue.wake_up()
            self._timer = parent.timer.call_repeatedly(1.0, queue.beat)
        elif "train" in queues:
            self._timer = parent.timer.call_repeatedly(10.0, retraining.beat)

    def stop(self, parent: Any) -> None:
        if self._timer:
            self._timer.cancel()


app = Celery("digitsite")
app.conf.update(settings.CELERY)
app.steps["consumer"].add(Pulse)
app.autodiscover_tasks(["predictor"])
