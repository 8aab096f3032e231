"""How long work tells its caller how far it is."""

from collections.abc import Callable

ReportProgress = Callable[[str, int, int], object]
"""Called with what is being made, how many are done, and of how many."""
