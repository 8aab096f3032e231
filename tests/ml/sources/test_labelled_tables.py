"""Tables in every dialect: of picture files, and of pixels."""

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.sources.labelled.sets import Labelled, LabelledSetError, read_labelled
from tests.predictor.pictures import drawn, pixels

SEVEN = drawn("7", side=60)
GLYPH = 255 - pixels("7", side=28)[..., 0]
FILE_HEADS = ["file", "File", "FILENAME", "file_name", "image", "Image Path", "img", "path"]
LABEL_HEADS = ["label", "LABEL", "Digit", "class", "target"]


def _read(path: Path) -> tuple[list[Labelled], list[str]]:
    bad: list[str] = []
    return list(read_labelled(path, on_bad=lambda error: bad.append(str(error)))), bad


def _text(rows: list[list[str]], delimiter: str, end: str, quoting: int) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return out.getvalue()


def _spelled(label: int) -> st.SearchStrategy[str]:
    return st.sampled_from([f"{label}", f" {label}", f"{label}.0", f"{label:.18e}", f"{label},0"])


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_dialect_gives_the_same_rows(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("set")
    (folder / "images").mkdir()
    labels = data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=4))
    slash = data.draw(st.sampled_from(["/", "\\", None]))
    files = [f"img; {place}, a.png" for place in range(len(labels))]
    for file in files:
        (folder / "images" / file).write_bytes(SEVEN)
    named = [file if slash is None else f"images{slash}{file}" for file in files]
    columns = {
        data.draw(st.sampled_from(FILE_HEADS)): named,
        data.draw(st.sampled_from(LABEL_HEADS)): [data.draw(_spelled(label)) for label in labels],
        data.draw(st.sampled_from(["writer", "Writer_ID"])): [f"w{place}" for place in range(len(labels))],
        "remark": ["" for _ in labels],
    }
    heads = data.draw(st.permutations(sorted(columns)))
    rows = [heads, *([columns[head][place] for head in heads] for place in range(len(labels)))]
    delimiter = data.draw(st.sampled_from(",;\t|"))
    end = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = _text(rows, delimiter, end, data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])))
    said = ["", f"sep={delimiter}{end}", f"SEP={delimiter}{end}", f'"sep={delimiter}"{end}', end]
    text = data.draw(st.sampled_from(said)) + text
    text += data.draw(st.sampled_from(["", end, f"{delimiter * 3}{end}"]))
    code = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]))
    (folder / "labels.csv").write_bytes(text.encode(code))
    with zipfile.ZipFile(folder / "set.zip", "w") as archive:
        for file in [folder / "labels.csv", *(folder / "images" / file for file in files)]:
            archive.write(file, f"top/{file.relative_to(folder)}")
    wanted = [(name, str(label), f"w{place}") for place, (name, label) in enumerate(zip(named, labels, strict=True))]
    (folder / "set.zip").rename(zipped := tmp_path_factory.mktemp("zip") / "set.zip")
    for path in (folder / "labels.csv", folder, zipped):
        made, bad = _read(path)
        assert bad == []
        assert [(each.name, each.label, each.writer) for each in made] == wanted


@pytest.mark.parametrize("label", ["7.5", "1.000", "1,000", "-1", "nan", "7;1", "٧", "1e-3"])
def test_what_may_be_another_number_is_no_label(tmp_path: Path, label: str) -> None:
    (tmp_path / "a.png").write_bytes(SEVEN)
    (tmp_path / "set.csv").write_text(f'file,label\na.png,"{label}"\n')
    made, bad = _read(tmp_path / "set.csv")
    assert (made, len(bad)) == ([], 1)
    assert bad[0].startswith(f"set.csv, line 2: a.png: the label {label!r} is neither")


def test_an_empty_label_is_none_unless_it_is_said_to_be(tmp_path: Path) -> None:
    """A set for evaluation marks what isn't a digit so."""
    (tmp_path / "a.png").write_bytes(SEVEN)
    (tmp_path / "set.csv").write_text("file,label,writer\na.png,,ann\na.png,none,ann\na.png\n")
    made, bad = _read(tmp_path / "set.csv")
    assert [each.label for each in made] == [""]
    assert [each.partition(": it has")[0] for each in bad] == ["set.csv, line 2: a.png", "set.csv, line 4: a.png"]
    assert [each.label for each in read_labelled(tmp_path / "set.csv", blank="none")] == ["", "", ""]


