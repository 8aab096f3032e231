"""Percentages in the active language, and time spans, for pages, admin and commands.

The browser's counterpart is frontend's common/format.js.
"""

from django.utils.formats import number_format
from django.utils.translation import gettext as _


def percent(share: float, decimals: int) -> str:
    """A share from 0 to 1 as a rounded percentage, such as "99.76%"."""
    return _with_sign(percent_number(share, decimals))


def percent_number(share: float, decimals: int) -> str:
    """Returns `percent` without the percent sign."""
    return number_format(f"{100 * share:.{decimals}f}", decimals)


def confidence(share: float | None) -> str:
    """The network's confidence, rounded down: "99.8%"; "" for None. Never 100%, because any reading can be wrong."""
    return "" if share is None else _with_sign(confidence_number(share))


def confidence_number(share: float) -> str:
    """Returns `confidence` without the percent sign."""
    tenths = min(999, int(share * 1000 + 1e-6))
    return number_format(tenths / 10, 1 if tenths % 10 else 0)


def duration(seconds: float) -> str:
    """A time span as rounded text in English, such as "2 s", "4 min" or "1.5 h". At least "1 s"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _with_sign(number: str) -> str:
    return _("%(number)s%%") % {"number": number}
