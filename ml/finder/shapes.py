"""Sizes of the pictures that the finder sees."""

SIDE = 256
"""Pixels: both sides in training; in use, the square root of the picture's area."""
