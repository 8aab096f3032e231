"""What makes one submission the same as another."""

import pytest

from predictor.drawings.intake import Submission
from tests.predictor.pictures import strokes


@pytest.mark.parametrize(
    "other",
    [
        {"data": b"another"},
        {"mode": "number"},
        {"strokes": strokes("7")},
        {"box": (0.0, 0.0, 9.0, 9.0)},
    ],
)
def test_a_revision_is_known_by_what_was_drawn(other: dict) -> None:
    one = {"data": b"picture", "mode": "digit", "source": "canvas"}
    assert Submission(**one).content_hash() != Submission(**{**one, **other}).content_hash()


def test_what_is_said_beside_a_drawing_does_not_make_another_one() -> None:
    one = Submission(data=b"picture", mode="digit", source="canvas", strokes={"a": 1, "b": 2})
    two = Submission(data=b"picture", mode="digit", source="upload", strokes={"b": 2, "a": 1}, consent=True)
    assert one.content_hash() == two.content_hash()
