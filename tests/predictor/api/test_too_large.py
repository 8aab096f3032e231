"""What would cost too much memory is refused before it is decoded."""

import re

import pytest
from PIL import Image

from ml.pictures import budget
from predictor.models import Drawing
from tests.predictor.people import Person, error_of
from tests.predictor.pictures import saved


def test_a_picture_that_costs_too_much_is_refused_with_the_size_that_would_be_read(owner: Person) -> None:
    answer = owner.send(saved(Image.new("RGBA", (6320, 6320)), "WEBP", lossless=True, method=0))
    assert answer.status_code == 413
    most = re.search(r"6320×6320 pixels\. Send it smaller: at most (\d+)×(\d+)", error_of(answer)["message"])
    assert most
    assert 3000 < int(most[1]) == int(most[2]) < 6320


def test_while_large_pictures_take_all_memory_others_shall_come_again(
    owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = budget.Room(2**24, seconds=0)
    monkeypatch.setattr(budget, "ROOM", room)
    with room.take(2**24):
        answer = owner.send()
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert error_of(answer)["code"] == "unavailable"
    assert not Drawing.objects.exists()
    assert owner.send().status_code == 202
