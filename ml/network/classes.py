"""The classes that a network tells apart: the digits 0 to 9, and "not a digit". Imports nothing."""

NOT_A_DIGIT = 10
"""Class of non-digits, and index of the network's eleventh output."""
