"""The ink finder: a network that says for each point of a photo how much of it is handwriting."""
