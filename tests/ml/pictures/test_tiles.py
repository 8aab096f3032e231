"""Scaling tile by tile gives what scaling the whole gives."""

import numpy as np
import pytest
from PIL import Image

from ml.pictures import tiles
from ml.pictures.tiles import reduced


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA"])
@pytest.mark.parametrize("size", [(101, 67), (67, 101), (300, 1), (1, 300)])
@pytest.mark.parametrize("factor", [1, 3, 40])
def test_tiles_make_the_same_picture_as_the_whole(
    mode: str, size: tuple[int, int], factor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 4), dtype=np.uint8)
    image = Image.fromarray(values).convert(mode)
    whole = image.reduce(factor) if factor > 1 else image
    monkeypatch.setattr(tiles, "TILE", 256)
    assert len(list(tiles.tiles(image, factor))) > 1 or size[0] * size[1] <= factor**2
    assert np.array_equal(np.asarray(reduced(image, factor, lambda tile: tile)), np.asarray(whole))
