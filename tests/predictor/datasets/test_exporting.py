"""`manage.py export_dataset`: a snapshot as files that other tools read, and this site again."""

import csv
import gzip
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError
from PIL import Image
from pyarrow import parquet

from ml import isolation
from ml.pictures import decoding
from ml.sources import mnist as base_data
from predictor.datasets import snapshot_glyphs
from predictor.datasets.export import pictures as exported_pictures
from predictor.datasets.export.layout import Layout
from predictor.datasets.export.writing import export_dataset, zipped
from predictor.drawings import intake
from predictor.models import Dataset, Drawing, ForgottenDrawing, Label, Owner, PictureSide
from tests.predictor.stored import learn, run, snapshot, writers
from tests.s3 import S3Server

LAYOUTS = [
    *({"format": form} for form in ("png", "npz", "idx", "parquet")),
    {"format": "idx", "gzip": True},
    *({"format": form, "originals": True} for form in ("png", "parquet")),
]


@pytest.fixture
def made(reviewer: User, read_waiting: Callable[[], int]) -> list[Drawing]:
    """Ten writers, the fifth held out for validation and the tenth as a test, one of whom drew a number."""
    people = writers(10)
    drawings = [learn(owner, reviewer, text) for owner, text in zip(people, "7143712347", strict=True)]
    drawings += [learn(people[0], reviewer, "2"), learn(people[9], reviewer, "3")]
    drawings.append(learn(people[1], reviewer, "4", said=""))
    drawings.append(learn(people[2], reviewer, "47", mode="number", hand=20))
    read_waiting()
    return drawings


def _held(dataset: Dataset) -> tuple[Counter[Any], Counter[Any]]:
    """How often each label is on each side, and how many drawings of how many labels each writer has."""
    items = list(dataset.items.values_list("label", "side", "writer"))
    whose: dict[int, Counter[Any]] = {}
    for label, side, writer in items:
        whose.setdefault(writer, Counter())[label, side] += 1
    return Counter((label, side) for label, side, _ in items), Counter(str(sorted(c.items())) for c in whose.values())


def _empty_site() -> None:
    for model in (Dataset, Drawing, Owner, PictureSide, ForgottenDrawing):
        model.objects.all().delete()


def _each_glyph(counts: Counter[Any]) -> Counter[Any]:
    """As glyphs have it: a number is its digits."""
    apart: Counter[Any] = Counter()
    for (label, side), count in counts.items():
        for digit in label if len(label) > 1 else [label]:
            apart[digit, side] += count
    return apart


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: "-".join(map(str, layout.values())))
def test_what_was_exported_is_the_same_when_it_is_imported(
    made: list[Drawing], tmp_path: Path, layout: dict[str, Any]
) -> None:
    counts, people = _held(snapshot())
    run("export_dataset", out=tmp_path / "set", **layout)
    _empty_site()
    run("import_drawings", tmp_path / "set", owner="copy", accept=True)
    counts_again, people_again = _held(snapshot())
    if layout["format"] == "idx":  # neither writers, nor what is not a digit
        assert counts_again == Counter({pair: n for pair, n in _each_glyph(counts).items() if pair[0]})
        return
    assert counts_again == (counts if layout.get("originals") else _each_glyph(counts))
    assert len(people_again) == len(people)
    if layout.get("originals"):
        assert people_again == people
    assert sum(people_again.values()) == 10


def test_the_pictures_lie_in_folders_with_a_table(made: list[Drawing], tmp_path: Path) -> None:
    assert "15 glyphs in" in run("export_dataset", out=tmp_path / "set")
    rows = list(csv.DictReader((tmp_path / "set" / "glyphs.csv").read_text().splitlines()))
    assert Counter(row["side"] for row in rows) == {"train": 12, "validation": 1, "test": 2}
    assert {row["label"] for row in rows} == set("12347") | {"none"}
    for row in rows:
        with Image.open(tmp_path / "set" / row["file"]) as picture:
            assert picture.size == (28, 28)
        drawing = Drawing.objects.get(pk=row["drawing"])
        assert (int(row["writer"]), row["source"]) == (drawing.owner_id, "canvas")
        assert 0 < float(row["weight"]) <= 1
    with pytest.raises(CommandError, match=r"exists\. Name a new folder"):
        run("export_dataset", out=tmp_path / "set")


