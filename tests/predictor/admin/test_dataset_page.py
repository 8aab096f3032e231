"""The admin's pages of snapshots: made, looked at, compared, downloaded; and labelled pictures brought in."""

import io
import json
import zipfile
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image
from pytest_django import Settings

from predictor import datasets
from predictor.datasets import sheet
from predictor.drawings import intake
from predictor.models import Dataset, Drawing, Label, Owner, TrainingRun
from predictor.review import labels as review_labels
from predictor.review import trust
from tests.predictor.pictures import LINES, drawn
from tests.predictor.stored import learn, store, writers

DATASETS = "/admin/predictor/dataset/"


@pytest.fixture
def desk(reviewer: User) -> Client:
    """The browser of someone who may do everything."""
    client = Client()
    client.force_login(reviewer)
    return client


@pytest.fixture
def dataset(reviewer: User) -> Dataset:
    for owner, text in zip(writers(10), "7143712347", strict=True):
        learn(owner, reviewer, text)
    return datasets.snapshot()


def _page(desk: Client, dataset: Dataset, query: str = "") -> str:
    answer = desk.get(f"{DATASETS}{dataset.pk}/change/{query}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_visitors_stay_outside_and_so_does_staff_without_the_right(dataset: Dataset) -> None:
    staff = User.objects.create_user("staff", is_staff=True)
    paths = [f"{DATASETS}{dataset.pk}/{page}" for page in ("change/", "sheet/train/", "download/")]
    client = Client()
    for path in [*paths, f"{DATASETS}import/"]:
        assert client.get(path).status_code == 302
    client.force_login(staff)
    for path in [*paths, f"{DATASETS}import/"]:
        assert client.get(path).status_code == 403
    client.post(f"{DATASETS}make/")
    assert Dataset.objects.count() == 1
    staff.user_permissions.add(Permission.objects.get(codename="view_dataset"))
    assert client.get(paths[0]).status_code == 200


def test_the_page_shows_what_it_is(desk: Client, dataset: Dataset) -> None:
    run = TrainingRun.objects.create(status="done", verdict="No worse.", promoted=True, dataset=dataset)
    page = _page(desk, dataset)
    assert "10 drawings, sealed" in page
    assert dataset.sha256 in page
    assert '<th scope="row">train</th> <td>8</td> <td>8</td> <td>8</td> <td>0</td>' in page
    assert '<td><span>2</span> <svg class="bar"' in page
    assert f'href="/admin/predictor/trainingrun/{run.pk}/change/"' in page
    assert "There is none before it." in page
    assert page.count("/download/?form=") == 6


def test_it_names_what_came_went_and_is_called_otherwise(
    desk: Client, dataset: Dataset, writer: Owner, reviewer: User
) -> None:
    first, second = Drawing.objects.order_by("created_at")[:2]
    intake.forget(drawing=first)
    review_labels.relabel(drawing=second, text="", reviewer=reviewer)
    came = learn(writer, reviewer, "3")
    page = _page(desk, datasets.snapshot())
    assert f'after <a href="{DATASETS}{dataset.pk}/change/">dataset {dataset.pk}</a>' in page
    assert "<h3>1 came</h3>" in page
    assert reverse("api:image", args=[came.pk]) in page
    assert "<h3>1 went</h3>" in page
    assert '<span class="gone">forgotten</span>' in page
    assert "<h3>1 have another label</h3>" in page
    assert "<del>1</del> <b>not a digit</b>" in page


def test_it_is_verified_against_what_it_holds(desk: Client, dataset: Dataset) -> None:
    assert "is still the one over all that it holds" in _page(desk, dataset, "?verify")
    dataset.items.filter(pk=dataset.items.first().pk).delete()
    assert "the one over what it holds now" in _page(desk, dataset, "?verify")


def test_the_page_asks_as_much_of_the_database_for_many_writers_as_for_few(desk: Client, reviewer: User) -> None:
    asked = []
    for count in (3, 12):
        for number in range(count):
            learn(Owner.objects.create(key=f"writer {count} {number}", side="train"), reviewer)
        made = datasets.snapshot()
        with CaptureQueriesContext(connection) as captured:
            _page(desk, made)
        asked.append(len(captured))
    # The first has no parent to be compared with.
    assert asked[1] <= asked[0] + 6


def test_a_snapshot_is_made_by_a_button_and_only_where_something_is_other(desk: Client, dataset: Dataset) -> None:
    answer = desk.post(f"{DATASETS}make/", follow=True)
    assert f"Nothing is other than in dataset {dataset.pk}" in answer.content.decode()
    intake.forget(drawing=Drawing.objects.first())
    answer = desk.post(f"{DATASETS}make/", follow=True)
    assert f"Dataset {dataset.pk + 1} is made" in answer.content.decode()
    assert desk.get(f"{DATASETS}make/").status_code == 405


def test_nobody_deletes_or_changes_one(desk: Client, dataset: Dataset) -> None:
    assert desk.post(f"{DATASETS}{dataset.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [str(dataset.pk)], "post": "yes"}
    desk.post(DATASETS, chosen, follow=True)
    assert Dataset.objects.get() == dataset


def test_the_page_of_a_drawing_shows_what_looks_like_it(desk: Client, writer: Owner) -> None:
    one, other, third = (store(writer, "3", hand=hand) for hand in (1, 1, 2))
    page = desk.get(f"/admin/predictor/drawing/{one.pk}/change/").content.decode()
    assert f'href="/admin/predictor/drawing/{other.pk}/change/"' in page
    assert str(third.pk) not in page


# ── samples ──


def _sheet(desk: Client, dataset: Dataset, side: str = "train") -> Image.Image:
    answer = desk.get(f"{DATASETS}{dataset.pk}/sheet/{side}/")
    assert answer["Content-Type"] == "image/webp"
    return Image.open(io.BytesIO(answer.content))


def _cells(picture: Image.Image) -> list[int]:
    """How many drawings each row of a sheet shows."""
    size = sheet.CELL
    alpha = picture.convert("RGBA").getchannel("A")
    return [
        sum(alpha.getpixel((across * size + size // 2, down * size + size // 2)) > 0 for across in range(sheet.COLUMNS))
        for down in range(picture.height // size)
    ]


def test_the_sheet_has_a_row_for_each_label_and_the_same_drawings_each_time(
    desk: Client, dataset: Dataset, reviewer: User, writer: Owner
) -> None:
    assert _cells(_sheet(desk, dataset)) == [row.drawings for row in sheet.rows(dataset, "train")]
    assert _sheet(desk, dataset).tobytes() == _sheet(desk, dataset).tobytes()
    assert _cells(_sheet(desk, dataset, "validation")) == [1]
    assert desk.get(f"{DATASETS}{dataset.pk}/sheet/left/").status_code == 404


def test_the_sheet_shows_only_so_many_and_fills_up_for_what_was_forgotten(
    desk: Client, writer: Owner, reviewer: User
) -> None:
    drawings = [learn(writer, reviewer, "3") for _ in range(sheet.COLUMNS + 2)]
    drawings.append(learn(writer, reviewer, "47", mode="number"))
    made = datasets.snapshot()
    assert [row.label for row in sheet.rows(made, "train")] == ["3", sheet.NUMBERS]
    assert _cells(_sheet(desk, made)) == [sheet.COLUMNS, 1]
    intake.forget(drawing=min(drawings[:-1], key=lambda drawing: drawing.pk))
    assert _cells(_sheet(desk, made)) == [sheet.COLUMNS, 1]
    trust.exclude(owner=writer)
    assert _cells(_sheet(desk, made)) == [0, 0]
    trust.readmit(owner=writer)
    assert _cells(_sheet(desk, made)) == [sheet.COLUMNS, 1]
    for drawing in Drawing.objects.all():
        intake.set_consent(drawing=drawing, consent=False)
    assert _cells(_sheet(desk, made)) == [0, 0]


# ── downloads ──


@pytest.mark.parametrize(
    ("query", "file"),
    [
        ("form=png", "glyphs.csv"),
        ("form=npz", "dataset.npz"),
        ("form=idx", "t10k-images-idx3-ubyte"),
        ("form=parquet", "data/test-00000-of-00001.parquet"),
        ("form=png&originals", "pictures.csv"),
        ("form=parquet&originals", "README.md"),
    ],
)
def test_it_is_downloaded_as_a_zip(desk: Client, dataset: Dataset, query: str, file: str) -> None:
    answer = desk.get(f"{DATASETS}{dataset.pk}/download/?{query}")
    assert answer.streaming
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as archive:
        assert archive.testzip() is None
        names = {name.partition("/")[2] for name in archive.namelist()}
    assert {file, "manifest.json", "README.md"} <= names
    assert f"dataset-{dataset.pk}" in answer["Content-Disposition"]


def test_a_form_that_there_is_not_is_refused_with_words(desk: Client, dataset: Dataset) -> None:
    answer = desk.get(f"{DATASETS}{dataset.pk}/download/?form=idx&originals", follow=True)
    assert "Only png and parquet hold pictures of any size" in answer.content.decode()


# ── bringing in ──


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
    assert "2 were here already" in _send(desk, _zip("seven.png,7,ann\none.png,1,bob\n"))


def test_accepted_at_once_they_are_the_reviewers_labels(desk: Client, reviewer: User) -> None:
    _send(desk, _zip("seven.png,7,ann\n"), accept="on")
    label = Label.objects.get()
    assert (label.state, label.by, label.user, label.decided_by) == ("accepted", "reviewer", reviewer, reviewer)
    assert label.drawing.consent


def test_rows_that_cannot_be_are_listed_and_the_others_kept(desk: Client) -> None:
    page = _send(desk, _zip("seven.png,7,ann\nmissing.png,1,bob\none.png,<b>,bob\n"))
    assert "<b>1 drawing imported</b>" in page
    assert "2 rows left out" in page
    assert "Line 3: missing.png can&#x27;t be read" in page
    assert "&lt;b&gt;" in page


def test_strokes_are_brought_in_too(desk: Client) -> None:
    lines = "\n".join(json.dumps({"label": text, "writer": "ann", "strokes": LINES[text]}) for text in "71")
    assert "<b>2 drawings imported</b>" in _send(desk, lines.encode(), "set.jsonl")
    assert all(Drawing.objects.values_list("strokes", flat=True))


@pytest.mark.parametrize(
    ("content", "name", "complaint"),
    [
        (b"not a zip", "set.zip", "is not a ZIP"),
        (b"file,label\n", "set.csv", "Send one file that ends in .zip"),
        (b"x" * 2_000, "set.npz", "here at most 0 MB are taken"),
    ],
)
def test_a_file_that_cannot_be_is_refused_with_words(
    desk: Client, settings: Settings, content: bytes, name: str, complaint: str
) -> None:
    settings.DATASETS = {**settings.DATASETS, "upload_bytes": 1_000}
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
    settings.DATASETS = {**settings.DATASETS, "upload_drawings": 1}
    page = _send(desk, _zip("seven.png,7,ann\none.png,1,bob\n"))
    assert "<b>1 drawing imported</b>" in page
    assert "at most 1 drawings at once" in page
