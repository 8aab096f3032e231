"""From a picture to 28×28 glyphs like MNIST's."""

VERSION = 3
"""Version of the glyphs' pixels. A network reads only glyphs of the version that it was trained on.

Raise it when a change of the preprocessing makes existing networks read worse, or changes the base data's glyphs.
This module imports nothing, so that code without SciPy can read it.
"""
