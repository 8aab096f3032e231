"""Everything numeric: from a picture to 28×28 glyphs, from glyphs to digits, and how the network is trained.

A picture passes, in this order: `pictures` (bytes to RGB), `isolation` (RGB to glyphs, with `glyphs` for one digit and
`numbers` for the candidates of several), `network` (glyphs to probabilities) and `reading` (the text).
Modules that hold a network import Keras and TensorFlow from `ml.network.backend`. Nothing here knows Django or Celery.
`ml.tools` are commands for developers; the site imports none of them.
"""
