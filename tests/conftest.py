"""What all tests share: the site's own Redis, MNIST, a browser where there is one."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import exceptions as redis_errors
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests import reliability as report
from tests.e2e.support.postgresql import PostgreSQL


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--reliability", action="store_true", help="write what is seen into docs/reliability.md")


@pytest.fixture(scope="session")
def reliability(request: pytest.FixtureRequest) -> report.Note:
    """Notes what was seen (section, tried, seen) in docs/reliability.md, if that is asked for."""
    if request.config.getoption("--reliability"):
        return report.note
    return lambda section, tried, seen: None


def missing(package: str, what: str) -> None:
    """A skip that names the package; a failure where everything must be there."""
    message = f"{what} is not installed (Debian: apt install {package})"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, or one process would end with them alone: whole sites, PostgreSQL, then the other pages."""
    items.sort(
        key=lambda item: (
            "site" not in item.path.parts,
            item.path.name != "test_postgresql.py",
            "e2e" not in item.path.parts,
        )
    )


class Scheduling(LoadScopeScheduling):
    """A file's tests run in one process, one after the other; so do all that share a site and change it."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file.startswith("tests/fuzzing/"):  # its slices share nothing
            return nodeid
        return "tests/e2e/site" if file.startswith("tests/e2e/site/") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return Scheduling(config, log)


@pytest.fixture(scope="session")
def cache() -> Path:
    from django.conf import settings

    settings.CACHE_DIR.mkdir(parents=True, exist_ok=True)
    return settings.CACHE_DIR


@pytest.fixture(scope="session")
def mnist(cache: Path):
    from ml.sources.mnist import load_mnist

    return load_mnist(cache=cache / "mnist")


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The private Redis that the site itself would start, at the address the settings name."""
    from django.conf import settings

    from digitsite import broker

    conf = broker.configure(settings.DATA_DIR)
    process = subprocess.Popen([broker.find_server(), str(conf)], stdout=subprocess.DEVNULL)
    client = broker.connect(settings.REDIS_URL)
    for _ in range(1200):
        with contextlib.suppress(redis_errors.ConnectionError):
            client.ping()
            break
        time.sleep(0.05)
    yield settings.REDIS_URL
    client.close()
    process.terminate()
    process.wait(10)


@pytest.fixture
def redis(redis_server: str):
    """A client of an empty Redis."""
    from digitsite import broker

    client = broker.connect(redis_server)
    client.flushall()
    return client


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    """A PostgreSQL of the module's own, gone with it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        missing("postgresql", "PostgreSQL")
    server = PostgreSQL(found[-1], tmp_path_factory.mktemp("postgresql"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def database_url(postgresql: PostgreSQL) -> str:
    return postgresql.url


def chromium() -> str:
    """Where the browser is: if it is there, the one without windows, which takes two fifths of the processor's time."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if not found:
        missing("chromium-headless-shell", "Chromium")
    return str(found)