def test_originals_are_the_pictures_as_they_are_stored(made: list[Drawing], tmp_path: Path) -> None:
    assert "14 pictures in" in run("export_dataset", out=tmp_path / "set", originals=True)
    rows = list(csv.DictReader((tmp_path / "set" / "pictures.csv").read_text().splitlines()))
    for row in rows:
        stored = bytes(Drawing.objects.get(pk=row["drawing"]).image)
        assert (tmp_path / "set" / row["file"]).read_bytes() == stored
    assert "47" in {row["label"] for row in rows}


def test_idx_files_are_read_as_mnists_are(made: list[Drawing], tmp_path: Path) -> None:
    said = run("export_dataset", out=tmp_path / "set", format="idx")
    assert "14 glyphs in" in said
    assert "(1 that are not a digit left out)" in said
    names = [file.name for file in (tmp_path / "set").iterdir() if "ubyte" in file.name]
    assert sorted(names) == [
        *("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", "train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
        *("validation-images-idx3-ubyte", "validation-labels-idx1-ubyte"),
    ]
    mnist = base_data.parse({name: (tmp_path / "set" / name).read_bytes() for name in names})
    assert (len(mnist.train_images), len(mnist.test_images)) == (11, 2)
    assert sorted(mnist.test_labels.tolist()) == [3, 7]
    found = snapshot_glyphs.examples(Dataset.objects.get(), "test")
    assert np.array_equal(mnist.test_images, found.pixels)


def test_gzipped_idx_files_hold_the_same(made: list[Drawing], tmp_path: Path) -> None:
    run("export_dataset", out=tmp_path / "plain", format="idx")
    run("export_dataset", out=tmp_path / "packed", format="idx", gzip=True)
    for file in (tmp_path / "plain").glob("*ubyte"):
        assert gzip.decompress((tmp_path / "packed" / f"{file.name}.gz").read_bytes()) == file.read_bytes()


def test_arrays_say_all_that_is_known(made: list[Drawing], tmp_path: Path) -> None:
    run("export_dataset", out=tmp_path / "set", format="npz")
    with np.load(tmp_path / "set" / "dataset.npz") as arrays:
        held = {name: arrays[name] for name in arrays.files}
    assert held["images"].shape == (15, 28, 28)
    assert Counter(held["labels"].tolist()) == {7: 4, 1: 2, 4: 3, 3: 3, 2: 2, -1: 1}
    for index, drawing_id in enumerate(held["drawings"]):
        drawing = Drawing.objects.get(pk=drawing_id)
        assert held["writers"][index] == drawing.owner_id
        assert held["sides"][index] == drawing.owner.side
        if drawing.mode == "digit":
            [glyph] = isolation.isolate(decoding.decode(bytes(drawing.image)), "digit").glyphs
            assert np.array_equal(held["images"][index], glyph.pixels)


def test_parquet_says_what_it_is_in_the_words_of_hugging_face(made: list[Drawing], tmp_path: Path) -> None:
    run("export_dataset", out=tmp_path / "set", format="parquet")
    table = parquet.read_table(tmp_path / "set" / "data" / "test-00000-of-00001.parquet")
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"}
    assert features["label"]["names"] == [*"0123456789", "not a digit"]
    rows = table.to_pylist()
    assert sorted((row["label"], row["text"]) for row in rows) == [(3, "3"), (7, "7")]
    with Image.open(io.BytesIO(rows[0]["image"]["bytes"])) as picture:
        assert picture.size == (28, 28)
    card = (tmp_path / "set" / "README.md").read_text()
    assert card.startswith("---\n")
    assert "path: data/validation-*" in card
    assert "num_examples: 12" in card


def test_every_export_has_its_manifest_and_a_card(made: list[Drawing], tmp_path: Path) -> None:
    run("export_dataset", out=tmp_path / "set")
    dataset = Dataset.objects.get()
    manifest = json.loads((tmp_path / "set" / "manifest.json").read_text())
    assert manifest["sha256"] == dataset.sha256
    assert manifest["counts"] == dataset.counts
    assert dataset.sha256 in (tmp_path / "set" / "README.md").read_text()


def test_an_older_snapshot_is_exported_by_its_number_without_what_was_forgotten(
    made: list[Drawing], writer: Owner, reviewer: User, tmp_path: Path
) -> None:
    older = snapshot()
    intake.forget(drawing=made[0])
    learn(writer, reviewer)
    snapshot()
    assert f"dataset {older.pk}: 13 pictures" in run(
        "export_dataset", out=tmp_path / "set", dataset=older.pk, originals=True
    )
    with pytest.raises(CommandError, match="no dataset 999"):
        run("export_dataset", dataset=999)


@pytest.mark.parametrize(
    ("layout", "complaint"),
    [
        ({"format": "idx", "originals": True}, "Only png and parquet"),
        ({"format": "npz", "gzip": True}, "Only IDX files"),
    ],
)
def test_what_a_form_has_no_room_for_is_refused(
    made: list[Drawing], tmp_path: Path, layout: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(CommandError, match=complaint):
        run("export_dataset", out=tmp_path / "set", **layout)
    assert not Dataset.objects.exists()


@pytest.mark.parametrize("form", ["png", "npz", "idx", "parquet"])
def test_the_zip_holds_the_same_files(made: list[Drawing], tmp_path: Path, form: str) -> None:
    dataset = snapshot()
    export_dataset(dataset, tmp_path / "set", Layout(format=form))
    with zipfile.ZipFile(io.BytesIO(b"".join(zipped(dataset, Layout(format=form))))) as archive:
        held = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    files = [file for file in (tmp_path / "set").rglob("*") if file.is_file()]
    assert {str(file.relative_to(tmp_path / "set")): file.read_bytes() for file in files} == held


def test_a_zip_begins_before_everything_is_read(made: list[Drawing], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is gathered first: a large one would leave the browser waiting."""
    read = 0
    isolate = exported_pictures.rows

    def counted(*arguments: Any) -> Any:
        nonlocal read
        for row in isolate(*arguments):
            read += 1
            yield row

    monkeypatch.setattr(exported_pictures, "rows", counted)
    pieces = iter(zipped(snapshot(), Layout()))
    next(pieces)
    assert read <= 1


def test_labels_that_say_not_a_digit_come_back(made: list[Drawing], tmp_path: Path) -> None:
    run("export_dataset", out=tmp_path / "set", format="npz")
    _empty_site()
    run("import_drawings", tmp_path / "set" / "dataset.npz", owner="copy")
    assert Label.objects.filter(text="").count() == 1


# ── into the site's storage ──


def test_without_a_folder_it_is_written_into_the_storages_folder(
    made: list[Drawing], use_storage: Callable[[str], None], tmp_path: Path
) -> None:
    use_storage(str(tmp_path / "shared"))
    name = Layout(format="npz").name(snapshot())
    said = run("export_dataset", format="npz")
    assert f"{tmp_path}/shared/exports/{name}" in said
    assert (tmp_path / "shared" / "exports" / name / "README.md").is_file()
    with pytest.raises(CommandError, match="exists"):
        run("export_dataset", format="npz")


def test_in_a_bucket_it_is_one_zip_that_can_be_imported(made: list[Drawing], bucket: S3Server, tmp_path: Path) -> None:
    counts, _ = _held(snapshot())
    name = f"{Layout(format='npz').name(snapshot())}.zip"
    said = run("export_dataset", format="npz")
    assert f"s3://digits/site/exports/{name}" in said
    assert " 0 glyphs" not in said
    with pytest.raises(CommandError, match=f"s3://digits/site/exports/{name} exists"):
        run("export_dataset", format="npz")
    (tmp_path / name).write_bytes(bucket.content(f"site/exports/{name}"))
    _empty_site()
    run("import_drawings", tmp_path / name, owner="copy", accept=True)
    assert _held(snapshot())[0] == _each_glyph(counts)


def test_a_bucket_that_cant_be_reached_is_named(
    made: list[Drawing], bucket: S3Server, use_storage: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    use_storage("s3://digits")
    with pytest.raises(CommandError, match=r"The export can't be stored: .*check AWS_ENDPOINT_URL"):
        run("export_dataset", format="npz")
