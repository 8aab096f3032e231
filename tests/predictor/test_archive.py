"""The ZIP that is written while it is sent, read by Python's own reader."""

import io
import tracemalloc
import zipfile
from datetime import UTC, datetime

from predictor import archive
from predictor.archive import Archive

MADE = datetime(2026, 3, 1, 12, 30, 44, tzinfo=UTC)


def read(data: bytes) -> zipfile.ZipFile:
    file = zipfile.ZipFile(io.BytesIO(data))
    assert file.testzip() is None
    return file


def test_what_was_put_in_comes_out() -> None:
    with Archive() as made:
        sent = made.add("a/picture.png", b"\x89PNG", made=MADE) + made.add(
            "ä.json", b"{}" * 500, made=MADE, squeeze=True
        )
        sent += b"".join(made.add_file("table.csv", io.BytesIO(b"x," * archive.CHUNK), made=MADE))
        sent += b"".join(made.end())
    file = read(sent)
    assert file.namelist() == ["a/picture.png", "ä.json", "table.csv"]
    assert file.read("ä.json") == b"{}" * 500
    assert file.getinfo("ä.json").compress_size < 100
    assert file.read("table.csv") == b"x," * archive.CHUNK
    assert {info.date_time for info in file.infolist()} == {(2026, 3, 1, 12, 30, 44)}


def test_nothing_is_an_empty_archive() -> None:
    with Archive() as made:
        assert read(b"".join(made.end())).namelist() == []


def test_more_files_than_the_old_format_can_count_are_all_there() -> None:
    out = io.BytesIO()
    with Archive() as made:
        for number in range(70_000):
            out.write(made.add(f"{number}", b"", made=MADE))
        for piece in made.end():
            out.write(piece)
    assert zipfile.ZipFile(out).namelist() == [f"{number}" for number in range(70_000)]


def test_its_memory_does_not_grow_with_its_files() -> None:
    with Archive() as made:
        made.add("first", b"x", made=MADE)
        tracemalloc.start()
        for number in range(5_000):
            made.add(f"a-rather-long-name-{number}", b"x", made=MADE)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < 100_000


def test_places_and_sizes_past_four_gigabytes_are_written_wide() -> None:
    gap, size = 2**32, 2**32 + 7
    with Archive() as made:
        sent = made.add("first", b"one", made=MADE)
        made._at += gap  # as if four gigabytes had been sent between
        sent += made._head("second", 0, size, size, archive.STORED, MADE)
        made._at -= gap
        sent += b"".join(made.end())
    first, second = zipfile.ZipFile(io.BytesIO(sent)).infolist()
    assert second.header_offset - first.header_offset > gap
    assert (second.file_size, second.compress_size) == (size, size)
