"""What the benchmark ran on, for its page."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connection
from django.utils import timezone

PACKAGES = ("django", "celery", "gunicorn", "onnxruntime", "opencv-python-headless", "tensorflow", "locust", "litserve")
BUSY = 0.3
"""A load average above this share of the cores spoils the measurements."""


def describe() -> dict[str, object]:
    """Date, commit, processor, memory, versions, in words. `busy`: the load average, if other work is running."""
    load = os.getloadavg()[0]
    return {
        "date": timezone.now().strftime("%Y-%m-%d %H:%M"),
        "commit": _commit(),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GB",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "database": _database(),
        "versions": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        "busy": round(load, 1) if load > BUSY * (os.cpu_count() or 1) else None,
    }


def _processor() -> str:
    names = [
        line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "name" in line
    ]
    return names[0] if names else platform.machine()


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=8", "--exclude=*"]
    try:
        return subprocess.check_output(command, cwd=settings.BASE_DIR, text=True, stderr=subprocess.DEVNULL).strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _database() -> str:
    if connection.vendor == "sqlite":
        from sqlite3 import sqlite_version

        return f"SQLite {sqlite_version}"
    return f"PostgreSQL {connection.cursor().connection.info.server_version // 10000}"
