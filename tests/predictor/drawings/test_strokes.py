"""The pen's movements: `GET /api/v1/drawings/{uuid}/strokes/`, and reading by them."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from PIL import Image

from ml.pictures.strokes import render
from predictor.datasets import snapshot_glyphs, snapshots
from predictor.drawings import intake
from predictor.evaluation import measurement
from predictor.models import Drawing, Owner
from predictor.reading import hashing
from predictor.reading.stored_pictures import find_candidates, picture_of
from predictor.review import labels as review_labels
from tests.predictor.people import Person, error_of, new_id
from tests.predictor.pictures import drawn, saved, strokes

STROKES = {
    "width": 300.0,
    "height": 300.0,
    "background": "#ffffff",
    "strokes": [{"colour": "#000000", "width": 15.0, "points": [[10.0, 10.0, 0.0, 0.5], [20.0, 30.0, 16.0, 0.5]]}],
}


def test_it_answers_what_was_sent(owner: Person) -> None:
    drawing_id = owner.send_json(strokes=STROKES).json()["id"]
    assert owner.get(drawing_id, "strokes/").json() == STROKES


def test_a_picture_without_strokes_has_none(owner: Person) -> None:
    answer = owner.get(owner.draws().pk, "strokes/")
    assert answer.status_code == 404
    assert "without strokes" in error_of(answer)["message"]


def test_another_visitors_are_not_found(owner: Person, outsider: Person, reviewer: User) -> None:
    drawing_id = owner.send_json(strokes=STROKES).json()["id"]
    for person in (outsider, Person(user=reviewer)):
        answer = person.get(drawing_id, "strokes/")
        assert answer.status_code == 404
        assert error_of(answer) == error_of(person.get(new_id(), "strokes/"))


# ── reading by them ──

BROAD = strokes("2043", pen=120)
"""So broad a pen that its picture alone is read as something else."""


def shown(sheet: dict[str, Any]) -> bytes:
    """A PNG of what was drawn."""
    return saved(Image.fromarray(render(sheet["strokes"], width=sheet["width"], height=sheet["height"])), "PNG")


@pytest.fixture(scope="module")
def broad() -> bytes:
    return shown(BROAD)


@pytest.fixture
def learnable(writer: Owner, reviewer: User) -> Drawing:
    """A broad 4, its strokes with it, that the site may learn from."""
    sheet = strokes("4", pen=60)
    sent = intake.Submission(data=shown(sheet), mode="digit", source="canvas", strokes=sheet, consent=True)
    drawing, _ = intake.add_drawing(owner=writer, submission=sent)
    hashing.hash_all()
    review_labels.accept_label(
        label=review_labels.propose_label(drawing=drawing, text="4", owner=writer), reviewer=reviewer
    )
    return drawing


def read(prediction: dict[str, Any]) -> tuple[str, list[str]]:
    return prediction["text"], [glyph["pixels"] for glyph in prediction["glyphs"]]


def test_a_drawing_is_read_by_its_strokes(worker: None, owner: Person, broad: bytes) -> None:
    alone = owner.send(broad, mode="number").json()["prediction"]
    by_strokes = owner.send(broad, mode="number", strokes=json.dumps(BROAD)).json()["prediction"]
    assert alone["text"] != "2043"
    assert by_strokes["text"] == "2043"


def test_strokes_of_another_drawing_change_nothing(worker: None, owner: Person) -> None:
    alone = owner.send(drawn("7")).json()["prediction"]
    other = owner.send(drawn("7"), strokes=json.dumps(strokes("4"))).json()["prediction"]
    assert read(other) == read(alone)


def test_a_glance_is_as_the_reading_will_be(worker: None, owner: Person, broad: bytes) -> None:
    values = {"mode": "number", "strokes": json.dumps(BROAD)}
    kept = owner.send(broad, **values).json()["prediction"]
    assert read(owner.glance(broad, **values).json()["prediction"]) == read(kept)


def test_a_revision_is_read_by_its_own_strokes(worker: None, owner: Person, broad: bytes) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1, drawn("7"), strokes=strokes("7"))
    assert owner.put(drawing_id, 2, broad, mode="number", strokes=BROAD).json()["prediction"]["text"] == "2043"


def test_it_is_learned_from_as_it_is_read(learnable: Drawing) -> None:
    [candidate] = find_candidates(picture_of(learnable), None).glyphs
    [learned] = snapshot_glyphs.examples(snapshots.snapshot(), "train").pixels
    assert np.array_equal(learned, candidate.pixels)
    [alone] = find_candidates(replace(picture_of(learnable), strokes=None), None).glyphs
    assert not np.array_equal(learned, alone.pixels)


def test_the_sites_drawings_are_measured_by_their_strokes(learnable: Drawing) -> None:
    [example] = measurement.site_examples()
    assert example.strokes == learnable.strokes
