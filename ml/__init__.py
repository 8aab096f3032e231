"""Everything numeric: from a picture to 28x28 glyphs, and from glyphs to digits.

Only the modules that hold a network take TensorFlow and Keras, from `ml.network.backend`. Nothing here knows Django or
Celery. `ml.tools` are commands for developers; the site imports none of them.
"""
