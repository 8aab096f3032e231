"""The candidate glyphs of a number: every region of ink, or group of regions, that may be one digit."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ml.deadline import check
from ml.glyphs.components import find_components
from ml.glyphs.glyph import Glyph, glyph_of
from ml.glyphs.ink import Ink
from ml.numbers.binarisations import binarisations
from ml.numbers.lattice import candidates
from ml.numbers.plausibility import digit_odds, stray_odds
from ml.pictures.picture import Picture

MOST_CANDIDATES, SECONDS = 320, 0.5
"""The most candidates of a picture, and the longest time in which they are sought. A number of 32 digits, the most that
a label has, has up to 300, in 0.15 s.
"""


def candidate_glyphs(inks: Sequence[Ink], picture: Picture) -> tuple[list[Glyph], bool]:
    """The candidates from over-segmenting each binarisation of the ink; candidates of one row may overlap.

    Also returns whether these are all. If they are too many or take too long, those of the first binarisation are its
    first ones, and further binarisations are left out from there.
    """
    found: list[Glyph] = []
    until = time.monotonic() + SECONDS
    for index, each in enumerate(each for ink in inks for each in binarisations(ink)):
        before = len(found)
        for glyph in _of_binarisation(each, index, picture):
            if len(found) == MOST_CANDIDATES or time.monotonic() > until:
                # Of an incomplete binarisation, the text would be cut short.
                return found[: before or None], False
            found.append(glyph)
    return found, True


def _of_binarisation(ink: Ink, binarisation: int, picture: Picture) -> Iterator[Glyph]:
    regions = find_components(ink)
    for candidate in candidates(regions) if regions else ():
        check()
        glyph = glyph_of(candidate.region, ink, picture)
        if glyph is None:
            continue
        yield replace(
            glyph,
            row=candidate.row,
            start=candidate.start,
            end=candidate.end,
            prior=digit_odds(candidate.geometry),
            stray=stray_odds(candidate.geometry) if candidate.whole else None,
            binarisation=binarisation,
        )
