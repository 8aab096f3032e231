"""The web server's worker: clients that are slow hold up nobody else. A small application behind a real Gunicorn."""

import contextlib
import hashlib
import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.support.stack import free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent
APPLICATION = """
import hashlib
import json
import tempfile
import threading

from digitsite import web_worker

LARGE = {large}

web_worker.HEAD_SECONDS, web_worker.BODY_SECONDS, web_worker.BODY_RATE = 3, 3, 10**9
web_worker.ANSWER_SECONDS = web_worker.Outgoing.patience = 6
web_worker.ANSWER_RATE = 10**6
web_worker.Outgoing.places = threading.BoundedSemaphore(2)


def application(environ, start_response):
    if environ["PATH_INFO"] in ("/large", "/file"):
        start_response("200 OK", [("Content-Length", str(LARGE))])
        if environ["PATH_INFO"] == "/large":
            return (bytes(2**16) for _ in range(LARGE // 2**16))
        file = tempfile.TemporaryFile()
        file.truncate(LARGE)
        return environ["wsgi.file_wrapper"](file)
    read = b"" if environ["PATH_INFO"] == "/unread" else environ["wsgi.input"].read()
    body = json.dumps([environ["PATH_INFO"], len(read), hashlib.sha256(read).hexdigest()]).encode()
    start_response("200 OK", [("Content-Length", str(len(body))), ("Content-Type", "application/json")])
    return [body]
"""
THREADS = 4
LARGE = 32 * 2**20


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder, port = tmp_path_factory.mktemp("application"), free_port()
    (folder / "small.py").write_text(APPLICATION.replace("{large}", str(LARGE)))
    options = ["--worker-class", "digitsite.web_worker.PatientWorker", "--threads", str(THREADS), "--no-control-socket"]
    command = [sys.executable, "-m", "gunicorn", "small", "--chdir", str(folder), "--pythonpath", str(ROOT)]
    server = subprocess.Popen([*command, "--bind", f"127.0.0.1:{port}", *options], cwd=ROOT, stderr=subprocess.DEVNULL)

    def answers() -> bool:
        try:
            return bool(_ask(port))
        except OSError:
            return False

    try:
        wait_until(answers)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def _ask(port: int, body: bytes = b"", path: str = "/") -> list[object]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST" if body else "GET", path, body or None)
    answer: list[object] = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def _send(port: int, data: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), 20)
    connection.sendall(data)
    return connection


def _all(connection: socket.socket) -> bytes:
    """What comes until the server closes."""
    received = b""
    with connection:
        while data := connection.recv(65536):
            received += data
    return received


def _said(body: bytes, path: str = "/") -> list[object]:
    return [path, len(body), hashlib.sha256(body).hexdigest()]


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n" + bytes(300_000),
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n" + bytes(300_000),
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
    ids=["silent", "in the head", "in the body", "in a long body", "in too long a body", "at the close"],
)
def test_others_are_answered_while_many_are_slow(port: int, begun: bytes) -> None:
    slow = [_send(port, begun) for _ in range(10 * THREADS)]
    for _ in range(5):
        for connection in slow:
            if begun and b"close" not in begun:
                connection.sendall(b"a")
        before = time.monotonic()
        assert _ask(port, b"7") == _said(b"7")
        assert time.monotonic() - before < 1
        time.sleep(0.1)
    for connection in slow:
        connection.close()


def _ask_for(port: int, path: str) -> socket.socket:
    """A request by a client with little room for its answer."""
    connection = socket.socket()
    connection.settimeout(20)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**14)
    connection.connect(("127.0.0.1", port))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    return connection


def _is_cut_short(connection: socket.socket) -> bool:
    received = 0
    with contextlib.suppress(ConnectionResetError):
        while data := connection.recv(2**20):
            received += len(data)
    return received < LARGE


@pytest.mark.parametrize("path", ["/large", "/file"])
def test_others_are_answered_while_many_do_not_take_their_answers(port: int, path: str) -> None:
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(_ask_for(port, path)) for _ in range(5 * THREADS)]
        assert _ask(port) == _said(b""), "all but two lose their threads at once"
        before = time.monotonic()
        assert _ask(port) == _said(b"")
        assert time.monotonic() - before < 1
        assert sum(map(_is_cut_short, slow)) >= len(slow) - 2


@pytest.mark.parametrize("path", ["/large", "/file"])
def test_who_takes_an_answer_slowly_but_steadily_gets_all_of_it(port: int, path: str) -> None:
    connection, received = _ask_for(port, path), 0
    while data := connection.recv(2**20):
        received += len(data)
        time.sleep(0.001)
    connection.close()
    assert received > LARGE


@pytest.mark.parametrize("begun", [b"GET / HTTP/1.1\r\nX:", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n1234"])
def test_what_takes_too_long_is_a_408(port: int, begun: bytes) -> None:
    answer = _all(_send(port, begun))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "timeout"


def test_who_says_nothing_is_told_nothing(port: int) -> None:
    assert _all(_send(port, b"")) == b""


@pytest.mark.parametrize("size", [1, 70_000, 300_000, 5_000_000])
def test_a_body_arrives_whole_however_it_is_cut(port: int, size: int) -> None:
    body = bytes(range(256)) * (size // 256) + b"7" * (size % 256)
    connection = socket.create_connection(("127.0.0.1", port), 20)
    request = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCONTENT-length:  %d \r\n\r\n" % size + body
    cuts = [0, 10, 60, 66, 67, 68, 69, 70, 71, 300, size // 2, len(request)]
    for start, end in zip(sorted(cuts), sorted(cuts)[1:], strict=False):
        connection.sendall(request[start:end])
        time.sleep(0.01)
    assert json.loads(_all(connection).partition(b"\r\n\r\n")[2]) == _said(body)


def test_one_connection_takes_many_requests(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for body in (b"1", b"", b"2" * 300_000, b"3"):
        for path in ("/", "/unread"):
            connection.request("POST", path, body)
            assert json.loads(connection.getresponse().read()) == _said(body if path == "/" else b"", path)
    connection.close()


def test_requests_that_come_together_are_answered_in_turn(port: int) -> None:
    first = b"POST /first HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n123"
    second = b"POST /second HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\n12"
    connection = _send(port, first + second)
    time.sleep(0.2)
    connection.sendall(b"345")
    answers = _all(connection)
    assert answers.index(json.dumps(_said(b"123", "/first")).encode()) < answers.index(
        json.dumps(_said(b"12345", "/second")).encode()
    )


def test_a_client_that_asks_first_is_told_to_send(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    connection = _send(port, head)
    assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(b"77")
    answer = _all(connection)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert json.dumps(_said(b"77")).encode() in answer


def test_a_body_that_is_too_large_is_received_but_not_kept(port: int) -> None:
    """The application refuses it by its length; here it reads what there is."""
    assert _ask(port, bytes(23 * 2**20)) == _said(b"")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n7\r\n0\r\n\r\n", b"411"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 70_000, b"431"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_what_it_cannot_take_is_refused(port: int, request_: bytes, status: bytes) -> None:
    assert _all(_send(port, request_)).split()[1] == status
    assert _ask(port) == _said(b"")
