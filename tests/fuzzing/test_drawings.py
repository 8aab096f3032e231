"""Drawings as they are sent, by their fields: what is checked before anything is stored."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import seed as seeded
from rest_framework.exceptions import ValidationError

from predictor.api.inputs import DrawingInput
from predictor.drawings import intake
from predictor.errors import DomainError
from tests.fuzzing import values
from tests.fuzzing.tally import Tally, refusal

COUNT = 2_000
SLICES = 3

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(SLICES))
def test_every_drawing_is_taken_or_refused_with_words(seed: int, seen: Callable[..., None]) -> None:
    tally = Tally()

    @seeded(seed)
    @settings(max_examples=COUNT, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(values.drawings())
    def check(sent: object) -> None:
        with tally.case(f"a drawing of slice {seed}"):
            answer = _take(sent)
        tally.answers[answer] += 1

    check()
    tally.end()
    assert tally.answers["taken"] > COUNT / 50
    seen("drawings by their fields", seed, tally)


def _take(sent: object) -> str:
    try:
        submission = DrawingInput(data=sent).submission()
        kept = intake.prepare(submission.data, submission.strokes)
        intake.box_in(kept, submission.box)
    except ValidationError as error:
        return refusal(error.detail, "refused field")
    except DomainError as error:
        return refusal(error.message, error.code)
    return "taken"
