"""The web process is light: it stores and waits, and loads neither the glyph code nor what that needs."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LEFT_TO_THE_WORKER = (
    *("scipy", "keras", "tensorflow", "jax", "torch"),
    *("ml.isolation", "ml.reading", "ml.finder.finder", "ml.glyphs.", "ml.numbers"),
)
"""The package `ml.glyphs` itself is let in: it holds only the version of the glyphs."""
SERVE = """
import io, json, os, sys
from wsgiref.util import setup_testing_defaults

os.environ["DJANGO_SETTINGS_MODULE"] = "digitsite.settings"
from digitsite.wsgi import application
from django.contrib import admin
from django.core.management import call_command
from django.urls import get_resolver

call_command("migrate", verbosity=0)
call_command("collectstatic", verbosity=0, interactive=False)


def resolve_all(resolver):
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            resolve_all(pattern)


resolve_all(get_resolver())
admin.autodiscover()


def ask(method, path, body=b""):
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body),
    }
    setup_testing_defaults(environ)
    answered = []
    content = b"".join(application(environ, lambda status, headers: answered.append(status)))
    return answered[0], content[:2000]


status, content = ask("POST", "/api/v1/drawings/", json.dumps({"image": sys.argv[1]}).encode())
assert status.startswith("202"), (status, content)
for path in ("/", "/history/", "/privacy/", "/admin/login/", "/api/v1/drawings/", "/api/v1/models/", "/api/v1/schema/",
             "/api/v1/docs/", "/healthz"):
    status, content = ask("GET", path)
    assert status.startswith("200"), (path, status, content)
print(json.dumps(sorted(sys.modules)))
"""


@cache
def loaded() -> frozenset[str]:
    """The modules of a web process that has stored a drawing and shown its pages, without a worker or a Redis."""
    import tempfile

    from tests.predictor.pictures import data_url, drawn

    with tempfile.TemporaryDirectory() as data:
        environment = {
            "PATH": "/usr/bin:/bin",
            "DIGITSITE_DATA": data,
            "DIGITSITE_WAIT": "0",
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-c", SERVE, data_url(drawn("7"))]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return frozenset(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("package", LEFT_TO_THE_WORKER)
def test_the_web_process_does_not_load(package: str) -> None:
    assert "predictor.api.views" in loaded()
    assert sorted(name for name in loaded() if name == package or name.startswith(f"{package.rstrip('.')}.")) == []
