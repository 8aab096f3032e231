"""Numbers as the visitor's language writes them. The browser's counterpart is static/frontend/common/format.js."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _


def percent(share: float | None) -> str:
    """A share of 1 as "99.8%", rounded down; "" for None. Never 100%: any reading can be wrong."""
    return "" if share is None else _("%(number)s%%") % {"number": percentage(share)}


def percentage(share: float) -> str:
    """`percent` without its sign."""
    tenths = min(999, int(share * 1000 + 1e-6))
    return number_format(tenths / 10, 1 if tenths % 10 else 0)
