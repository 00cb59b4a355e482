"""Bars of one value against another in a table's rows: places on a scale go in; small pictures in HTML come out."""

from __future__ import annotations

import html
from collections.abc import Mapping

WIDTH, HEIGHT = 120, 14
PLACE = " place"
"""What ends the name of a column that says where the value of another lies on its scale, from 0 to 1."""


def bullet(texts: Mapping[str, str], places: tuple[float | None, float | None]) -> str:
    """A bar to the first place and a line at the second, as SVG with its text alternative; only what is known is drawn.

    Args:
        texts: What each value is called and how it is printed, the bar first: `{"People": "50.0", "Model": "60.0"}`.
        places: Where the two lie, from 0 to 1.

    >>> "People 50.0, Model 60.0" in bullet({"People": "50.0", "Model": "60.0"}, (0.5, 0.6))
    True
    """
    said = html.escape(", ".join(f"{name} {text}" for name, text in texts.items()), quote=True)
    bar, line = (None if place is None else WIDTH * min(max(place, 0.0), 1.0) for place in places)
    drawn = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="currentColor" fill-opacity="0.08"/>'
    if bar is not None:
        drawn += f'<rect y="3" width="{bar:.1f}" height="{HEIGHT - 6}" fill="currentColor" fill-opacity="0.45"/>'
    if line is not None:
        drawn += f'<rect x="{min(line, WIDTH - 2.5):.1f}" width="2.5" height="{HEIGHT}" fill="currentColor"/>'
    return (
        f'<svg role="img" aria-label="{said}" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f"<title>{said}</title>{drawn}</svg>"
    )


def heading(labels: Mapping[str, str]) -> str:
    """The heading above the bars: which is which."""
    bar, line = labels.values()
    return f"{bar} (bar), {line[:1].lower()}{line[1:]} (line)"
