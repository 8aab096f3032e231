"""The Celery application: `celery -A digitsite worker …`, started in the project's folder."""

import os

from celery import Celery
from celery.bootsteps import StartStopStep
from django.conf import settings
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digitsite.settings")


class Pulse(StartStopStep):
    """Beats in a predict worker's own loop, so that it stops when the loop does."""

    requires = ("celery.worker.consumer.tasks:Tasks",)
    seconds = 1.0

    def __init__(self, parent: object, **_options: object) -> None:
        self.timer_entry = None

    def start(self, parent: object) -> None:
        from predictor import inference

        if "predict" not in parent.app.amqp.queues.consume_from:
            return
        inference.wake_up()
        self.timer_entry = parent.timer.call_repeatedly(self.seconds, inference.beat)

    def stop(self, parent: object) -> None:
        if self.timer_entry:
            self.timer_entry.cancel()


app = Celery("digitsite")
app.conf.update(settings.CELERY)
app.conf.task_queues = [Queue("predict"), Queue("train")]
app.steps["consumer"].add(Pulse)
app.autodiscover_tasks(["predictor"])
