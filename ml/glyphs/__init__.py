"""From a picture to 28×28 glyphs like MNIST's."""

VERSION = 3
"""Version of what a glyph is: a network reads glyphs of the version that it was trained on. It changes when a network
would read worse what is made another way, or when the glyphs of the base data change.
"""
