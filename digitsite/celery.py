"""The Celery application: `celery -A digitsite worker …`, started in the project's folder."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digitsite.settings")

app = Celery("digitsite")
app.conf.update(settings.CELERY)
app.autodiscover_tasks(["predictor"])
app.autodiscover_tasks(["predictor"], related_name="bootsteps")
