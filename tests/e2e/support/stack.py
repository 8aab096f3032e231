"""Runs a complete site for the tests: `manage.py run` with its own data folder and port."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

ROOT = Path(__file__).resolve().parents[3]
GUARD = 240.0
"""Seconds. Only guards against hanging; long enough that a slow machine fails no test."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(holds: Callable[[], Any], *, within: float = GUARD) -> Any:
    """Waits until `holds` returns a true value, and returns that value."""
    until = time.monotonic() + within
    while not (found := holds()):
        assert time.monotonic() < until, f"not within {within:.0f} s"
        time.sleep(0.05)
    return found


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Serialises starting sites across test processes: started at once, each would take as long as all together."""
    with FileLock(Path(tempfile.gettempdir()) / f"digitsite-starts-{os.getuid()}"):
        yield


class Site:
    """A site in subprocesses. `start` starts it, by a command behind `prefix`; `stop` stops it as Ctrl-C would."""

    def __init__(
        self, data: Path, *, port: int | None = None, prefix: tuple[str, ...] = (), **environment: str
    ) -> None:
        self.data = data
        self.prefix = prefix
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {k: v for k, v in os.environ.items() if k not in {"DJANGO_SETTINGS_MODULE", "REDIS_URL", "DATABASE_URL"}}
        self.environment = {
            **kept,
            "DIGITSITE_DATA": str(data),
            "DIGITSITE_CACHE": str(ROOT / "var" / "cache"),
            "DIGITSITE_THROTTLE": "0",
            "DIGITSITE_SIGN_INS": "0",
            "DIGITSITE_SIGN_UPS": "0",
            "PORT": str(self.port),
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, within: float = 240.0) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        with one_at_a_time(), (self.data / "run.log").open("wb") as log:
            self.process = subprocess.Popen(
                [*self.prefix, sys.executable, "manage.py", "run"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
            self.wait_until_ready(within=within)

    def wait_until_ready(self, *, within: float = 240.0) -> None:
        until = time.monotonic() + within
        while time.monotonic() < until:
            if self.process is not None and self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.2)
        raise AssertionError(f"The site isn't ready:\n{self.logs()}")

    def logs(self) -> str:
        files = [self.data / "run.log", *sorted((self.data / "log").glob("*.log"))]
        return "\n".join(f"── {file.name}\n{file.read_text()[-4000:]}" for file in files if file.exists())

    def manage(self, *arguments: str, timeout: float = 300) -> str:
        """Runs a management command on this site; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def pids(self, pattern: str = "") -> list[int]:
        """Ids of this site's processes with `pattern` in the command line."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                environ = (entry / "environ").read_bytes()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            # Redis overwrites its environment with its title, but its command line names its socket in the data folder.
            belongs = f"DIGITSITE_DATA={self.data}\0".encode() in environ or str(self.data) in command
            if belongs and command and pattern in command:
                found.append(int(entry.name))
        return found

    def stop(self) -> None:
        """Sends Ctrl-C, and waits until no process is left."""
        if self.process is None or self.process.poll() is not None:
            return
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(60)
        self.wait_until_gone()

    def wait_until_gone(self) -> None:
        wait_until(lambda: not self.pids(), within=60)


@contextmanager
def shared(folder: Path) -> Iterator[Site]:
    """One site for all processes of a test run. The first process starts it, and stops it when all others are done."""
    folder.mkdir(exist_ok=True)
    lock, users, address = FileLock(folder / "lock"), folder / "users", folder / "port"

    def count(change: int) -> int:
        number = (int(users.read_text()) if users.exists() else 0) + change
        users.write_text(str(number))
        return number

    with lock:
        if count(+1) == 1:
            site = Site(folder / "data")
            site.start()
            address.write_text(str(site.port))
        else:
            site = Site(folder / "data", port=int(address.read_text()))

    def stopped() -> bool:
        with lock:
            if count(0) > 0:
                return False
            site.stop()
            return True

    try:
        yield site
    finally:
        with lock:
            count(-1)
        if site.process:
            wait_until(stopped, within=3600)
