"""Whether a composed photo can be read at all: a label is only true if a person would see the ink."""

import cv2
import numpy as np

from ml.pictures.picture import Picture, Plane

LEAST_LEVELS = 14.0
"""Levels by which each part of the ink must differ from the paper around it."""

LEAST_NOISES = 1.8
"""The least ratio of that difference to the paper's noise."""

LEAST_HEIGHT = 12
"""Pixels: the least longer side of a digit."""


def is_legible(picture: Picture, coverage: Plane, digits: int) -> bool:
    """Whether the ink of this coverage, of so many digits, stands out in each quarter of its box.

    `picture`: uint8 [h, w, 3]. `coverage`: uint8 [H, W], 255 where a point is wholly covered; it may be finer.
    """
    height, width = picture.shape[:2]
    ink = cv2.resize(coverage, (width, height), interpolation=cv2.INTER_AREA)
    most = int(ink.max())
    if most < 40:
        return False
    x, y, w, h = cv2.boundingRect((ink > most // 3).astype(np.uint8))
    if max(h, w / max(1, digits)) < LEAST_HEIGHT:
        return False
    reach = max(2, round(0.06 * max(h, w / max(1, digits))))
    near = cv2.dilate((ink > 8).astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), dtype=np.uint8)) > 0
    around = near & (ink <= 8)
    core = ink > most // 2
    # With the paper beside it, or a straight 1 would fill its box and have none.
    for rows in (slice(max(0, y - reach), y + h // 2), slice(y + h // 2, y + h + reach)):
        for columns in (slice(max(0, x - reach), x + w // 2), slice(x + w // 2, x + w + reach)):
            inked, paper = picture[rows, columns][core[rows, columns]], picture[rows, columns][around[rows, columns]]
            if len(inked) < 8 or len(paper) < 8:
                continue
            middle = np.median(paper, axis=0)
            noise = 1.48 * float(np.median(np.abs(paper - middle).max(axis=1)))
            if float(np.abs(np.median(inked, axis=0) - middle).max()) < max(LEAST_LEVELS, LEAST_NOISES * noise):
                return False
    return True
