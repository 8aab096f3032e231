"""A drawing with a box: what is learned from, exported, measured and reviewed is the part in the box."""

import io

import numpy as np
import pytest
from django.contrib.auth.models import User
from PIL import Image

from predictor.datasets.export.layout import Layout
from predictor.datasets.export.rows import Tally, rows
from predictor.datasets.snapshot_glyphs import examples
from predictor.drawings import intake
from predictor.drawings.intake import Submission
from predictor.evaluation.measurement import site_examples
from predictor.models import Drawing, Owner
from predictor.reading.stored_pictures import find_candidates, picture_of
from predictor.review import labels as review_labels
from tests.predictor.pictures import drawn, pixels
from tests.predictor.reviews import Desk, waiting
from tests.predictor.stored import snapshot

SEVEN = (300, 0, 300, 300)
"""Where the 7 is in a picture of 47."""


@pytest.fixture
def framed_seven(writer: Owner, reviewer: User) -> Drawing:
    sent = Submission(data=drawn("47"), mode="digit", source="upload", box=SEVEN, consent=True)
    drawing = intake.add_drawing(owner=writer, submission=sent)[0]
    label = review_labels.propose_label(drawing=drawing, text="7", owner=writer)
    review_labels.accept_label(label=label, reviewer=reviewer)
    return drawing


def test_it_is_learned_from_by_its_box(framed_seven: Drawing) -> None:
    dataset = snapshot()
    found = examples(dataset, "train")
    [glyph] = find_candidates(picture_of(framed_seven), None).glyphs
    assert found.labels.tolist() == [7]
    assert np.array_equal(found.pixels[0], glyph.pixels)
    assert SEVEN[0] <= glyph.box[0]


def test_its_original_is_exported_within_its_box(framed_seven: Drawing) -> None:
    [row] = rows(snapshot(), "train", Layout(originals=True), Tally())
    assert row.text == "7"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(row.data)).convert("RGB")), pixels("7"))


def test_it_is_measured_by_its_box(framed_seven: Drawing) -> None:
    [example] = site_examples()
    assert example.label == "7"
    assert np.array_equal(example.picture, pixels("7"))


@pytest.mark.usefixtures("no_lots")
def test_a_reviewer_sees_what_is_in_the_box(anna: Desk, writer: Owner) -> None:
    drawing = waiting(writer)
    Drawing.objects.filter(pk=drawing.pk).update(box=[20, 10, 50, 60])
    [shown] = anna.next()
    assert (shown["width"], shown["height"]) == (50, 60)
    with Image.open(io.BytesIO(anna.client.get(shown["image"]).content)) as picture:
        assert picture.size == (50, 60)
