"""Renders the templates of the report and the model card, and formats their figures."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from ml.evaluation.targets import signed


def render(template: str, **data: Any) -> str:
    """Renders a template in `templates/`, escaping HTML but not Markdown."""
    return _TEMPLATES.get_template(template).render(data)


def percent(share: float | None, digits: int = 2) -> str:
    """A share as a percentage; a dash for None."""
    return "–" if share is None else f"{100 * share:.{digits}f}%"


def interval(low: float, high: float) -> str:
    """Bounds of a share, in percent."""
    return f"{100 * low:.2f}–{100 * high:.2f}"


def points(share: float) -> str:
    """A difference in points with one decimal; ±0 for none."""
    return "±0" if abs(share) < 5e-5 else f"{100 * share:+.1f}".replace("-", "−")


def _pixels(length: float) -> str:
    return f"{length:.1f}"


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_TEMPLATES.filters |= {"percent": percent, "points": points, "signed": signed, "px": _pixels}
_TEMPLATES.globals |= {"interval": interval}
