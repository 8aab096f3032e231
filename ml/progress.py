"""How a long-running function reports what it does."""

from collections.abc import Callable

ReportProgress = Callable[[str, int, int], object]
"""Called with what is being made, the number done, and the total."""

ReportCount = Callable[[int, int], object]
"""Called with the number done, and the total."""

Print = Callable[[str], object]
"""Prints a line for people."""
