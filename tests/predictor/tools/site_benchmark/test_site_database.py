"""What the benchmark finds in the database of its site."""

import uuid
from collections.abc import Callable
from pathlib import Path

from predictor.tools.site_benchmark import site_database
from tests.predictor.stored import Send


def test_a_stored_drawing_is_lost_if_it_is_missing_or_not_read(
    send: Send, read_waiting: Callable[[], int], tmp_path: Path
) -> None:
    stored = [send("7").drawing_id, send("4").drawing_id]
    read_waiting()
    waits = send("1").drawing_id

    def lost(*drawings: uuid.UUID) -> object:
        (tmp_path / "stored").write_text("\n".join(map(str, drawings)))
        return site_database.run("lost", str(tmp_path / "stored"), "0")["lost"]

    assert lost() == lost(*stored) == 0
    assert lost(*stored, waits) == lost(*stored, uuid.uuid4()) == 1
    read_waiting()
    assert lost(*stored, waits) == 0
