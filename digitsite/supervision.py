"""The site's processes, and the supervisor that restarts any that die. The watchdog kills a predict worker that hangs.

Supervisor starts groups by rising priority and stops them by falling priority: first the web, then the workers,
then Redis. The workers are killed, because Celery takes seconds to stop on its own. Interrupted work resumes from
its database row.
"""

import fcntl
import os
import shlex
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from digitsite import broker, watchdog


class CannotStart(Exception):
    """The site can't start; the message says why, and what to do."""


@dataclass(frozen=True)
class Program:
    name: str
    group: str
    priority: int
    command: list[str]
    stop_signal: str = "TERM"
    stop_seconds: int = 1
    environment: str = ""


def programs(redis_conf: Path | None) -> list[Program]:
    python = [sys.executable, "-m"]
    worker = [*python, "celery", "-A", "digitsite", "worker", "--loglevel", "WARNING"]
    # `manage.py run` has checked the site.
    unchecked = 'CELERY_SKIP_CHECKS="1"'
    # One glyph is too little work to split among threads.
    threads = f'DIGITSITE_ML_THREADS="{os.environ.get("DIGITSITE_ML_THREADS", "1")}"'
    # Gives a decoded picture's memory back. By default, glibc keeps it, for each thread.
    lean = 'MALLOC_MMAP_THRESHOLD_="1048576"'
    # As in a web process: a database that stands still holds up neither.
    bounded = f'DIGITSITE_DATABASE_SECONDS="{os.environ.get("DIGITSITE_DATABASE_SECONDS", "10")}"'
    web = [*python, "gunicorn", "digitsite.wsgi", "--bind", address(), "--worker-class"]
    web += ["digitsite.web_worker.PatientWorker"]
    web += ["--workers", str(settings.DIGITSITE_WEB_PROCESSES), "--threads", str(settings.WEB_THREADS)]
    # Gunicorn believes X-Forwarded-Proto of the loopback address by default; Django does with DIGITSITE_TRUST_PROXY.
    # Longer than a proxy keeps an idle connection (nginx 60 s), so that none is closed while a request is on its way.
    web += ["--graceful-timeout", "1", "--keep-alive", "75", "--forwarded-allow-ips="]
    # The control socket would be created in the home folder, and nothing uses it.
    web += ["--no-control-socket", "--log-level", "warning", "--timeout", "120"]
    return [
        *([Program("redis", "redis", 10, [broker.find_server(), str(redis_conf)])] if redis_conf else []),
        Program(
            "predict",
            "workers",
            20,
            [*python, "digitsite.watchdog"],
            "KILL",
            environment=f"{unchecked},{threads},{lean},{bounded}",
        ),
        # A child for each training: the worker stays responsive, and the memory is freed afterwards. Readings go first.
        Program(
            "train",
            "workers",
            20,
            [
                "nice",
                *worker,
                "-Q",
                "train",
                "-c",
                "1",
                "--max-tasks-per-child",
                "1",
                "-n",
                "train@%%h",
                *watchdog.QUIET,
            ],
            "KILL",
            environment=unchecked,
        ),
        Program("web", "web", 30, web, stop_seconds=2, environment=lean),
    ]


def address() -> str:
    host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
    return f"{host}:{settings.PORT}"


def start(prepare: Callable[[], None]) -> None:
    """Locks the data folder, checks the port, prepares the site, then replaces this process with the supervisor.

    Raises CannotStart.
    """
    if "%" in f"{settings.DATA_DIR}{sys.executable}":
        raise CannotStart(f"Supervisor can't use a path with a % in it: {settings.DATA_DIR}, {sys.prefix}.")
    run = settings.DATA_DIR / "run"
    run.mkdir(mode=0o700, exist_ok=True)
    _hold_the_lock(run / "lock")
    _check_the_port()
    prepare()
    own_redis = not os.environ.get("REDIS_URL", "").strip()
    try:
        listed = programs(broker.configure(settings.DATA_DIR) if own_redis else None)
    except broker.NoRedisServer as error:
        raise CannotStart(str(error)) from error
    conf = run / "supervisord.conf"
    conf.write_text(_configuration(listed, run))
    supervisord = Path(sys.executable).with_name("supervisord")
    os.chdir(settings.BASE_DIR)
    command = [sys.executable, str(supervisord), "-n", "-s", "-c", str(conf)]
    os.execv(sys.executable, command)  # noqa: S606  no shell is wanted


def _configuration(listed: list[Program], run: Path) -> str:
    logs = settings.DATA_DIR / "log"
    logs.mkdir(exist_ok=True)
    sections = [
        f"[supervisord]\nnodaemon=true\nlogfile={logs / 'supervisor.log'}\npidfile={run / 'supervisord.pid'}\n"
        f"loglevel=info\nchildlogdir={logs}\n" + ("user=root\n" if os.geteuid() == 0 else "")
    ]
    sections += [_section(program, logs) for program in listed]
    for group in {program.group: program.priority for program in listed}.items():
        members = ",".join(program.name for program in listed if program.group == group[0])
        # `announce` has no group of its own, because that would add a second to each stop.
        members += ",announce" if group[0] == "web" else ""
        sections.append(f"[group:{group[0]}]\nprograms={members}\npriority={group[1]}\n")
    announce = shlex.join([sys.executable, str(settings.BASE_DIR / "manage.py"), "announce", "--skip-checks"])
    sections.append(
        f"[program:announce]\ncommand={announce}\npriority=40\nautorestart=false\nstartsecs=0\nstopwaitsecs=1\n"
        "stdout_logfile=/dev/fd/1\nstdout_logfile_maxbytes=0\nredirect_stderr=true\n"
    )
    return "\n".join(sections)


def _section(program: Program, logs: Path) -> str:
    command = " ".join(shlex.quote(part) for part in program.command)
    return (
        f"[program:{program.name}]\ncommand={command}\npriority={program.priority}\n"
        f"autorestart=true\nstartsecs=1\nstartretries=1000000\n"
        f"environment={program.environment}\n"
        f"stopsignal={program.stop_signal}\nstopwaitsecs={program.stop_seconds}\nstopasgroup=true\nkillasgroup=true\n"
        f"redirect_stderr=true\nstdout_logfile={logs / program.name}.log\n"
        "stdout_logfile_maxbytes=2MB\nstdout_logfile_backups=3\n"
    )


def _hold_the_lock(file: Path) -> None:
    """One site per data folder. The lock survives exec and is released when the process ends, however it ends."""
    # Not with filelock: its descriptor is private and closes on exec, but supervisord must inherit the lock.
    descriptor = os.open(file, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotStart(
            f"A site is already running on {settings.DATA_DIR}. Stop it, or set DIGITSITE_DATA to another folder."
        ) from None
    os.set_inheritable(descriptor, True)


def _check_the_port() -> None:
    family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.HOST, settings.PORT))
        except OSError as error:
            raise CannotStart(
                f"Can't listen on {address()}: {error.strerror}. Set PORT (or HOST) to something free."
            ) from None
