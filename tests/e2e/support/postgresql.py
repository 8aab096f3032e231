"""A PostgreSQL of the tests' own, whose processes can be stopped, killed and started again."""

import contextlib
import os
import pwd
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from tests.e2e.support.stack import free_port


class PostgreSQL:
    """A server in a folder, at a loopback port. Its files are not synced to the disk."""

    def __init__(self, programs: Path, folder: Path) -> None:
        """`programs`: the folder of `postgres` and `initdb`."""
        self._programs, self._folder, self._port = programs, folder, free_port()
        self._options: dict[str, object] = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            user = pwd.getpwnam("postgres")
            self._options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}
            os.chown(folder, user.pw_uid, user.pw_gid)
            outside = Path(tempfile.gettempdir())
            for parent in folder.parents:
                if parent != outside and parent.is_relative_to(outside):
                    parent.chmod(0o755)
        form = ["-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"]
        subprocess.run([programs / "initdb", "-D", folder / "data", *form], check=True, **self._options)  # type: ignore[call-overload]
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Starts the server, and waits until it takes connections."""
        command = [self._programs / "postgres", "-D", self._folder / "data", "-p", str(self._port), "-F"]
        command += ["-k", self._folder, "-h", "127.0.0.1"]
        self._server = subprocess.Popen(command, **self._options)  # type: ignore[call-overload]
        for _ in range(1200):
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.url).close()
                return
            time.sleep(0.05)
        raise AssertionError("PostgreSQL does not start")

    def stop(self) -> None:
        """Cuts all connections and stops the server."""
        if self._server:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(20)

    def kill(self) -> None:
        """Kills all its processes at once."""
        self.send(signal.SIGKILL)
        if self._server:
            self._server.wait(20)

    def send(self, what: signal.Signals) -> None:
        """Sends a signal to all its processes."""
        assert self._server
        self._server.send_signal(signal.SIGSTOP)  # it starts no more of them
        pids = [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _parent(entry) == self._server.pid]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, what)
        self._server.send_signal(what)


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has ended
        return 0
