"""Runs an export in its own process, because the web process has no code to isolate glyphs."""

import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from django.conf import settings

from predictor import errors
from predictor.datasets.export.layout import Layout
from predictor.models import Dataset

logger = logging.getLogger(__name__)

CHUNK = 2**16
"""The most bytes read at once."""

TERMINATE_SECONDS = 5.0
"""How long a terminated process may take to end before it is killed."""


class ExportFailed(errors.DomainError):
    """The export's process ended with an error."""

    status = 500
    code = "export_failed"


def command(dataset: Dataset, layout: Layout) -> list[str]:
    """The command line that writes the ZIP to its standard output."""
    parts = [sys.executable, str(settings.BASE_DIR / "manage.py"), "export_dataset", "--stream"]
    parts += ["--dataset", str(dataset.pk), "--format", layout.format]
    return parts + ["--originals"] * layout.originals + ["--gzip"] * layout.gzip


class ZipProcess(Iterator[bytes]):
    """The pieces of a ZIP that `manage.py export_dataset --stream` writes. `close` ends the process.

    Raises ExportFailed: at construction if the process fails before its first byte, otherwise while it is iterated.
    """

    def __init__(self, dataset: Dataset, layout: Layout) -> None:
        # A file, because a pipe that nobody reads would fill up and block the process.
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(  # noqa: S603
            command(dataset, layout), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._stderr, bufsize=0
        )
        try:
            self._first = self._read()
        except BaseException:
            self.close()
            raise

    def __next__(self) -> bytes:
        first, self._first = self._first, b""
        return first or self._read()

    def close(self) -> None:
        """Ends the process if it is still running, for example because the client has disconnected."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(TERMINATE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._stderr.close()

    def _read(self) -> bytes:
        assert self._process.stdout
        piece = self._process.stdout.read(CHUNK)
        if piece:
            return piece
        if self._process.wait() != 0:
            raise ExportFailed(self._complaint())
        raise StopIteration

    def _complaint(self) -> str:
        """The last line that the process wrote to standard error; all of it is logged."""
        self._stderr.seek(0)
        written = self._stderr.read().decode(errors="replace").strip()
        logger.error("%s ended with status %s: %s", self._process.args, self._process.returncode, written)
        return written.splitlines()[-1].removeprefix("CommandError: ") if written else "The export failed: see the log."
