"""docs/reliability.md holds what the suites have written, and nothing else."""

import pytest

from tests import reliability


def test_the_page_is_written_from_the_records() -> None:
    assert reliability.page(reliability.read()) == reliability.PAGE.read_text(encoding="utf-8")


def test_a_row_says_what_was_tried_seen_and_when() -> None:
    page = reliability.page({"faults": {"the worker is killed": {"seen": "none lost", "on": "2026-11-28, `abc`"}}})
    assert "## Faults" in page
    assert "| the worker is killed | none lost | 2026-11-28, `abc` |" in page
    assert "## Soak" not in page


def test_a_section_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no section"):
        reliability.note("weather", "rain", "wet")
