"""Servers that the benchmark starts and stops, with small ones in their place."""

import socket
import sys
from pathlib import Path

import pytest

from predictor.errors import Unavailable

psutil = pytest.importorskip("psutil", reason="psutil is not installed (requirements-bench.txt)")

from predictor.tools.site_benchmark.servers import Server  # noqa: E402

ANSWERS = """
import signal, subprocess, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        picture = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response({status} if b"\\x89PNG" in picture else 400)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{{}}")
{first}
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def _server(tmp_path: Path, first: str = "", status: int = 200) -> Server:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-c", ANSWERS.format(first=first, status=status), str(port)]
    return Server("small", command, "/", port=port, environment={}, log=tmp_path / "log")


def test_it_is_measured_with_its_children_while_it_runs_and_is_gone_afterwards(tmp_path: Path) -> None:
    child = "subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])"
    with _server(tmp_path, child) as server:
        spent, memory = server.cpu_seconds(), server.memory()
        assert server.start_seconds > 0
    assert [name for name, _ in spent] == ["small", "small"]
    assert 5 < memory["small"]["pss"] <= memory["small"]["rss"] < 200
    assert not any(psutil.pid_exists(number) for _, number in spent)
    assert server.cpu_seconds() == {}


def test_one_that_ignores_ctrl_c_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("predictor.tools.site_benchmark.servers.STOPPED_WITHIN", 0.5)
    with _server(tmp_path, "signal.signal(signal.SIGINT, signal.SIG_IGN)") as server:
        [(_, number)] = server.cpu_seconds()
    assert not psutil.pid_exists(number)


@pytest.mark.parametrize(
    ("first", "status"), [("sys.exit('no network')", 200), ("print('no network', flush=True)", 500)]
)
def test_one_that_does_not_read_is_named_with_its_last_lines(tmp_path: Path, first: str, status: int) -> None:
    with pytest.raises(Unavailable, match=r"small [\s\S]*no network"), _server(tmp_path, first, status):
        pass
