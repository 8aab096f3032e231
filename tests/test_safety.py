"""Set-ups that are unsafe don't start: what is found, how it is said, and that no process starts with it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from digitsite import safety
from tests.reliability import Note

ROOT = Path(__file__).resolve().parent.parent
EVERYWHERE = "0.0.0.0"
GOOD_KEY = "k3ep-th1s-k3y-t0-y0urs3lf-and-long"
UNSAFE = {"HOST": EVERYWHERE, "HTTPS": "1", "DEBUG": "1", "SECRET_KEY": "x"}
SAFE = {"HOST": EVERYWHERE, "HTTPS": "1", "DIGITSITE_TRUST_PROXY": "1", "ALLOWED_HOSTS": "digits.example"}
MENDS = ("ALLOWED_HOSTS", "unset SECRET_KEY", "Unset DEBUG", "DIGITSITE_TRUST_PROXY=1", "DIGITSITE_UNSAFE=1")


@pytest.fixture
def usual(settings: Any) -> Any:
    """What holds if no environment variable is set."""
    settings.HOST, settings.ALLOWED_HOSTS, settings.SECRET_KEY = "127.0.0.1", ["*"], GOOD_KEY
    settings.DEBUG = settings.HTTPS = settings.DIGITSITE_TRUST_PROXY = settings.DIGITSITE_UNSAFE = False
    return settings


def _start(folder: Path, *command: str, **values: str) -> subprocess.CompletedProcess[str]:
    """Runs a command of Python in an environment of its own."""
    environment = {"PATH": os.environ["PATH"], "DIGITSITE_DATA": str(folder), **values}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, set()),
        ({"HOST": "::1"}, set()),
        ({"HOST": EVERYWHERE}, {"digitsite.E002"}),
        ({"HOST": "192.168.1.20", "ALLOWED_HOSTS": ["a.example", "*"]}, {"digitsite.E002"}),
        ({"HOST": EVERYWHERE, "ALLOWED_HOSTS": ["a.example"]}, set()),
        ({"SECRET_KEY": "x"}, {"digitsite.E003"}),
        ({"SECRET_KEY": "x" * 60}, {"digitsite.E003"}),
        ({"DEBUG": True}, set()),
        ({"DEBUG": True, "HOST": EVERYWHERE, "ALLOWED_HOSTS": ["a.example"]}, {"digitsite.E004"}),
        ({"HTTPS": True}, {"digitsite.E005"}),
        ({"HTTPS": True, "DIGITSITE_TRUST_PROXY": True}, set()),
        ({"HTTPS": True, "DIGITSITE_TRUST_PROXY": True, "DEBUG": True}, {"digitsite.E004"}),
    ],
)
def test_each_unsafe_setting_is_found_and_a_safe_one_is_not(
    usual: Any, values: dict[str, Any], found: set[str]
) -> None:
    for name, value in values.items():
        setattr(usual, name, value)
    checks = [check for check in run_checks() if str(check.id).startswith("digitsite.")]
    assert {check.id for check in checks} == found
    assert all(check.is_serious() and "DIGITSITE_UNSAFE=1" in str(check.hint) for check in checks)
    if found:
        with pytest.raises(ImproperlyConfigured):
            safety.check()
    else:
        safety.check()


def test_one_switch_makes_it_a_warning(usual: Any) -> None:
    usual.HTTPS = usual.DEBUG = usual.DIGITSITE_UNSAFE = True
    found = [check for check in run_checks() if str(check.id).startswith("digitsite.")]
    assert len(found) == 2
    assert not any(check.is_serious() for check in found)
    safety.check()


@pytest.mark.parametrize(
    "command",
    [
        ("manage.py", "run"),
        ("-m", "gunicorn", "digitsite.wsgi", "--bind", "127.0.0.1:0", "--workers", "1"),
        ("-m", "celery", "-A", "digitsite", "worker", "-Q", "predict", "-P", "solo"),
        ("-m", "celery", "-A", "digitsite", "worker", "-Q", "train", "-c", "1"),
    ],
    ids=["site", "web", "predict worker", "train worker"],
)
def test_no_process_starts_and_all_faults_are_said_at_once(
    tmp_path: Path, command: tuple[str, ...], reliability: Note
) -> None:
    done = _start(tmp_path, *command, **UNSAFE)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert [mend for mend in MENDS if mend not in said] == []
    tried = "`DEBUG`, `HTTPS` without TLS, a short `SECRET_KEY`, any host: site, web process, workers"
    reliability("doors", tried, "none starts; each says all four faults, and what to do")


def test_what_is_mended_or_tried_all_the_same_passes(tmp_path: Path) -> None:
    for values in (SAFE, {**UNSAFE, "DIGITSITE_UNSAFE": "1"}):
        done = _start(tmp_path, "-c", "import digitsite.wsgi", **values)
        assert done.returncode == 0, done.stderr


def test_the_scheme_that_a_request_claims_counts_only_behind_a_trusted_proxy(tmp_path: Path) -> None:
    ask = """
import io
from digitsite.wsgi import application
from django.core.handlers.wsgi import WSGIRequest
from gunicorn.config import Config
from digitsite import supervision

[web] = [program for program in supervision.programs(None) if program.name == "web"]
[allowed] = [part.partition("=")[2] for part in web.command if part.startswith("--forwarded-allow-ips=")]
config = Config()
config.set("forwarded_allow_ips", allowed)
assert config.forwarded_allow_ips == [], "Gunicorn would believe the header, too"
environ = {"REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http"}
print(WSGIRequest({**environ, "HTTP_X_FORWARDED_PROTO": "https"}).is_secure())
"""
    assert _start(tmp_path, "-c", ask).stdout == "False\n"
    assert _start(tmp_path, "-c", ask, DIGITSITE_TRUST_PROXY="1").stdout == "True\n"
