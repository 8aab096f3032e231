"""The predict worker is small: it finds ink, reads and explains without Keras and TensorFlow."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.predictor.pictures import data_url, pixels, saved

ROOT = Path(__file__).resolve().parent.parent
MOST_MEMORY = 300
"""MB."""
SEND = """
import sys
import django

django.setup()
from django.core.management import call_command
from django.test import Client
from predictor.versions import registry

call_command("migrate", verbosity=0)
registry.register_bundled()
for picture in sys.argv[1:]:
    answer = Client().post("/api/v1/drawings/", {"image": picture}, content_type="application/json")
    assert answer.status_code == 202, answer.content
"""
WORK = """
import json, re, sys
from pathlib import Path
from digitsite.celery import app

app.loader.import_default_modules()  # as a worker does
from predictor.models import Prediction
from predictor.reading import heartbeat, idle_work, worker

heartbeat.start()
for prediction in Prediction.objects.filter(status="queued"):
    worker.read(prediction.pk)
texts = []
for prediction in Prediction.objects.order_by("pk"):
    worker.make_explanation(prediction.pk)
    prediction.refresh_from_db()
    assert prediction.explanation, prediction.status
    texts.append(prediction.text)
idle_work.work()
# Not getrusage's figure, which is that of the process that started this one, if it is larger.
memory = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024
print(json.dumps([texts, memory, sorted(sys.modules)]))
"""


@cache
def worked(redis: str) -> tuple[list[str], int, frozenset[str]]:
    """What a worker read in two pictures, one of which needs the ink finder; the most memory it took; its modules."""
    import tempfile

    with tempfile.TemporaryDirectory() as data:
        environment = {
            "PATH": "/usr/bin:/bin",
            "DJANGO_SETTINGS_MODULE": "digitsite.settings",
            "DIGITSITE_DATA": data,
            "DIGITSITE_WAIT": "0",
            "DIGITSITE_ML_THREADS": "1",
            "CELERY_SKIP_CHECKS": "1",
            "REDIS_URL": redis,
            "PYTHONPATH": str(ROOT),
        }
        pictures = [data_url(saved(Image.fromarray(sheet), "PNG")) for sheet in (pixels("7"), _on_squared_paper("4"))]
        for code, given in ((SEND, pictures), (WORK, [])):
            command = [sys.executable, "-c", code, *given]
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
    texts, memory, modules = json.loads(done.stdout.splitlines()[-1])
    return texts, memory, frozenset(modules)


def _on_squared_paper(digit: str) -> np.ndarray:
    sheet = pixels(digit).copy()
    rows, columns = np.indices(sheet.shape[:2])
    lines = ((rows % 30 < 2) | (columns % 30 < 2)) & (sheet.min(axis=2) > 128)
    sheet[lines] = (150, 180, 220)
    return sheet


def test_it_reads(redis_server: str) -> None:
    assert worked(redis_server)[0] == ["7", "4"]


@pytest.mark.parametrize("package", ["keras", "tensorflow", "jax", "torch", "h5py", "onnx"])
def test_it_does_not_load(package: str, redis_server: str) -> None:
    modules = worked(redis_server)[2]
    assert {"ml.isolation", "onnxruntime"} <= modules
    assert sorted(name for name in modules if name == package or name.startswith(f"{package}.")) == []


def test_it_takes_less_than_300_mb(redis_server: str) -> None:
    assert worked(redis_server)[1] < MOST_MEMORY
