"""Writes what was measured as Markdown: in the terminal, and as docs/benchmarks.md with the history of earlier runs."""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from ml.atomic_files import replacing
from predictor.tools.site_benchmark.figures import Run
from predictor.tools.site_benchmark.goals import GOALS, PARTS

PAGE, HISTORY = "benchmarks.md", "benchmarks.json"
SERVERS = {
    "site": "this site",
    "former": "the site of the other commit",
    "litserve": "LitServe: the same decoding, isolation and network; stores nothing",
    "flask": "Flask: `model.predict` of the project's first network, with 18 million parameters; stores nothing",
}
KINDS = {
    "newcomer": "new visitors",
    "visitor": "known visitors, with cookie",
    "strokes": "known visitors, with strokes",
    "photo": "photos of 12 megapixels",
}
PART_NAMES = {
    "decode": "decode and keep a drawing",
    "isolate": "isolate its digit",
    "forward": "forward pass of a glyph",
    "task": "an empty Celery task and back",
    "isolate strokes": "isolate with its strokes",
    "forward 32": "forward pass of 32 glyphs",
    "decode photo": "decode and keep a photo of 12 megapixels",
    "isolate photo": "isolate its digit, with the ink finder",
}
ANSWERS = {
    "read": "201, read right",
    "misread": "201, read wrong",
    "late": "202 with `Location`: stored, and read later",
    "refused": "503 with `Retry-After`: not stored",
    "wrong": "anything else, or nothing within 20 s",
}
_INTRODUCTION = """# Benchmarks

`make bench` has written this page. It starts a site of its own and loads it by [Locust](https://locust.io/), in turn
with two other servers that get the same pictures: drawings of 300×300 pixels and photos of 12 megapixels. Each client
sends the next picture as soon as it has an answer. The load runs on the same cores as the servers. All figures are
medians over the rounds; ratios are taken within a round. Compare ratios, not the times of different machines.
[Testing](testing.md#benchmarks) says how to run it.
"""


def add(run: Run, docs: Path) -> None:
    """Adds a run to the history, and writes the page anew."""
    runs = [*read(docs), run]
    with replacing(docs / HISTORY) as part:
        part.write_text(json.dumps([dataclasses.asdict(each) for each in runs], ensure_ascii=False, indent=1) + "\n")
    with replacing(docs / PAGE) as part:
        part.write_text(page(runs))


def read(docs: Path) -> list[Run]:
    """The history, oldest first."""
    history = docs / HISTORY
    return [Run(**each) for each in json.loads(history.read_text())] if history.exists() else []


def page(runs: Sequence[Run]) -> str:
    """The whole page: the last run in full, and a row for each run."""
    latest = [tables(runs[-1])] if runs else ["No run yet.\n"]
    return "\n".join([_INTRODUCTION, *latest, "## History\n", *_history(runs), ""])


def tables(run: Run) -> str:
    """All tables of a run."""
    parts = [
        _about(run),
        _goals(run),
        _drawings(run),
        _training(run),
        _overload(run),
        _parts(run),
        _processes(run),
        _starts(run),
    ]
    return "\n".join("\n".join(part) + "\n" for part in parts)


def _about(run: Run) -> Iterator[str]:
    about = run.about
    rounds = _count(about["rounds"], "round")
    yield f"{about['date']}, commit `{about['commit']}`, {rounds}, {about['seconds']} s for each load, on"
    yield f"{about['processor']}, {about['memory']}; {about['system']}; {about['database']}; {about['versions']}."
    if about["former"]:
        yield f"The other commit is `{about['former']}`."
    if about["busy"]:
        yield f"\n**The machine was busy with other work: load average {about['busy']} before the start.**"


def _goals(run: Run) -> Iterator[str]:
    yield "## Goals\n"
    yield from _header("", "goal", "measured", "")
    for goal in GOALS:
        value = goal.of(run)
        reached = "" if value is None else "reached" if goal.is_reached(value) else "not reached"
        bound = f"{'≥' if goal.is_least else '≤'} {goal.bound:g} {goal.unit}"
        yield _row(goal.what, bound, _number(value, goal.unit), reached)


def _drawings(run: Run) -> Iterator[str]:
    yield "## One picture, end to end\n"
    yield "Milliseconds from sending to the whole answer, and answers a second. Late: stored, but not read in time.\n"
    yield from _header("clients", "", "p50", "p95", "p99", "a second", "late", "failed")
    loads = {tuple(name.split("/")[:3]) for name in run.figures if name.split("/")[0] in SERVERS}
    for server, kind, clients in sorted(loads, key=_place):
        name = f"{server}/{kind}/{clients}"
        figures = [_number(run.median([f"{name}/{figure}"])) for figure in ("p50", "p95", "p99", "rate")]
        counts = [f"{run.median([f'{name}/{figure}']) or 0:.0f}" for figure in ("late", "failed")]
        yield _row(clients, f"{SERVERS[server].split(':')[0]}, {KINDS[kind]}", *figures, *counts)
    yield ""
    yield from (f"- {name}" for name in SERVERS.values() if ":" in name)


