"""Gunicorn's threaded worker, except that a request gets a thread only once all of it has arrived.

The worker's loop receives heads and bodies, and closes connections, without ever waiting for one client. So clients
that send slowly hold a connection and a few bytes, but none of the threads that answer everyone else. A request that
takes too long is refused with 408. Clients that take their answers slowly hold few of the threads, and not for ever.
"""

import contextlib
import errno
import os
import re
import resource
import select
import selectors
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from gunicorn.http.unreader import Unreader
from gunicorn.workers.gthread import TConn, ThreadWorker

HEAD_LIMIT = 64 * 2**10
"""Bytes of a request line with its headers."""
MEMORY_LIMIT = 256 * 2**10
"""Bytes of a request that are received in memory; a longer one goes to a temporary file."""
KEPT_LIMIT, DISCARDED_LIMIT = 22 * 2**20, 64 * 2**20
"""Bytes of the largest body that is kept, and those of a larger one that are received before it is refused with 413."""
HEAD_SECONDS, BODY_SECONDS, BODY_RATE = 10, 20, 16 * 2**10
"""A body may take BODY_SECONDS, and another second for each BODY_RATE bytes."""
CLOSE_SECONDS = 2
"""How long the loop waits for a client to close."""
SLOW_CLIENTS = 48
"""So many of a process's threads wait for clients to take more of their answers; other clients lose the connection."""
ANSWER_SECONDS, ANSWER_RATE = 30, 16 * 2**10
"""How long a thread waits for a client; another second for each ANSWER_RATE bytes that the client takes."""

_STEP, _PIECE, _BLOCK = 64 * 2**10, 16 * 2**10, 256 * 2**10
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*(?=\r\n)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding[ \t]*:", re.IGNORECASE)
_EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)


class Refused(Exception):
    """The request is answered with this, and the connection closed."""

    def __init__(self, status: str, code: str, message: str) -> None:
        super().__init__(message)
        body = f'{{"error": {{"code": "{code}", "message": "{message}"}}}}'
        head = (
            f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        )
        self.answer = f"{head}\r\n\r\n{body}".encode()


class Incoming:
    """A request that is being received."""

    def __init__(self, sock: socket.socket, received: bytes) -> None:
        self.sock = sock
        self.head = bytearray(received)
        self.file: tempfile.SpooledTemporaryFile[bytes] | None = None
        """Once the head is complete: the request."""
        self.missing = 0
        """Bytes of the body that have not arrived."""
        self.is_kept = True
        self.deadline = time.monotonic() + HEAD_SECONDS

    def receive(self) -> bool:
        """Takes some of what has arrived. Returns whether the request is complete. Raises Refused or OSError."""
        if self._is_complete():
            return True
        try:
            data = self.sock.recv(min(_STEP, self.missing) if self.file else _STEP)
        except BlockingIOError:
            return False
        if not data:
            raise ConnectionResetError
        if self.file is None:
            self.head += data
        else:
            self.missing -= len(data)
            if self.is_kept:
                self.file.write(data)
        return self._is_complete()

    def begin(self) -> Unreader:
        """Where Gunicorn reads the complete request, without a body that is too large."""
        assert self.file is not None
        self.file.seek(0)
        return Received(self.file)

    def close(self) -> None:
        if self.file is not None:
            self.file.close()

    def _is_complete(self) -> bool:
        return (self.file is not None or self._begin_body()) and self.missing <= 0

    def _begin_body(self) -> bool:
        """Returns whether the head is complete."""
        end = self.head.find(b"\r\n\r\n") + 4
        if (end if end >= 4 else len(self.head)) > HEAD_LIMIT:
            raise Refused("431 Request Header Fields Too Large", "too_large", "The headers are too large.")
        if end < 4:
            return False
        head, body = bytes(self.head[: end - 2]), self.head[end:]
        if _CHUNKED.search(head):
            raise Refused("411 Length Required", "length_required", "Send the body with a Content-Length.")
        lengths = _LENGTH.findall(head)
        length = int(lengths[0]) if len(lengths) == 1 else 0  # Gunicorn refuses a request with several
        if _EXPECT.search(head):
            head = _EXPECT.sub(b"", head)
            self.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.is_kept = length <= KEPT_LIMIT
        self.missing = min(length, DISCARDED_LIMIT) - len(body)
        self.deadline = time.monotonic() + BODY_SECONDS + length / BODY_RATE
        self.file = tempfile.SpooledTemporaryFile(MEMORY_LIMIT)  # noqa: SIM115  closed with the request
        self.file.write(head + b"\r\n" + (body if self.is_kept else b""))
        return True


class Received(Unreader):  # type: ignore[misc]  # Gunicorn has no types
    """Small pieces of a request that has arrived: Gunicorn copies all that it holds for each line and each read."""

    def __init__(self, file: "tempfile.SpooledTemporaryFile[bytes]") -> None:
        super().__init__()
        self._file = file

    def chunk(self, size_hint: int | None = None) -> bytes:  # noqa: ARG002  theirs
        return self._file.read(_PIECE)

    def take_buffered(self) -> bytes:
        return bytes(super().take_buffered()) + self._file.read()


