"""The admin's pages of snapshots: made, looked at, compared."""

import io

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from predictor.datasets import sample_sheet, snapshots
from predictor.drawings import intake
from predictor.models import Dataset, Drawing, Owner, TrainingRun
from predictor.review import labels as review_labels
from predictor.review import trust
from tests.predictor.stored import learn, store, writers

DATASETS = "/admin/predictor/dataset/"


@pytest.fixture
def dataset(reviewer: User) -> Dataset:
    for owner, text in zip(writers(10), "7143712347", strict=True):
        learn(owner, reviewer, text)
    return snapshots.snapshot()


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
    assert "It has no parent." in page
    assert page.count("/download/?format=") == 6


def test_it_lists_what_was_added_removed_and_relabelled(
    desk: Client, dataset: Dataset, writer: Owner, reviewer: User
) -> None:
    first, second = Drawing.objects.order_by("created_at")[:2]
    intake.forget(drawing=first)
    review_labels.relabel(drawing=second, text="", reviewer=reviewer)
    came = learn(writer, reviewer, "3")
    page = _page(desk, snapshots.snapshot())
    assert f'parent: <a href="{DATASETS}{dataset.pk}/change/">dataset {dataset.pk}</a>' in page
    assert "<h3>1 added</h3>" in page
    assert reverse("api:image", args=[came.pk]) in page
    assert "<h3>1 removed</h3>" in page
    assert '<span class="gone">deleted</span>' in page
    assert "<h3>1 relabelled</h3>" in page
    assert "<del>1</del> <b>not a digit</b>" in page


def test_it_is_verified_against_what_it_holds(desk: Client, dataset: Dataset) -> None:
    assert "The hash matches the contents." in _page(desk, dataset, "?verify")
    dataset.items.filter(pk=dataset.items.first().pk).delete()
    assert "The hash does not match the contents." in _page(desk, dataset, "?verify")


def test_the_page_asks_as_much_of_the_database_for_many_writers_as_for_few(desk: Client, reviewer: User) -> None:
    asked = []
    for count in (3, 12):
        for number in range(count):
            learn(Owner.objects.create(key=f"writer {count} {number}", side="train"), reviewer)
        made = snapshots.snapshot()
        with CaptureQueriesContext(connection) as captured:
            _page(desk, made)
        asked.append(len(captured))
    # The first has no parent to be compared with.
    assert asked[1] <= asked[0] + 6


def test_a_snapshot_is_made_by_a_button_and_only_where_something_is_other(desk: Client, dataset: Dataset) -> None:
    answer = desk.post(f"{DATASETS}make/", follow=True)
    assert f"Nothing has changed since dataset {dataset.pk}" in answer.content.decode()
    intake.forget(drawing=Drawing.objects.first())
    answer = desk.post(f"{DATASETS}make/", follow=True)
    assert f"Dataset {dataset.pk + 1} is made" in answer.content.decode()
    assert desk.get(f"{DATASETS}make/").status_code == 405


def test_no_snapshot_is_made_while_drawings_are_still_being_read(desk: Client, dataset: Dataset) -> None:
    Drawing.objects.update(perceptual_hash=None)
    assert "still being read" in desk.post(f"{DATASETS}make/", follow=True).content.decode()
    assert Dataset.objects.get() == dataset


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
    size = sample_sheet.CELL
    alpha = picture.convert("RGBA").getchannel("A")
    return [
        sum(
            alpha.getpixel((across * size + size // 2, down * size + size // 2)) > 0
            for across in range(sample_sheet.COLUMNS)
        )
        for down in range(picture.height // size)
    ]


def test_the_sheet_has_a_row_for_each_label_and_the_same_drawings_each_time(
    desk: Client, dataset: Dataset, reviewer: User, writer: Owner
) -> None:
    assert _cells(_sheet(desk, dataset)) == [row.drawings for row in sample_sheet.rows(dataset, "train")]
    assert _sheet(desk, dataset).tobytes() == _sheet(desk, dataset).tobytes()
    assert _cells(_sheet(desk, dataset, "validation")) == [1]
    assert desk.get(f"{DATASETS}{dataset.pk}/sheet/left/").status_code == 404


def test_the_sheet_shows_only_so_many_and_fills_up_for_what_was_forgotten(
    desk: Client, writer: Owner, reviewer: User
) -> None:
    drawings = [learn(writer, reviewer, "3") for _ in range(sample_sheet.COLUMNS + 2)]
    drawings.append(learn(writer, reviewer, "47", mode="number"))
    made = snapshots.snapshot()
    assert [row.label for row in sample_sheet.rows(made, "train")] == ["3", sample_sheet.NUMBERS]
    assert _cells(_sheet(desk, made)) == [sample_sheet.COLUMNS, 1]
    intake.forget(drawing=min(drawings[:-1], key=lambda drawing: drawing.pk))
    assert _cells(_sheet(desk, made)) == [sample_sheet.COLUMNS, 1]
    trust.exclude(owner=writer)
    assert _cells(_sheet(desk, made)) == [0, 0]
    trust.readmit(owner=writer)
    assert _cells(_sheet(desk, made)) == [sample_sheet.COLUMNS, 1]
    for drawing in Drawing.objects.all():
        intake.set_consent(drawing=drawing, consent=False)
    assert _cells(_sheet(desk, made)) == [0, 0]
