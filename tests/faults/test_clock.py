"""The clock of the machine jumps, as when it is set right: drawings are read all the same."""

import mmap
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.e2e.support.stack import Site
from tests.faults.findings import busy, kept, ledger, nothing_is_lost, read_by_now
from tests.faults.sites import Stricken
from tests.faults.watch import Watch
from tests.reliability import Note

pytestmark = pytest.mark.slow

HOUR = 3600
SOURCE = r"""
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile long *ahead;

__attribute__((constructor)) static void begin(void) {
    int file = open(getenv("CLOCK"), O_RDONLY);
    ahead = mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, file, 0);
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && ahead && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *ahead;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    *now = (struct timeval){found.tv_sec, found.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *at) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    if (at) *at = found.tv_sec;
    return found.tv_sec;
}
"""
"""Is loaded into each process before the C library: the clock on the wall is so many seconds ahead as the file says."""


class Clock:
    """What the processes of a site take for the time."""

    def __init__(self, folder: Path) -> None:
        if not shutil.which("cc"):
            missing("gcc", "A C compiler")
        self._file, library = folder / "clock", folder / "clock.so"
        self._file.write_bytes(bytes(8))
        command = ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(library)]
        subprocess.run(command, input=SOURCE.encode(), check=True)
        self.environment = {"LD_PRELOAD": str(library), "CLOCK": str(self._file)}

    def jump(self, seconds: int) -> None:
        """To so many seconds after the right time."""
        with self._file.open("r+b") as file, mmap.mmap(file.fileno(), 8) as seen:
            seen[:] = struct.pack("l", seconds)


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Clock:
    return Clock(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Stricken]:
    site = Site(tmp_path_factory.mktemp("site"), **clock.environment)
    try:
        site.start()
        yield Stricken(site)
    finally:
        site.stop()


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 0], ids=["ahead", "behind", "right"])
def test_a_clock_that_jumps(site: Stricken, clock: Clock, jump: int, reliability: Note) -> None:
    before = time.time()
    with Watch(site.site.url) as watch:
        watch.wait_until_well(time.time())
        clock.jump(jump)
        well = watch.wait_until_well(time.time())
    rows = read_by_now(site)
    told = f"clock jumps to an hour {'ahead' if jump > 0 else 'behind'}" if jump else "clock jumps on to the right time"
    reliability("faults", f"SQLite: {told}", f"{ledger(watch)}; {kept(watch, rows)}; well again after {well:.1f} s")
    nothing_is_lost(watch, rows)
    last = rows[watch.drawings[-1].id][0].read_at
    assert 0 <= last - before - jump < HOUR / 2, "the site didn't see the jump"
    assert {each.status for each in watch.drawings} <= {201, 202}
    assert {each.status for each in watch.health} == {200}
    assert well < 10.0 * busy()
