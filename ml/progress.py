"""How a long-running function reports its progress."""

from collections.abc import Callable

ReportProgress = Callable[[str, int, int], object]
"""Called with what is being made, the number done, and the total."""
