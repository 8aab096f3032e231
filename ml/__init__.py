"""Everything numeric: from a picture to 28×28 glyphs, from glyphs to digits, and how the network is trained.

A picture passes, in this order: `pictures` (bytes to RGB), `glyphs` (RGB to glyphs), `numbers` (candidates for several
digits), `isolation` (both of them together), `network` (glyphs to probabilities) and `reading` (the text).
Only `ml.network` and `ml.training` import Keras or TensorFlow. Nothing here knows Django or Celery.
"""
