"""What the fuzzing tests share: where the slices of a run put what they saw."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from filelock import FileLock

from tests.fuzzing.tally import Tally, united


@pytest.fixture
def seen(reliability: Callable[[str, str, str], None], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., None]:
    """Notes what a slice saw (what was tried, its seed, the tally) together with the slices that are done already."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if base.name.startswith("popen-") else base) / "fuzzing"

    def note(tried: str, seed: int, tally: Tally) -> None:
        folder.mkdir(exist_ok=True)
        with FileLock(folder / "lock"):
            file = folder / f"{tried}.json"
            slices: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
            slices[str(seed)] = tally.as_dict()
            file.write_text(json.dumps(slices))
            reliability("fuzzing", tried, united(slices.values()).sentence())

    return note
