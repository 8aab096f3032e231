"""Numbered snapshots of what the site may learn from, and the glyphs they hold."""

from predictor.datasets.contents import NOT_A_DIGIT, Example, Examples, each_drawing, each_example, examples
from predictor.datasets.learnable import learnable
from predictor.datasets.snapshots import is_intact, size, snapshot

__all__ = [
    "NOT_A_DIGIT",
    "Example",
    "Examples",
    "each_drawing",
    "each_example",
    "examples",
    "is_intact",
    "learnable",
    "size",
    "snapshot",
]
