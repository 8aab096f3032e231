"""Hypothesis strategies: values that programs stumble over, and drawings that are nearly right."""

import json
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.fuzzing import pictures
from tests.predictor.pictures import data_url, drawn, strokes

_TEXTS = " 0 7 -1 1e999 NaN null true on %s {} [] # #12 rgb(0,0,0) 2026-01-01 0001-01-01 2026-02-30 ../x <script>"
_MORE = ("\0", "\ud800", "\u202e", "ﬀ", "７", " ", "9999-12-31T23:59:59+14:00", "data:image/png;base64,", "' --")
TEXTS = (*_TEXTS.split(" "), *_MORE, "x" * 70, "9" * 30, "9" * 5000)
NUMBERS = (0, 1, -1, 2**31 - 1, 2**31, 2**53, 2**63, 2**64, 10**400, 1e9, -1e9, 1e-320, 1e308, 0.1, -0.0)

texts = st.sampled_from(TEXTS) | st.text(max_size=20)
numbers = st.sampled_from(NUMBERS) | st.integers() | st.floats()
scalars = st.none() | st.booleans() | numbers | texts
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5), max_leaves=12
)
seeds = st.integers(0, 2**32 - 1).map(Random)


def mostly(usual: st.SearchStrategy[Any], *, odd: st.SearchStrategy[Any] = anything) -> st.SearchStrategy[Any]:
    """What is expected, eleven times of twelve."""
    return st.integers(0, 11).flatmap(lambda chance: usual if chance else odd)


def _mutated(rng: Random) -> bytes:
    return pictures.mutated_picture(rng)[1]


damaged = seeds.map(_mutated)
whole = st.sampled_from([drawn("7", side=60), drawn("1", side=40), drawn("", side=30)])
files = st.one_of(whole, damaged, st.sampled_from(sorted(pictures.whole().values())), st.binary(max_size=40))
urls = files.map(data_url)
coordinates = st.integers(-50, 400) | st.floats(-50, 400)
points = st.lists(mostly(coordinates), min_size=2, max_size=4)
colours = mostly(st.sampled_from(["#000000", "#fff", "red", "#12345678"]))


@st.composite
def drawn_strokes(draw: Any) -> Any:
    """Strokes in the API's form, with parts that are missing or something else."""
    if draw(st.integers(0, 9)) == 0:
        return strokes("7", side=100)
    line = st.fixed_dictionaries(
        {"points": mostly(st.lists(mostly(points), max_size=12))},
        optional={"colour": colours, "width": mostly(st.floats(0.5, 60)), "more": scalars},
    )
    return draw(
        st.fixed_dictionaries(
            {"strokes": mostly(st.lists(mostly(line), max_size=5))},
            optional={
                "width": mostly(st.integers(1, 700)),
                "height": mostly(st.integers(1, 700)),
                "background": colours,
            },
        )
    )


boxes = mostly(st.lists(mostly(coordinates, odd=scalars), min_size=3, max_size=5))
said = {
    "mode": mostly(st.sampled_from(["digit", "number"])),
    "source": mostly(st.sampled_from(["canvas", "upload", "camera", "api", "import"])),
    "consent": mostly(st.none() | st.booleans()),
    "strokes": mostly(drawn_strokes()),
    "box": boxes,
    "revision": mostly(st.integers(1, 9)),
    "text": mostly(st.sampled_from(["7", "", "42", "x"])),
}


@st.composite
def drawings(draw: Any) -> Any:
    """A JSON object as it is sent to be read."""
    return draw(mostly(st.fixed_dictionaries({}, optional={"image": mostly(urls), **said})))


@st.composite
def forms(draw: Any) -> dict[str, Any]:
    """The same as fields of a form: texts, and a file as bytes."""
    fields: dict[str, Any] = draw(st.fixed_dictionaries({}, optional={"image": mostly(files, odd=texts), **said}))
    return {name: value if isinstance(value, bytes) else as_text(value) for name, value in fields.items()}


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
