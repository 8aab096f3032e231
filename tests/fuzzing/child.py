"""Runs a slice of cases in a process of its own: a crash or a leak is only its own.

`python -m tests.fuzzing.child mutated-pictures SEED COUNT` prints a tally in JSON; `… SEED 1 --from NUMBER` repeats
one case. The number of the case under way stands in the file `--progress`.
"""

import argparse
import faulthandler
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.fuzzing import pictures, sets
from tests.fuzzing.tally import Tally


def mutated_pictures(rng: Random) -> Callable[[], str]:
    _, data = pictures.mutated_picture(rng)
    return lambda: pictures.decode(data)


def generated_pictures(rng: Random) -> Callable[[], str]:
    what, data, size = pictures.generated_picture(rng)

    def check() -> str:
        kept = pictures.decoding.decode_and_keep(data)
        assert (kept.width, kept.height) == size, what
        return "read"

    return check


def mutated_sets(rng: Random) -> Callable[[], str]:
    name, data = sets.mutated_set(rng)
    return lambda: sets.read(name, data)


KINDS = {
    "mutated-pictures": mutated_pictures,
    "generated-pictures": generated_pictures,
    "mutated-sets": mutated_sets,
}
"""Each makes a case, and returns what runs it and gives the class of its answer."""


def warm_up() -> None:
    """Loads what the first case of each format would load, so that no case pays for it."""
    for data in pictures.whole().values():
        assert pictures.decode(data) == "read"
    for name, data in sets.whole().items():
        assert sets.read(name, data) in {"read", "read in part"} or name == "rows.csv", name


def run(kind: str, seed: int, numbers: range, progress: int) -> Tally:
    tally = Tally()
    for number in numbers:
        os.pwrite(progress, f"{number:12}".encode(), 0)
        check = KINDS[kind](Random(f"{kind} {seed} {number}"))
        with tally.case(f"{kind} {seed}, case {number}"):
            answer = check()
        tally.answers[answer] += 1
    tally.end()
    return tally


if __name__ == "__main__":
    faulthandler.enable()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("seed", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--progress", type=Path, default=Path(os.devnull))
    given = parser.parse_args()
    warm_up()
    with given.progress.open("wb") as file:
        done = run(given.kind, given.seed, range(given.first, given.first + given.count), file.fileno())
    json.dump(done.as_dict(), sys.stdout)
