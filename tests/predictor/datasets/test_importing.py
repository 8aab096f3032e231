"""`manage.py import_drawings`: labelled handwriting of other origin."""

import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError
from PIL import Image
from pyarrow import parquet

from ml.sources.mnist import idx_bytes
from predictor.datasets import snapshots
from predictor.models import Drawing, Label, Owner, Prediction, ReviewItem
from predictor.review import labels as review_labels
from tests.predictor.pictures import LINES, drawn, pixels, saved
from tests.predictor.stored import run, snapshot


def _table(folder: Path) -> Path:
    (folder / "seven.png").write_bytes(drawn("7", side=100))
    (folder / "one.png").write_bytes(drawn("1", side=100))
    (folder / "set.csv").write_text("file,label,writer\nseven.png,7,ann\none.png,1,bob\n")
    return folder / "set.csv"


def _folders(folder: Path) -> Path:
    for label in "71":
        (folder / "set" / label).mkdir(parents=True)
        (folder / "set" / label / "a.png").write_bytes(drawn(label, side=100))
    return folder / "set"


def _zip(folder: Path) -> Path:
    table = _table(folder)
    with zipfile.ZipFile(folder / "set.zip", "w") as archive:
        for file in (table, folder / "seven.png", folder / "one.png"):
            archive.write(file, f"inside/{file.name}")
    return folder / "set.zip"


def _arrays(folder: Path) -> Path:
    images = np.stack([pixels(text, side=100) for text in "71"])
    np.savez(folder / "set.npz", images=images, labels=np.array([7, 1]))
    return folder / "set.npz"


def _idx(folder: Path) -> Path:
    images = np.stack([255 - pixels(text, side=100)[..., 0] for text in "71"])
    (folder / "t10k-images-idx3-ubyte").write_bytes(idx_bytes(images))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx_bytes(np.array([7, 1], np.uint8)))
    return folder / "t10k-images-idx3-ubyte"


def _gzipped_idx_in_a_zip(folder: Path) -> Path:
    images = _idx(folder)
    with zipfile.ZipFile(folder / "set.zip", "w") as archive:
        for file in (images, images.with_name("t10k-labels-idx1-ubyte")):
            archive.writestr(f"mnist/{file.name}.gz", gzip.compress(file.read_bytes()))
    return folder / "set.zip"


def _parquet(folder: Path) -> Path:
    """Light on dark, labels named beside the schema: as Hugging Face's own MNIST."""
    pictures = [saved(Image.fromarray(255 - pixels(text, side=100)), "PNG") for text in "71"]
    table = pa.table({"image": [{"bytes": data, "path": None} for data in pictures], "label": [6, 0]})
    features = {"label": {"names": list("1234567890"), "_type": "ClassLabel"}}
    table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    (folder / "data").mkdir()
    parquet.write_table(table, folder / "data" / "train-00000-of-00001.parquet")
    return folder


def _strokes(folder: Path) -> Path:
    rows = [{"label": text, "writer": "ann", "strokes": LINES[text]} for text in "71"]
    (folder / "set.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    return folder / "set.jsonl"


FORMS = [_table, _folders, _zip, _arrays, _idx, _gzipped_idx_in_a_zip, _parquet, _strokes]


@pytest.mark.parametrize("make", FORMS)
def test_every_form_is_imported_and_read(
    db: None, tmp_path: Path, make: Callable[[Path], Path], read_waiting: Callable[[], int]
) -> None:
    said = run("import_drawings", make(tmp_path), owner="school")
    assert said == "2 drawings imported, their labels waiting for review; 0 existed already.\n"
    assert read_waiting() == 2
    for label in Label.objects.all():
        assert (label.state, label.by) == ("proposed", "visitor")
        assert Prediction.objects.get(drawing=label.drawing).text == label.text
    assert set(Drawing.objects.values_list("source", "consent")) == {("import", True)}


def test_each_writer_is_an_owner_of_their_own(db: None, tmp_path: Path) -> None:
    run("import_drawings", _table(tmp_path), owner="school")
    assert set(Owner.objects.values_list("key", flat=True)) == {"import:school/ann", "import:school/bob"}


def test_accepted_at_once_it_may_be_learned_from(db: None, tmp_path: Path) -> None:
    said = run("import_drawings", _table(tmp_path), owner="school", accept=True)
    assert "their labels accepted" in said
    assert set(Label.objects.values_list("state", "by")) == {("accepted", "reviewer")}
    assert set(Owner.objects.values_list("side", flat=True)) == {"train"}
    assert snapshots.size(snapshot(), "train") == 2


def test_accepted_later_it_may_be_learned_from_too(db: None, tmp_path: Path, reviewer: User) -> None:
    run("import_drawings", _table(tmp_path), owner="school")
    assert snapshots.size(snapshot(), "train") == 0
    for label in Label.objects.all():
        review_labels.accept_label(label=label, reviewer=reviewer)
    assert snapshots.size(snapshot(), "train") == 2


def test_what_is_imported_waits_for_review_at_once_and_what_is_accepted_is_known(db: None, tmp_path: Path) -> None:
    run("import_drawings", _table(tmp_path), owner="school")
    assert set(ReviewItem.objects.values_list("closed_at", "reasons__0")) == {(None, "label")}
    run("import_drawings", _table(tmp_path), owner="another school", accept=True)
    known = ReviewItem.objects.filter(known=True)
    assert set(known.values_list("answer", flat=True)) == {"7", "1"}
    assert ReviewItem.objects.count() == 4


def test_a_second_time_nothing_is_imported_twice(db: None, tmp_path: Path) -> None:
    run("import_drawings", _table(tmp_path), owner="school")
    assert run("import_drawings", _table(tmp_path), owner="school").startswith("0 drawings imported")
    assert Drawing.objects.count() == 2
    run("import_drawings", _table(tmp_path), owner="another school")
    assert Drawing.objects.count() == 4


def test_a_label_of_several_digits_is_a_number(db: None, tmp_path: Path) -> None:
    (tmp_path / "47.png").write_bytes(drawn("47", side=100))
    (tmp_path / "set.csv").write_text("file,label\n47.png,47\n")
    run("import_drawings", tmp_path / "set.csv", owner="school")
    assert (Drawing.objects.get().mode, Label.objects.get().text) == ("number", "47")


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("set.csv", "file,label\nmissing.png,7\n", "set.csv, line 2: missing.png can't be read"),
        ("set.csv", "who,when\nseven.png,7\n", "must name file and label"),
        ("set.csv", "who,digit\nseven.png,7\n", "must name file and label"),
        ("set.csv", "file,who\nseven.png,7\n", "has no column of labels"),
        ("set.csv", "file,label\nseven.png,\n", "has no label"),
        ("set.csv", "file,label\nseven.png\n", "has no label"),
        ("set.jsonl", '{"label": null, "strokes": [[[0, 0], [1, 1]]]}\n', "line 1: it has no label"),
        ("set.xlsx", "no matter", "save it as “CSV UTF-8”"),
        ("set.csv", "file,label\nset.csv,7\n", "not a picture"),
        ("set.csv", "file,label\nseven.png,seven\n", "'seven'"),
        ("set.zip", "not a zip", "not a ZIP"),
        ("set.npz", "not an npz", "NPZ"),
        ("set.jsonl", '{"label": "7"}\n', "line 1"),
        ("set.parquet", "not parquet", "Parquet"),
        ("train-images-idx3-ubyte", "\0\0\x08\x03", "train-labels-idx1-ubyte is not beside it"),
        ("set.csv", "file,label,side\nseven.png,7,left\n", "the side 'left'"),
        ("set.txt", "7", "JSON lines of strokes"),
    ],
)
def test_a_set_that_cannot_be_read_is_refused_by_name(
    db: None, tmp_path: Path, name: str, content: str, complaint: str
) -> None:
    (tmp_path / "seven.png").write_bytes(drawn("7", side=100))
    (tmp_path / name).write_text(content)
    with pytest.raises(CommandError, match=complaint):
        run("import_drawings", tmp_path / name, owner="school")


