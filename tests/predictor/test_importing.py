"""`manage.py import_drawings` and `export_dataset`: labelled handwriting in, glyphs out."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from predictor import datasets
from predictor.models import Drawing, Label, Owner, Prediction
from tests.predictor.pictures import LINES, drawn, pixels


def run(command: str, *arguments: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command(command, *map(str, arguments), stdout=out, **options)
    return out.getvalue()


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


def _strokes(folder: Path) -> Path:
    rows = [{"label": text, "writer": "ann", "strokes": LINES[text]} for text in "71"]
    (folder / "set.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    return folder / "set.jsonl"


@pytest.mark.parametrize("make", [_table, _folders, _zip, _arrays, _strokes])
def test_every_form_is_imported_and_read(
    db: None, tmp_path: Path, make: Callable[[Path], Path], read_waiting: Callable[[], int]
) -> None:
    said = run("import_drawings", make(tmp_path), owner="school")
    assert said == "2 drawings imported, their labels waiting for review; 0 were here already.\n"
    assert read_waiting() == 2
    for label in Label.objects.all():
        assert (label.state, label.by) == ("proposed", "visitor")
        assert Prediction.objects.get(drawing=label.drawing).text == label.text
    assert set(Drawing.objects.values_list("source", "consent")) == {("import", False)}


def test_each_writer_is_an_owner_of_their_own(db: None, tmp_path: Path) -> None:
    run("import_drawings", _table(tmp_path), owner="school")
    assert set(Owner.objects.values_list("key", flat=True)) == {"import:school/ann", "import:school/bob"}


def test_accepted_at_once_it_may_be_learned_from(db: None, tmp_path: Path) -> None:
    said = run("import_drawings", _table(tmp_path), owner="school", accept=True)
    assert "their labels accepted" in said
    assert set(Label.objects.values_list("state", "by")) == {("accepted", "reviewer")}
    assert set(Owner.objects.values_list("side", flat=True)) == {"train"}
    assert datasets.size(datasets.snapshot(), "train") == 2


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
        ("set.csv", "file,label\nmissing.png,7\n", "Line 2: missing.png"),
        ("set.csv", "picture,digit\nseven.png,7\n", "must name file and label"),
        ("set.csv", "file,label\nset.csv,7\n", "not a picture"),
        ("set.csv", "file,label\nseven.png,seven\n", "'seven'"),
        ("set.zip", "not a zip", "not a ZIP"),
        ("set.npz", "not an npz", "NPZ"),
        ("set.jsonl", '{"label": "7"}\n', "line 1"),
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
    with pytest.raises(CommandError, match="is not there"):
        run("import_drawings", tmp_path / "nowhere.csv", owner="school")


def test_what_was_imported_before_a_broken_row_stays(db: None, tmp_path: Path) -> None:
    table = _table(tmp_path)
    table.write_text(table.read_text() + "missing.png,7,ann\n")
    with pytest.raises(CommandError, match="2 drawings were imported before that"):
        run("import_drawings", table, owner="school")
    assert Drawing.objects.count() == 2


def test_a_snapshot_is_exported_as_pictures_and_a_table(db: None, tmp_path: Path) -> None:
    run("import_drawings", _table(tmp_path), owner="school", accept=True)
    folder = tmp_path / "out" / "glyphs"
    assert "2 glyphs in" in run("export_dataset", out=folder)
    rows = list(csv.DictReader((folder / "glyphs.csv").read_text().splitlines()))
    assert sorted((row["label"], row["side"]) for row in rows) == [("1", "train"), ("7", "train")]
    for row in rows:
        with Image.open(folder / row["file"]) as picture:
            assert picture.size == (28, 28)
        assert Drawing.objects.filter(pk=row["drawing"]).exists()
    with pytest.raises(CommandError, match="is there already"):
        run("export_dataset", out=folder)


def test_what_was_exported_can_be_imported(db: None, tmp_path: Path) -> None:
    run("import_drawings", _table(tmp_path), owner="school", accept=True)
    run("export_dataset", out=tmp_path / "glyphs")
    assert run("import_drawings", tmp_path / "glyphs" / "glyphs.csv", owner="copy").startswith("2 drawings imported")
