"""The rounds of the benchmark: in each, the site starts, and every load goes to the site and to the others in turn."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from tqdm import tqdm

from predictor.errors import Unavailable
from predictor.tools.site_benchmark import machine, samples, servers
from predictor.tools.site_benchmark.figures import Run
from predictor.tools.site_benchmark.servers import Server

KEEP_NO_COOKIE = ("newcomer", "photo")
"""The others also load the drawing page, which takes CPU time."""
MOST_FLASK_CLIENTS = 32
"""More wait for longer than they are measured."""


@dataclass(frozen=True)
class Size:
    """How much is measured. `seconds`: of each load, after `warm_up` seconds. `repeats`: of each part."""

    rounds: int
    clients: tuple[int, ...]
    photo_clients: tuple[int, ...]
    seconds: float
    warm_up: float
    repeats: int


FULL = Size(rounds=3, clients=(1, 8, 32, 128), photo_clients=(1, 8), seconds=8, warm_up=2, repeats=100)
QUICK = Size(rounds=1, clients=(1, 32), photo_clients=(1,), seconds=2, warm_up=0.5, repeats=40)


class _Load(NamedTuple):
    server: Server
    kind: str
    clients: int


def run(size: Size, former: str = "") -> Run:
    """Measures, with a progress bar. Stops everything that it started, however it ends. `former`: a commit whose site
    is measured beside this one.

    Raises Unavailable if a server doesn't start, or answers nothing; NotFound if there is no such commit.
    """
    measured = Run({**machine.describe(), "former": former, "rounds": size.rounds, "seconds": size.seconds})
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="digitsite-bench-")))
        site = servers.site(folder, stack.enter_context(servers.own_database()))
        others = [servers.beside(name, folder) for name in ("litserve", "flask")]
        if former:
            code = servers.code_of(former, folder)
            database_url = stack.enter_context(servers.own_database())
            others.insert(0, servers.site(folder, database_url, name="former", code=code))
        loads = list(_loads(size, site, others))
        steps = 1 + len(others) + size.rounds * (2 + len(loads))
        bar = stack.enter_context(tqdm(total=steps, dynamic_ncols=True, unit="step"))
        samples.write(folder / "bodies")
        _show(bar, "first start")
        with site:
            measured.note("start", {"first": site.start_seconds})
        for other in others:
            _show(bar, f"start of {other.name}")
            stack.enter_context(other)
        for number in range(size.rounds):
            first = number * len(loads) // size.rounds
            _round(measured, size, site, [*loads[first:], *loads[:first]], folder / "bodies", bar)
        _show(bar, "done")
    return measured


def _loads(size: Size, site: Server, others: list[Server]) -> Iterator[_Load]:
    """The loads of a round. The others' stand beside the site's that they are compared with."""
    for clients in size.clients:
        yield from (_Load(site, kind, clients) for kind in ("visitor", "strokes"))
        yield from (_Load(each, "newcomer", clients) for each in (site, *others) if _fits(each, clients))
    for clients in size.photo_clients:
        yield from (_Load(each, "photo", clients) for each in (site, *others))


def _fits(server: Server, clients: int) -> bool:
    return server.name != "flask" or clients <= MOST_FLASK_CLIENTS


def _round(measured: Run, size: Size, site: Server, loads: list[_Load], bodies: Path, bar: "tqdm[Any]") -> None:
    _show(bar, "start")
    with site:
        measured.note("start", {"second": site.start_seconds})
        measured.note("memory/started", _flat(site.memory()))
        _show(bar, "parts")
        measured.note("part", _output_of("parts", [str(size.repeats)], site.environment))
        for load in loads:
            _show(bar, f"{load.server.name}, {load.kind}, {load.clients} client{'s'[: load.clients > 1]}")
            _measure(measured, size, load, bodies)
        measured.note("memory/loaded", _flat(site.memory()))


def _measure(measured: Run, size: Size, load: _Load, bodies: Path) -> None:
    server = load.server
    before = server.cpu_seconds()
    options = ["--clients", str(load.clients), "--seconds", str(size.seconds), "--warm-up", str(size.warm_up)]
    found = _output_of("locust_load", [server.url, server.path, load.kind, str(bodies), *options], server.environment)
    after = server.cpu_seconds()
    error, answers = found.pop("error"), found.pop("answers")
    name = f"{server.name}, {load.kind}, {load.clients} clients"
    if not found["rate"]:
        raise Unavailable(f"{name}: no drawing was read. {error}")
    if error:
        tqdm.write(f"{name}: {found['failed']} answers failed. The first: {error}", file=sys.stderr)
    measured.note(f"{server.name}/{load.kind}/{load.clients}", found)
    if load.kind in KEEP_NO_COOKIE:
        spent = dict.fromkeys((process for process, _ in after), 0.0)
        for process, number in after:
            spent[process] += 1000 * (after[process, number] - before.get((process, number), 0)) / answers
        measured.note(f"cpu/{server.name}/{load.kind}/{load.clients}", spent)


def _output_of(module: str, arguments: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """The JSON that a module of this package prints, run in a process of its own."""
    command = [sys.executable, "-m", f"{servers.PACKAGE}.{module}", *arguments]
    environment = {"DJANGO_SETTINGS_MODULE": "digitsite.settings", **environment}
    done = subprocess.run(  # noqa: S603
        command,
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=servers.end_with_parent,
    )
    if done.returncode:
        raise Unavailable(f"{module} failed:\n{done.stderr[-3000:]}")
    printed: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return printed


def _flat(memory: dict[str, dict[str, float]]) -> dict[str, float]:
    return {f"{name}/{kind}": value for name, values in memory.items() for kind, value in values.items()}


def _show(bar: "tqdm[Any]", what: str) -> None:
    """Shows what is done next; what was shown before counts as done."""
    bar.update(1 if bar.desc else 0)
    bar.set_description(f"{what:<32}")