def _training(run: Run) -> Iterator[str]:
    yield "## While a training runs\n"
    cores = _number(run.median(["retraining/cores"]))
    yield f"New visitors, while the train worker trains on example drawings. It takes {cores} cores meanwhile.\n"
    yield from _header("clients", "p50", "p95", "p95 without", "beside that without")
    for clients in run.after("retraining/newcomer/"):
        ours, usual = f"retraining/newcomer/{clients}", f"site/newcomer/{clients}/p95"
        figures = [_number(run.median([name])) for name in (f"{ours}/p50", f"{ours}/p95", usual)]
        yield _row(clients, *figures, _number(run.median([f"{ours}/p95"], [usual]), "×"))


def _overload(run: Run) -> Iterator[str]:
    yield "## More than can be read\n"
    rate, capacity = (_number(run.median([f"overload/{name}"])) for name in ("rate", "capacity"))
    yield f"{rate} drawings of new visitors arrive a second, however long that takes; the capacity is {capacity}.\n"
    yield from _header("answer", "share", "p50", "p95")
    times = [_number(run.median([f"overload/{name}"])) for name in ("p50", "p95")]
    for kind, name in ANSWERS.items():
        share = run.median([f"overload/{kind}"], ["overload/answers"])
        yield _row(name, _number(share and 100 * share, "%"), *(times if kind == "read" else ["", ""]))


def _place(load: tuple[str, ...]) -> tuple[bool, int, int, int]:
    server, kind, clients = load
    return kind == "photo", int(clients), list(SERVERS).index(server), list(KINDS).index(kind)


def _parts(run: Run) -> Iterator[str]:
    yield "## Parts\n"
    yield from _header("alone in a process with one thread, while the site idles", "ms")
    for part, name in PART_NAMES.items():
        yield _row(name, _number(run.median([f"part/{part}"])))
    yield _row("**the first four together**", _number(run.median(PARTS)))


def _processes(run: Run) -> Iterator[str]:
    yield "## Processes\n"
    yield "CPU time in milliseconds a drawing, of new visitors; memory in MB after the start and after all loads, with"
    yield "shared pages counted in parts (PSS) or in each process (RSS).\n"
    loads = [f"cpu/site/newcomer/{clients}/" for clients in run.after("cpu/site/newcomer/")]
    headings = [f"CPU, {_count(int(load.split('/')[-2]), 'client')}" for load in loads]
    yield from _header("", *headings, "started, PSS", "loaded, PSS", "loaded, RSS")
    columns = [f"{load}{{}}" for load in loads]
    columns += ["memory/started/{}/pss", "memory/loaded/{}/pss", "memory/loaded/{}/rss"]
    names = [*run.after("memory/loaded/"), *({"database"} & {name for load in loads for name in run.after(load)})]
    for name in names:
        shown = "supervisor" if name == "site" else name
        yield _row(shown, *(_number(run.median([column.format(name)])) for column in columns))
    measured = [[each for name in names if (each := column.format(name)) in run.figures] for column in columns]
    yield _row("**together**", *(_number(run.median(each)) for each in measured))


def _starts(run: Run) -> Iterator[str]:
    yield "## Start\n"
    first, second = (_number(run.median([f"start/{name}"]), "s") for name in ("first", "second"))
    yield f"From the command to the first answer: {first} on a new data folder, {second} from the second start on."


def _history(runs: Sequence[Run]) -> Iterator[str]:
    yield from _header(
        "date", "commit", "processor", "busy", "ms, 1 client", "a second, 32 clients", *(goal.column for goal in GOALS)
    )
    for run in reversed(runs):
        times = [_number(run.median([f"site/newcomer/{name}"])) for name in ("1/p50", "32/rate")]
        goals = [_number(goal.of(run), goal.unit) for goal in GOALS]
        about = [str(run.about[name]) for name in ("date", "commit", "processor")]
        yield _row(*about, str(run.about["busy"] or ""), *times, *goals)


def _header(*names: str) -> list[str]:
    return [_row(*names), "|" + "---|" * len(names)]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' if number != 1 else ''}"


def _number(value: float | None, unit: str = "") -> str:
    """Three digits that count; "–" for what wasn't measured."""
    if value is None:
        return "–"
    digits = 0 if abs(value) >= 100 or not value else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f} {unit}".strip()
