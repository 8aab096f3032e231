"""Clients that send or take their bytes slowly: they hold up nobody."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import requests

from tests.e2e.support.stack import Site, wait_until
from tests.hostile.others import slowest, statuses, watching
from tests.reliability import Note

pytestmark = pytest.mark.slow

HEALTH_SECONDS = 1.0
MEANWHILE = 120
"""Drawings of the others: in that time, all that the attackers hold is taken from them once."""
HEAD = b"POST /api/v1/drawings/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
BODY = b"POST /api/v1/drawings/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/png\r\nContent-Length: 90000\r\n\r\n"


@contextmanager
def dripping(site: Site, count: int, begun: bytes) -> Iterator[None]:
    """So many connections begin a request, and send a byte of it now and then."""
    over = threading.Event()

    def drip(connections: list[socket.socket]) -> None:
        while not over.wait(0.5):
            for place, connection in enumerate(connections):
                try:
                    connection.sendall(b"a")
                except OSError:  # told to go, and begins anew
                    connection.close()
                    connections[place] = _begun(site, begun)

    with ExitStack() as stack:
        connections = [_begun(site, begun) for _ in range(count)]
        stack.callback(lambda: [connection.close() for connection in connections])
        thread = threading.Thread(target=drip, args=(connections,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _begun(site: Site, begun: bytes, room: int = 2**14) -> socket.socket:
    connection = socket.socket()
    connection.settimeout(30)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    connection.connect(("127.0.0.1", site.port))
    connection.sendall(begun)
    return connection


@pytest.mark.parametrize("count", [70, 200])
@pytest.mark.parametrize("part", ["head", "body"])
def test_clients_that_send_slowly_hold_up_nobody(site: Site, reliability: Note, part: str, count: int) -> None:
    with watching(site) as others, dripping(site, count, HEAD if part == "head" else BODY):
        wait_until(lambda: len(others.during) >= MEANWHILE)
    assert statuses(others.before + others.during) <= {201, 202}
    assert statuses(others.probes) == {200}
    assert slowest(others.probes) <= HEALTH_SECONDS
    reliability("doors", f"{count} connections that drip the {part} of their request", str(others))


@pytest.mark.parametrize("count", [70, 200])
def test_clients_that_do_not_take_their_answers_hold_up_nobody(site: Site, reliability: Note, count: int) -> None:
    """They ask for the largest file that everybody may have, again and again."""
    docs = requests.get(f"{site.url}/api/v1/docs/", timeout=30).text
    files = [f"{site.url}{path}" for path in re.findall(r'src="(/static/[^"]+\.js)"', docs)]
    largest = max(files, key=lambda file: int(requests.head(file, timeout=30).headers["Content-Length"]))
    ask = f"GET {largest.removeprefix(site.url)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with watching(site) as others, dripping(site, count, ask * 3):
        wait_until(lambda: len(others.during) >= MEANWHILE)
    assert statuses(others.before + others.during) <= {201, 202}
    assert statuses(others.probes) == {200}
    reliability("doors", f"{count} connections that don't take their answers", str(others))