class Outgoing(socket.socket):
    """Sends answers, from a thread. A client that takes them too slowly loses the connection."""

    places = threading.BoundedSemaphore(SLOW_CLIENTS)
    patience: float = ANSWER_SECONDS

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        left = memoryview(data).cast("B")
        while left:
            try:
                sent = self.send(left, flags | socket.MSG_DONTWAIT)
            except BlockingIOError:
                self._wait()
                continue
            self.patience = min(ANSWER_SECONDS, self.patience + sent / ANSWER_RATE)
            left = left[sent:]

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Python's own waits for a slow client without end."""
        sent, end = 0, count if count is not None else 2**62
        while data := os.pread(file.fileno(), min(_BLOCK, end - sent), offset + sent):
            self.sendall(data)
            sent += len(data)
        return sent

    def _wait(self) -> None:
        """Waits until the client takes more. Raises what Gunicorn takes for a client that is gone."""
        began, is_ready = time.monotonic(), False
        if self.places.acquire(blocking=False):
            try:
                poll = select.poll()
                poll.register(self, select.POLLOUT)
                is_ready = bool(poll.poll(1000 * max(0.0, self.patience)))
            finally:
                self.places.release()
        self.patience -= time.monotonic() - began
        if not is_ready:
            # The kernel forgets at once what is unsent.
            self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise BrokenPipeError(errno.EPIPE, "The client is too slow.")


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # Gunicorn has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.incoming: dict[TConn, Incoming] = {}
        self.closing: dict[TConn, float] = {}
        self.next_check = 0.0

    def init_process(self) -> None:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Receives a request, then gives it a thread. Gunicorn calls this for every connection with news."""
        received, conn.rest = getattr(conn, "rest", b""), b""
        if not conn.initialized:
            accepted = conn.sock
            conn.sock = Outgoing(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
            conn.init()
        conn.sock.setblocking(False)
        self.incoming[conn] = Incoming(conn.sock, received)
        self._watch(conn, self._receive)
        self._receive(conn)

    def handle(self, conn: TConn) -> Any:
        """Answers a request that is complete; in a thread."""
        incoming = conn.request
        conn.data_ready = True
        received = conn.parser.unreader = incoming.begin()
        if not incoming.is_kept:
            conn.sock.shutdown(socket.SHUT_RD)  # who reads the body meets its end at once
        try:
            return super().handle(conn)
        finally:
            conn.rest = received.take_buffered()  # sent right behind this request
            incoming.close()

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        """Keeps or closes the connection as Gunicorn does, but never waits for the client to close."""
        if fs.cancelled() or fs.exception() or not fs.result():
            self._close(conn)
        else:
            super().finish_request(conn, fs)

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Whether the connection can be used again. What was left unread has arrived, so it is skipped."""
        return bool(keepalive and conn.parser.finish_body())

    def murder_pending(self) -> None:
        """Closes what is overdue. Gunicorn calls this after each turn of its loop."""
        now = time.monotonic()
        if now < self.next_check:
            return
        self.next_check = now + 1
        for conn in [conn for conn, incoming in self.incoming.items() if incoming.deadline < now]:
            self._drop(conn, Refused("408 Request Timeout", "timeout", "The request took too long to arrive."))
        for conn in [conn for conn, deadline in self.closing.items() if deadline < now]:
            self._closed(conn)

    def _receive(self, conn: TConn) -> None:
        incoming = self.incoming[conn]
        try:
            if not incoming.receive():
                return
        except (Refused, OSError) as error:
            self._drop(conn, error)
            return
        del self.incoming[conn]
        self.poller.unregister(conn.sock)
        conn.request = incoming
        super().enqueue_req(conn)

    def _drop(self, conn: TConn, error: Refused | OSError) -> None:
        incoming = self.incoming.pop(conn)
        incoming.close()
        self.poller.unregister(conn.sock)
        if isinstance(error, Refused) and incoming.head:
            with contextlib.suppress(OSError):
                conn.sock.send(error.answer)
        self._close(conn)

    def _close(self, conn: TConn) -> None:
        """Says that nothing more is sent, and reads on for a moment: otherwise the client might lose its answer."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.nr_conns -= 1
            conn.close()
            return
        self.closing[conn] = time.monotonic() + CLOSE_SECONDS
        self._watch(conn, self._discard)
        self._discard(conn)

    def _discard(self, conn: TConn) -> None:
        try:
            if conn.sock.recv(_STEP):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._closed(conn)

    def _closed(self, conn: TConn) -> None:
        del self.closing[conn]
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def _watch(self, conn: TConn, callback: Callable[[TConn], None]) -> None:
        self.poller.register(conn.sock, selectors.EVENT_READ, lambda _: callback(conn))
