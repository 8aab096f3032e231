"""The rounds of the benchmark: in each, the site starts, and every load goes to the site and to the others in turn."""

import json
import subprocess
import sys
import tempfile
import time
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
TRAINING_CLIENTS = (1, 8)
CAPACITY_CLIENTS = 32
OVERLOAD = 4
"""How many times the capacity arrives: what CAPACITY_CLIENTS got, or else the number of clients next to it."""
LOST_AFTER = 10.0
"""Seconds after the overload."""


@dataclass(frozen=True)
class Size:
    """How much is measured. `seconds`: of each load, after `warm_up` seconds. `repeats`: of each part.
    `overload`: seconds of it, once in the last round.
    """

    rounds: int
    clients: tuple[int, ...]
    photo_clients: tuple[int, ...]
    seconds: float
    warm_up: float
    repeats: int
    overload: float

    @property
    def training_clients(self) -> list[int]:
        return [clients for clients in TRAINING_CLIENTS if clients in self.clients]

    @property
    def training_steps(self) -> int:
        """Its start and its loads."""
        return len(self.training_clients) + bool(self.training_clients)


FULL = Size(rounds=3, clients=(1, 8, 32, 128), photo_clients=(1, 8), seconds=8, warm_up=2, repeats=100, overload=60)
QUICK = Size(rounds=1, clients=(1, 32), photo_clients=(1,), seconds=2, warm_up=0.5, repeats=40, overload=5)


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
        steps = 1 + len(others) + size.rounds * (2 + len(loads) + size.training_steps) + 1
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
            _show(bar, "start")
            with site:
                _round(measured, size, site, [*loads[first:], *loads[:first]], folder / "bodies", bar)
                if size.training_clients:
                    _retraining(measured, size, site, folder / "bodies", bar)
                if number == size.rounds - 1:
                    _show(bar, f"{OVERLOAD} × the capacity")
                    _overload(measured, size, site, folder)
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
    measured.note("start", {"second": site.start_seconds})
    measured.note("memory/started", _flat(site.memory()))
    _show(bar, "parts")
    measured.note("part", _output_of("parts", [str(size.repeats)], site.environment))
    for load in loads:
        _show(bar, f"{load.server.name}, {load.kind}, {load.clients} client{'s'[: load.clients > 1]}")
        _measure(measured, size, load, bodies, load.server.name)
    measured.note("memory/loaded", _flat(site.memory()))


def _retraining(measured: Run, size: Size, site: Server, bodies: Path, bar: "tqdm[Any]") -> None:
    """The site's readings while its train worker trains."""
    _show(bar, "start of a training")
    error = _output_of("site_database", ["train"], site.environment)["error"]
    if error:
        tqdm.write(f"Nothing was measured beside a training, because it ended: {error}", file=sys.stderr)
        bar.update(len(size.training_clients))
        return
    before, started = site.cpu_seconds(), time.monotonic()
    for clients in size.training_clients:
        _show(bar, f"beside a training, {clients} client{'s'[: clients > 1]}")
        _measure(measured, size, _Load(site, "newcomer", clients), bodies, "retraining")
    took, spent = time.monotonic() - started, site.cpu_seconds()
    trained = sum(seconds - before.get(each, 0) for each, seconds in spent.items() if each[0] == "train")
    measured.note("retraining", {"cores": trained / took})
    _output_of("site_database", ["cancel"], site.environment)


def _overload(measured: Run, size: Size, site: Server, folder: Path) -> None:
    clients = min(size.clients, key=lambda number: abs(number - CAPACITY_CLIENTS))
    capacity = measured.figures[f"site/newcomer/{clients}/rate"][-1]
    stored = folder / "stored"
    options = ["--rate", str(OVERLOAD * capacity), "--seconds", str(size.overload)]
    found = _output_of(
        "overload_load", [site.url, site.path, str(folder / "bodies"), str(stored), *options], site.environment
    )
    wait = max(0.0, LOST_AFTER - found["normal"])
    lost = _output_of("site_database", ["lost", str(stored), str(wait)], site.environment)
    measured.note("overload", {"capacity": capacity, **found, **lost})


def _measure(measured: Run, size: Size, load: _Load, bodies: Path, under: str) -> None:
    """Notes the load's figures `under` this name."""
    server = load.server
    before = server.cpu_seconds()
    options = ["--clients", str(load.clients), "--seconds", str(size.seconds), "--warm-up", str(size.warm_up)]
    found = _output_of("locust_load", [server.url, server.path, load.kind, str(bodies), *options], server.environment)
    after = server.cpu_seconds()
    error, answers = found.pop("error"), found.pop("answers")
    name = f"{under}, {load.kind}, {load.clients} clients"
    if not found["rate"]:
        raise Unavailable(f"{name}: no drawing was read. {error}")
    if error:
        tqdm.write(f"{name}: {found['failed']} answers failed. The first: {error}", file=sys.stderr)
    measured.note(f"{under}/{load.kind}/{load.clients}", found)
    if load.kind in KEEP_NO_COOKIE:
        spent = dict.fromkeys((process for process, _ in after), 0.0)
        for process, number in after:
            spent[process] += 1000 * (after[process, number] - before.get((process, number), 0)) / answers
        measured.note(f"cpu/{under}/{load.kind}/{load.clients}", spent)


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
