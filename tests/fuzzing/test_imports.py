"""Damaged sets at the two doors of an import: the admin's page and `manage.py import_drawings`."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from predictor.models import Drawing, Label
from tests.fuzzing import sets
from tests.fuzzing.tally import Tally, refusal
from tests.predictor.conftest import reviewer, site  # noqa: F401

COUNT = 500
SLICES = 2

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(SLICES))
def test_the_page_imports_a_set_or_says_why_not(
    seed: int,
    reviewer: User,  # noqa: F811
    seen: Callable[..., None],
) -> None:
    client, tally = Client(), Tally()
    client.force_login(reviewer)
    for number in range(COUNT):
        rng = Random(f"page {seed} {number}")
        name, data = sets.mutated_set(rng)
        name = rng.choice(("", "", "train_", "emnist", "ä" * 200, "../")) + name
        with tally.case(f"set {number} of slice {seed}"):
            file = SimpleUploadedFile(name, data)
            answer = client.post("/admin/predictor/dataset/import/", {"file": file, "owner": f"school {seed}"})
        assert answer.status_code == 200, answer.content[:300]
        tally.answers["refused" if answer.context["form"].errors else "imported"] += 1
        _is_whole()
    tally.end()
    assert tally.answers["imported"]
    seen("sets at the import page", seed, tally)


@pytest.mark.parametrize("seed", range(SLICES))
def test_the_command_imports_a_set_or_says_why_not(
    seed: int, db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], seen: Callable[..., None]
) -> None:
    tally = Tally()
    for number in range(COUNT):
        name, data = sets.mutated_set(Random(f"command {seed} {number}"))
        path = tmp_path / name
        path.write_bytes(data)
        with tally.case(f"set {number} of slice {seed}"):
            try:
                call_command("import_drawings", path, owner="school", accept=True)
                answer = "imported"
            except CommandError as error:
                answer = refusal(error, "left out or refused")
        tally.answers[answer] += 1
        _is_whole()
    tally.end()
    assert tally.answers["imported"]
    seen("sets for manage.py import_drawings", seed, tally)


def _is_whole() -> None:
    """No drawing is stored without its label."""
    assert Drawing.objects.count() == Label.objects.count()
