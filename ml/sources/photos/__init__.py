"""Composed photographs of handwriting, with the ink of each stroke known: writing, on a ground, seen by a camera."""
