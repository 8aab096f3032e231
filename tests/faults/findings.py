"""What is said of a fault afterwards, and what must be true."""

import os
import uuid
from collections import Counter

from tests.e2e.support.stack import wait_until
from tests.faults.sites import Row, Stricken
from tests.faults.watch import Watch


def busy() -> float:
    """How many times as long everything takes because the machine has other things to do."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def read_by_now(stricken: Stricken) -> dict[uuid.UUID, list[Row]]:
    """The rows, once no drawing waits to be read."""
    wait_until(lambda: all(row.status != "queued" for each in stricken.rows().values() for row in each))
    return stricken.rows()


def nothing_is_lost(watch: Watch, rows: dict[uuid.UUID, list[Row]]) -> None:
    """Each acknowledged drawing is there once, read or failed with a reason; none that was refused is there."""
    for drawing in watch.drawings:
        found = rows.get(drawing.id, [])
        if drawing.is_acknowledged:
            assert len(found) == 1
            assert found[0].status == "done" or (found[0].status == "failed" and found[0].error)
        elif drawing.status == 503:
            assert found == [], "it was said that nothing was stored"
        else:
            assert drawing.status == 0


def last_ready(watch: Watch, struck: float) -> float:
    """For how many seconds after the fault `/readyz` said at first that the site is ready."""
    unready = [each.at for each in watch.readiness if each.at >= struck and each.status != 200]
    ready = watch.ready_between(struck, unready[0]) if unready else []
    return ready[-1].at - struck if ready else 0.0


def ledger(watch: Watch) -> str:
    """How many drawings were answered how."""
    statuses = Counter(each.status for each in watch.drawings)
    names = {201: "read at once", 202: "stored", 503: "refused", 0: "cut off"}
    return ", ".join(f"{statuses[status]} {name}" for status, name in names.items() if statuses[status])


def kept(watch: Watch, rows: dict[uuid.UUID, list[Row]]) -> str:
    found = [rows.get(each.id, []) for each in watch.drawings if each.is_acknowledged]
    failed = sum(row.status == "failed" for each in found for row in each)
    return f"{sum(not each for each in found)} lost" + (f", {failed} failed" if failed else "")