def test_a_set_that_is_not_there_is_refused(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="does not exist"):
        run("import_drawings", tmp_path / "nowhere.csv", owner="school")


def test_an_owner_whose_name_is_no_text_is_refused(db: None, tmp_path: Path) -> None:
    """As a terminal passes on what isn't UTF-8."""
    with pytest.raises(CommandError, match="The owner: the name"):
        run("import_drawings", _table(tmp_path), owner="sch\udcf6n")


def test_rows_that_cannot_be_are_named_and_the_others_imported(db: None, tmp_path: Path) -> None:
    table = _table(tmp_path)
    table.write_text(table.read_text() + "missing.png,7,ann\nseven.png,8,cleo\none.png,one,dan\n")
    with pytest.raises(
        CommandError,
        match=r"(?s)^2 rows left out:\nset.csv, line 4: missing.png can't .*\nset.csv, line 6: one.png: .*'one'",
    ):
        run("import_drawings", table, owner="school")
    assert sorted(Label.objects.values_list("text", flat=True)) == ["1", "7", "8"]


def test_an_idx_file_that_is_cut_short_is_refused(db: None, tmp_path: Path) -> None:
    images = _idx(tmp_path)
    images.write_bytes(images.read_bytes()[:-1])
    with pytest.raises(CommandError, match=r"can't be read as an IDX file.* 1 drawings were imported before that"):
        run("import_drawings", images, owner="school")


def test_each_writer_is_on_the_side_that_the_set_says(db: None, tmp_path: Path) -> None:
    table = _table(tmp_path)
    table.write_text("file,label,writer,split\nseven.png,7,ann,train\none.png,1,bob,test\n")
    run("import_drawings", table, owner="school")
    assert dict(Owner.objects.values_list("key", "side")) == {"import:school/ann": "train", "import:school/bob": "test"}


def test_nobody_known_is_an_owner_of_their_own_on_each_side(db: None, tmp_path: Path) -> None:
    run("import_drawings", _idx(tmp_path), owner="mnist")
    assert dict(Owner.objects.values_list("key", "side")) == {"import:mnist (test)": "test"}


def test_what_was_held_out_elsewhere_does_not_come_to_a_writer_who_is_trained_on(db: None, tmp_path: Path) -> None:
    table = _table(tmp_path)
    run("import_drawings", table, owner="school", accept=True)
    table.write_text("file,label,writer,side\nseven.png,1,ann,test\none.png,7,ann,train\n")
    with pytest.raises(CommandError, match=r"1 row left out:\nseven.png: its side is test"):
        run("import_drawings", table, owner="school", accept=True)
    table.write_text("file,label,writer,side\nseven.png,7,cleo,validation\none.png,7,cleo,train\n")
    run("import_drawings", table, owner="school", accept=True)
    assert Owner.objects.get(key="import:school/cleo").side == "validation", "held out stays held out"


def test_what_waits_for_review_is_up_for_review(db: None, tmp_path: Path) -> None:
    run("import_drawings", _table(tmp_path), owner="school")
    assert ReviewItem.objects.filter(closed_at=None).count() == 2
    run("import_drawings", _table(tmp_path), owner="another school", accept=True)
    assert ReviewItem.objects.filter(closed_at=None).count() == 2
