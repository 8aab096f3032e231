"""The candidate glyphs of a number: every piece of its ink, or group of pieces, that may be one digit."""

from collections.abc import Iterator
from dataclasses import replace

from ml.glyphs.frames import unframed_pieces
from ml.glyphs.glyph import Glyph, glyph_of
from ml.glyphs.ink import Ink
from ml.numbers.hypotheses import hypotheses
from ml.numbers.lattice import candidates
from ml.numbers.plausibility import digit_odds, stray_odds
from ml.pictures.arrays import Picture


def candidate_glyphs(ink: Ink, picture: Picture) -> list[Glyph]:
    """The candidates of the over-segmentation, under each hypothesis of what is ink; those of one row may overlap."""
    return [glyph for number, meant in enumerate(hypotheses(ink)) for glyph in _of_hypothesis(meant, number, picture)]


def _of_hypothesis(ink: Ink, hypothesis: int, picture: Picture) -> Iterator[Glyph]:
    pieces = unframed_pieces(ink)
    for candidate in candidates(pieces) if pieces else ():
        glyph = glyph_of(candidate.piece, ink, picture)
        if glyph is None:
            continue
        place = replace(glyph, row=candidate.row, start=candidate.start, end=candidate.end, hypothesis=hypothesis)
        geometry = candidate.geometry
        if geometry is None:
            yield place
        else:
            stray = stray_odds(geometry) if candidate.whole else None
            yield replace(place, prior=digit_odds(geometry), stray=stray)
