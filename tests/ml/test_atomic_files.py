"""A file appears whole or not at all, and is made once."""

import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ml.atomic_files import made_once, replacing


def test_what_is_written_takes_the_place_of_the_old_file_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text("old")
    with replacing(file) as part:
        part.write_text("new")
        assert (part.parent, part.suffix, file.read_text()) == (tmp_path, ".json", "old")
    assert file.read_text() == "new"
    assert list(tmp_path.iterdir()) == [file]


def test_after_an_error_the_old_file_is_as_it_was_and_nothing_else_is_left(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text("old")
    with pytest.raises(OSError, match="no space"):
        _fail_to_replace(file)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_is_renamed_too_and_what_a_killed_process_left_is_no_part_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    left = tmp_path / "export.part"
    left.mkdir()
    (left / "half.png").touch()
    with replacing(folder) as part:
        part.mkdir()
        (part / "whole.png").touch()
    assert [file.name for file in folder.iterdir()] == ["whole.png"]


def test_a_secret_is_for_its_owner_only_from_the_start(tmp_path: Path) -> None:
    (tmp_path / "key.part").touch(0o644)
    with replacing(tmp_path / "key", mode=0o600) as part:
        assert stat.S_IMODE(part.stat().st_mode) == 0o600
        part.write_text("secret")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_of_many_at_once_one_makes_it_and_the_others_find_it_whole(tmp_path: Path) -> None:
    file = tmp_path / "cache" / "made.txt"

    def want(who: int) -> str:
        with made_once(file) as part:
            if part:
                part.write_text("half")
                time.sleep(0.05)
                part.write_text(f"made by {who}")
        return file.read_text()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(want, range(8)))) == 1


def test_one_that_fails_leaves_nothing_and_the_next_makes_it(tmp_path: Path) -> None:
    file = tmp_path / "made.txt"
    with pytest.raises(OSError, match="no space"):
        _fail_to_make(file)
    assert not file.exists()
    with made_once(file) as part:
        assert part is not None
        part.write_text("whole")
    assert file.read_text() == "whole"


def _fail_to_replace(file: Path) -> None:
    with replacing(file) as part:
        part.write_text("half")
        raise OSError("no space")


def _fail_to_make(file: Path) -> None:
    with made_once(file) as part:
        assert part is not None
        part.write_text("half")
        raise OSError("no space")
