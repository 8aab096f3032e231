"""The candidate glyphs of a number: every region of ink, or group of regions, that may be one digit."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ml.glyphs.components import find_components
from ml.glyphs.glyph import Glyph, glyph_of
from ml.glyphs.ink import Ink
from ml.numbers.binarisations import binarisations
from ml.numbers.lattice import candidates
from ml.numbers.plausibility import digit_odds, stray_odds
from ml.pictures.picture import Picture


def candidate_glyphs(inks: Sequence[Ink], picture: Picture) -> list[Glyph]:
    """The candidates from over-segmenting each binarisation of the ink; candidates of one row may overlap."""
    return [
        glyph
        for index, each in enumerate(each for ink in inks for each in binarisations(ink))
        for glyph in _of_binarisation(each, index, picture)
    ]


def _of_binarisation(ink: Ink, binarisation: int, picture: Picture) -> Iterator[Glyph]:
    regions = find_components(ink)
    for candidate in candidates(regions) if regions else ():
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
