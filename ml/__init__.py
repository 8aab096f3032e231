"""Everything numeric: from a picture to 28x28 glyphs, and from glyphs to digits.

Importing this package, or any of `pictures`, `glyphs`, `lattice`, `segmentation`, `strokes`, `skeletons`,
`generator`, `base_data` and `manifest`, imports neither TensorFlow nor Keras. Nothing here knows Django or Celery.
"""
