"""Numbered snapshots of what the site may learn from, and the glyphs they hold."""

from predictor.datasets.contents import Example, Examples, each_drawing, each_example, examples
from predictor.datasets.learnable import learnable
from predictor.datasets.snapshots import is_intact, size, snapshot

__all__ = [
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
