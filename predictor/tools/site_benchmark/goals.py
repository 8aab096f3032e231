"""What a run of the benchmark is to show."""

from dataclasses import dataclass

from predictor.tools.site_benchmark.figures import Run

PARTS = ("part/decode", "part/isolate", "part/forward", "part/task")
ALL_MEMORY = tuple(f"memory/loaded/{name}/pss" for name in ("web", "predict", "train", "redis", "site"))


@dataclass(frozen=True)
class Goal:
    """The sum of the figures `above`, divided by that of `below`, is at most `bound`, or at least if `is_least`.

    `column`: its heading in the history.
    """

    what: str
    column: str
    unit: str
    bound: float
    above: tuple[str, ...]
    below: tuple[str, ...] = ()
    is_least: bool = False

    def of(self, run: Run) -> float | None:
        """What the run shows; None if it wasn't measured."""
        return run.median(self.above, self.below)

    def is_reached(self, value: float) -> bool:
        return value >= self.bound if self.is_least else value <= self.bound


def _site(clients: int, figure: str) -> tuple[str]:
    return (f"site/newcomer/{clients}/{figure}",)


GOALS = (
    Goal(
        "One client: the median, beside decode + isolate + forward + an empty task",
        "1 client ÷ parts",
        "×",
        1.4,
        _site(1, "p50"),
        PARTS,
    ),
    Goal(
        "One client: the median, beside LitServe's with the same parts",
        "1 client ÷ LitServe",
        "×",
        1.0,
        _site(1, "p50"),
        ("litserve/newcomer/1/p50",),
    ),
    Goal(
        "32 clients: drawings a second, everything stored, beside that LitServe's",
        "32 clients ÷ LitServe",
        "×",
        1.0,
        _site(32, "rate"),
        ("litserve/newcomer/32/rate",),
        is_least=True,
    ),
    Goal(
        "32 clients: drawings a second, beside those of the other commit",
        "32 clients ÷ other commit",
        "×",
        4,
        _site(32, "rate"),
        ("former/newcomer/32/rate",),
        is_least=True,
    ),
    Goal(
        "32 clients: drawings a second, beside Flask's with `model.predict`",
        "32 clients ÷ Flask",
        "×",
        12,
        _site(32, "rate"),
        ("flask/newcomer/32/rate",),
        is_least=True,
    ),
    Goal(
        "8 clients: the 99th percentile, beside the median",
        "p99 ÷ p50",
        "×",
        2,
        _site(8, "p99"),
        _site(8, "p50"),
    ),
    Goal(
        "4 × the capacity: answers but right readings, 202 with `Location` and 503 with `Retry-After`",
        "overload, wrong",
        "answers",
        0,
        ("overload/wrong", "overload/misread"),
    ),
    Goal(
        "4 × the capacity: drawings that are stored and never read", "overload, lost", "drawings", 0, ("overload/lost",)
    ),
    Goal("4 × the capacity: the 95th percentile of those read at once", "overload, p95", "ms", 2000, ("overload/p95",)),
    Goal("4 × the capacity: normal again afterwards", "overload, after", "s", 5, ("overload/normal",)),
    *(
        Goal(
            f"While a training runs, {name}: the 95th percentile, beside that without",
            f"training, {name}",
            "×",
            2,
            (f"retraining/newcomer/{clients}/p95",),
            _site(clients, "p95"),
        )
        for clients, name in ((1, "1 client"), (8, "8 clients"))
    ),
    Goal("Decode and isolate a drawing", "drawing", "ms", 2.5, ("part/decode", "part/isolate")),
    Goal(
        "Decode and isolate a photo of 12 megapixels",
        "photo",
        "ms",
        80,
        ("part/decode photo", "part/isolate photo"),
    ),
    Goal("Memory of all processes after the load, photos included (PSS)", "memory", "MB", 1000, ALL_MEMORY),
    Goal("From the command of a second start to the first answer", "start", "s", 6, ("start/second",)),
)
