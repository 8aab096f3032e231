"""The admin's page that imports labelled pictures."""

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from predictor.models import Drawing, Label
from tests.predictor.pictures import LINES, drawn

DATASETS = "/admin/predictor/dataset/"


def _zip(rows: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("set/seven.png", drawn("7", side=100))
        archive.writestr("set/one.png", drawn("1", side=100))
        archive.writestr("set/set.csv", f"file,label,writer\n{rows}")
    return out.getvalue()


def _send(desk: Client, content: bytes, name: str = "set.zip", **values: Any) -> str:
    file = SimpleUploadedFile(name, content)
    answer = desk.post(f"{DATASETS}import/", {"file": file, "owner": "school", **values})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_labelled_pictures_are_brought_in_for_review(desk: Client) -> None:
    page = _send(desk, _zip("seven.png,7,ann\none.png,1,bob\n"))
    assert "<b>2 drawings imported</b>" in page
    assert set(Label.objects.values_list("text", "state", "by")) == {
        ("7", "proposed", "visitor"),
        ("1", "proposed", "visitor"),
    }
    assert "2 existed already" in _send(desk, _zip("seven.png,7,ann\none.png,1,bob\n"))


@pytest.mark.parametrize("name", ["ä" * 200, "日" * 240, "."])
def test_the_files_name_may_be_of_any_length(desk: Client, name: str) -> None:
    assert "<b>1 drawing imported</b>" in _send(desk, _zip("seven.png,7,ann\n"), f"{name}.zip")


def test_accepted_at_once_they_are_the_reviewers_labels(desk: Client, reviewer: User) -> None:
    _send(desk, _zip("seven.png,7,ann\n"), accept="on")
    label = Label.objects.get()
    assert (label.state, label.by, label.user, label.decided_by) == ("accepted", "reviewer", reviewer, reviewer)
    assert label.drawing.consent


def test_rows_that_cannot_be_are_listed_and_the_others_kept(desk: Client) -> None:
    page = _send(desk, _zip("seven.png,7,ann\nmissing.png,1,bob\none.png,<b>,bob\n"))
    assert "<b>1 drawing imported</b>" in page
    assert "2 rows left out" in page
    assert "set/set.csv, line 3: missing.png can&#x27;t be read" in page
    assert "&lt;b&gt;" in page


def test_strokes_are_brought_in_too(desk: Client) -> None:
    lines = "\n".join(json.dumps({"label": text, "writer": "ann", "strokes": LINES[text]}) for text in "71")
    assert "<b>2 drawings imported</b>" in _send(desk, lines.encode(), "set.jsonl")
    assert all(Drawing.objects.values_list("strokes", flat=True))


@pytest.mark.parametrize(
    ("content", "name", "complaint"),
    [
        (b"not a zip", "set.zip", "is not a ZIP"),
        (b"file,label\n", "set.csv", "Send a file that ends in .zip"),
        (b"x" * 2_000, "set.npz", "takes at most 0 MB"),
    ],
)
def test_a_file_that_cannot_be_is_refused_with_words(
    desk: Client, settings: Settings, content: bytes, name: str, complaint: str
) -> None:
    settings.DATASETS = replace(settings.DATASETS, upload_bytes=1_000)
    assert complaint in _send(desk, content, name)
    assert not Drawing.objects.exists()


def test_a_line_of_strokes_that_cannot_be_stored_is_listed_and_the_others_kept(desk: Client) -> None:
    wrong = '{"label": "7", "strokes": [[[0, 0, NaN], [9, 9, 16]]]}'
    page = _send(desk, f"{wrong}\n{json.dumps({'label': '7', 'strokes': LINES['7']})}".encode(), "set.jsonl")
    assert "<b>1 drawing imported</b>" in page
    assert "line 1: not a drawing of strokes" in page


def test_a_table_in_another_encoding_says_how_to_save_it(desk: Client) -> None:
    out = io.BytesIO(_zip(""))
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(packed := io.BytesIO(), "w") as archive:
        archive.writestr("seven.png", old.read("set/seven.png"))
        archive.writestr("set.csv", "file,label,writer\nseven.png,7,Jürgen\n".encode("cp1252"))
    assert "set.csv is not in UTF-8: save it as “CSV UTF-8”" in _send(desk, packed.getvalue())
    assert not Drawing.objects.exists()


def test_no_more_than_so_many_are_taken_at_once(desk: Client, settings: Settings) -> None:
    settings.DATASETS = replace(settings.DATASETS, upload_drawings=1)
    page = _send(desk, _zip("seven.png,7,ann\none.png,1,bob\n"))
    assert "<b>1 drawing imported</b>" in page
    assert "at most 1 drawings at once" in page