def test_a_table_in_a_folder_of_its_own_names_pictures_from_the_top(tmp_path: Path) -> None:
    for folder in ("meta", "images"):
        (tmp_path / folder).mkdir()
    (tmp_path / "images" / "a.png").write_bytes(SEVEN)
    (tmp_path / "meta" / "labels.csv").write_text("file,label\nimages/a.png,7\n")
    made, bad = _read(tmp_path)
    assert ([each.label for each in made], bad) == (["7"], [])


def test_a_picture_that_lies_twice_is_not_guessed(tmp_path: Path) -> None:
    for folder in "ab":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.png").write_bytes(SEVEN)
    (tmp_path / "set.csv").write_text("file,label\n1.png,7\n")
    assert _read(tmp_path / "set.csv") == ([], ["set.csv, line 2: 1.png can't be read (there is no such file)."])


PIXELS = [f"pixel{place}" for place in range(784)]
CELLS = [str(value) for value in GLYPH.ravel()]


@pytest.mark.parametrize(
    "rows",
    [
        [["label", *PIXELS], ["7", *CELLS]],
        [["7", *CELLS]],
        [["label", *(f"{row}x{column}" for row in range(1, 29) for column in range(1, 29))], ["7", *CELLS]],
        [[*PIXELS, "class"], [*CELLS, "7.0"]],
        [["id", "digit", *PIXELS], ["99", "7", *(str(value / 255) for value in GLYPH.ravel())]],
    ],
    ids=["Kaggle's", "without heads", "by row and column", "label at the end", "0 to 1"],
)
def test_a_table_of_pixels_is_read(tmp_path: Path, rows: list[list[str]]) -> None:
    (tmp_path / "mnist_test.csv").write_text(_text(rows, ",", "\n", csv.QUOTE_MINIMAL))
    [made], bad = _read(tmp_path / "mnist_test.csv")
    assert (made.label, made.side, bad) == ("7", "test", [])
    assert np.array_equal(255 - made.picture[..., 0], GLYPH)


def test_pixels_without_labels_are_refused_by_name_and_the_other_tables_read(tmp_path: Path) -> None:
    for name, rows in {"train.csv": [["label", *PIXELS], ["7", *CELLS]], "test.csv": [PIXELS, CELLS]}.items():
        (tmp_path / name).write_text(_text(rows, ",", "\n", csv.QUOTE_MINIMAL))
    made, bad = _read(tmp_path)
    assert [each.label for each in made] == ["7"]
    assert bad == ["test.csv has no column of labels. Add one, named label: pictures without labels aren't imported."]


def test_a_line_of_pixels_that_is_cut_short_is_a_bad_row(tmp_path: Path) -> None:
    rows = [["label", *PIXELS], ["7", *CELLS[:-1]], ["7", *CELLS]]
    (tmp_path / "set.csv").write_text(_text(rows, ",", "\n", csv.QUOTE_MINIMAL))
    made, bad = _read(tmp_path / "set.csv")
    assert (len(made), bad) == (1, ["set.csv, line 2: its pixels are not all numbers."])


def test_emnist_s_pixels_are_turned_upright(tmp_path: Path) -> None:
    rows = [["7", *(str(value) for value in GLYPH.T.ravel())]]
    (tmp_path / "emnist-digits-train.csv").write_text(_text(rows, ",", "\n", csv.QUOTE_MINIMAL))
    [made], _ = _read(tmp_path / "emnist-digits-train.csv")
    assert np.array_equal(255 - made.picture[..., 0], GLYPH)


def test_letters_as_pixels_are_refused(tmp_path: Path) -> None:
    (tmp_path / "A_Z.csv").write_text(_text([["1", *CELLS], ["25", *CELLS]], ",", "\n", csv.QUOTE_MINIMAL))
    with pytest.raises(LabelledSetError, match=r"^A_Z.csv: its labels go up to 25: they may be letters"):
        _read(tmp_path / "A_Z.csv")
