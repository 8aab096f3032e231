"""Glyphs made by several processes."""

from pathlib import Path

import numpy as np
import pytest

from ml.sources.mnist import Mnist
from ml.training import data, missegmented, recombination
from ml.training.missegmented import number_pieces
from ml.training.recombination import recombined


def test_several_processes_make_what_one_makes(mnist: Mnist, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def make(folder: str) -> list[np.ndarray]:
        return [
            data.served(mnist.train_images[:20]),
            data.draw_digits(np.arange(20) % 10, seed=1),
            data.draw_non_digits(20, seed=1),
            recombined(mnist, np.arange(20) % 10, seed=1),
            number_pieces(30, 1, mnist, tmp_path / folder)[0],
        ]

    for module in (data, recombination, missegmented):
        monkeypatch.setattr(module, "_SHARE", 10)
    shared = make("shared")
    for module in (data, recombination, missegmented):
        monkeypatch.setattr(module, "spread", lambda make, items, share: [list(map(make, items))])
    assert all(np.array_equal(one, other) for one, other in zip(shared, make("alone"), strict=True))
