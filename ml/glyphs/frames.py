"""Removes a frame: a box drawn or printed around the writing, complete or as single lines."""

from collections.abc import Sequence

from ml.glyphs.components import Region, find_components
from ml.glyphs.ink import Ink

SPAN = 0.8
"""A frame's lines have at least this share of the picture's side as their length."""

MARGIN = 0.12
"""A single line is within this share of the picture's edge; a box's ink is within this share of the box's own edge."""

THIN = 0.04
"""A single line's thickness is at most this share of the picture's other side."""

INSIDE = 0.02
"""A box has at most this share of its ink inside the margin; a large zero has more."""


def components_without_frame(ink: Ink) -> list[Region]:
    """The connected components of the ink without a frame; all components if only a frame was found."""
    components = find_components(ink)
    return (
        _without_frame(components, left=ink.left, top=ink.top, width=ink.width, height=ink.height) if components else []
    )


def _without_frame(components: Sequence[Region], *, left: float, top: float, width: int, height: int) -> list[Region]:
    """`left` and `top`: the components' origin in the picture of `width` × `height` pixels."""
    rest = [
        component
        for component in components
        if not _is_box(component, width, height)
        and not _is_line(component.left + left, component.width, width, component.top + top, component.height, height)
        and not _is_line(component.top + top, component.height, height, component.left + left, component.width, width)
    ]
    return rest or list(components)


def _is_box(component: Region, width: int, height: int) -> bool:
    if component.width < SPAN * width or component.height < SPAN * height:
        return False
    x, y = round(MARGIN * component.width), round(MARGIN * component.height)
    inside = component.ink[y : component.height - y, x : component.width - x]
    return float(inside.sum()) <= INSIDE * float(component.ink.sum())


def _is_line(start: float, length: int, side: int, across: float, thickness: int, other_side: int) -> bool:
    """Whether a component is a line along an edge.

    `start` and `length`: its position and size along the edge; `across` and `thickness`: across the edge.
    """
    from_edge = min(across, other_side - across - thickness)
    return length >= SPAN * side and thickness <= THIN * other_side and from_edge <= MARGIN * other_side
