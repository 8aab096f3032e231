"""Training the ink finder: its loss, and the command from the first photo to the artifact."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.finder.finder_file import FinderFile
from ml.network.artifact import BUNDLED, FINDER_FILE, MANIFEST_FILE, Manifest
from ml.network.manifest import sha256_of, verify_finder
from ml.sources.photos.scene import KINDS
from ml.tools.train_finder import ink_loss, main, varied

Coverage = arrays(np.uint8, (1, 4, 4, 3))


def perfect(coverage: np.ndarray) -> np.ndarray:
    """The logits of a finder that finds this coverage."""
    share = np.clip(coverage / 255, 1e-6, 1 - 1e-6)
    return np.log(share / (1 - share)).astype(np.float32)


@settings(max_examples=50, deadline=None)
@given(Coverage, arrays(np.float32, (1, 4, 4, 3), elements=st.floats(-8, 8, width=32)))
def test_no_prediction_is_better_than_the_perfect_one(coverage: np.ndarray, logits: np.ndarray) -> None:
    best = float(ink_loss(coverage, perfect(coverage)))
    assert best <= float(ink_loss(coverage, logits)) + 1e-4


def test_the_loss_falls_as_more_ink_is_found() -> None:
    coverage = np.zeros((2, 8, 8, 3), np.uint8)
    coverage[0, 2:6, 2:6] = 255
    losses = []
    for found in range(5):
        guess = np.zeros_like(coverage)
        guess[0, 2 : 2 + found, 2:6] = 255
        losses.append(float(ink_loss(coverage, perfect(guess))))
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.01 < losses[-2]


def test_a_batch_is_varied_in_colour_with_its_ink_in_place() -> None:
    pictures = np.full((6, 8, 8, 3), 200, np.uint8)
    coverage = np.zeros_like(pictures)
    pictures[:, :, 1], coverage[:, :, 1] = 20, 255
    changed = []
    for seed in range(8):
        shown, ink = varied(pictures, coverage, np.random.default_rng(seed))
        column = int(ink[0, 0, :, 0].argmax())
        assert column in {1, 6}
        away = np.abs(shown.astype(int) - shown[:, :, 3:4]).max(axis=3)
        assert (away[:, :, column] > 50).all()
        assert (np.delete(away, column, axis=2) == 0).all()
        changed.append((column, shown.tobytes()))
    assert {column for column, _ in changed} == {1, 6}
    assert len(set(changed)) == 8


@pytest.mark.slow
def test_a_finder_is_trained_and_becomes_the_artifacts(
    cache: Path, mnist, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in (FINDER_FILE, MANIFEST_FILE):
        shutil.copy(BUNDLED / file, tmp_path / file)
    before = Manifest.read(tmp_path)
    command = ["--cache", str(cache), "--out", str(tmp_path), "--steps", "2", "--batch", "2", "--repeats", "2"]
    main([*command, "--start", str(BUNDLED / FINDER_FILE), "--workers", "1"])
    after = Manifest.read(tmp_path)
    verify_finder(tmp_path / FINDER_FILE, after)
    assert after.finder_sha256 not in {None, before.finder_sha256}
    assert (after.sha256, after.command) == (before.sha256, before.command)
    made = after.metrics["finder"]
    assert made["command"].startswith(f"python -m ml.tools.train_finder --cache {cache} --out {tmp_path} --steps 2")
    assert set(made["overlaps"]) == {"writing", "digit", "signs", *(f"digit, {kind}" for kind in KINDS)}
    assert made["overlaps"]["digit"] > 0.3, "four turns from the bundled finder spoil it little"
    assert "digit, squares: " in capsys.readouterr().out
    assert sorted(file.name for file in tmp_path.iterdir()) == [FINDER_FILE, MANIFEST_FILE]
    shares = FinderFile.of(tmp_path / FINDER_FILE, after)(np.zeros((64, 64, 3), np.uint8))
    assert shares.shape[:2] == (64, 64)


@pytest.mark.slow
def test_a_folder_without_an_artifact_gets_the_finder_alone(cache: Path, mnist, tmp_path: Path) -> None:
    out = tmp_path / "new"
    main(["--cache", str(cache), "--out", str(out), "--steps", "1", "--batch", "1", "--workers", "1"])
    assert [file.name for file in out.iterdir()] == [FINDER_FILE]
    assert len(sha256_of(out / FINDER_FILE)) == 64
