"""What takes long to make is made once, and whole or not at all."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ml.files import made_once


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
        _fail(file)
    assert not file.exists()
    with made_once(file) as part:
        assert part is not None
        part.write_text("whole")
    assert file.read_text() == "whole"


def _fail(file: Path) -> None:
    with made_once(file) as part:
        assert part is not None
        part.write_text("half")
        raise OSError("no space")
