"""How wide figures are printed: a journal's column or a length goes in; pixels come out."""

from __future__ import annotations

import re

from opinionframe.errors import OptionError

PIXELS_PER_POINT = 96 / 72
WIDTHS = {"column": 240.0, "page": 504.0}
"""Points of one column of a two-column page, 3.33 inches, and of both with the gap between them, 7 inches."""

POINTS = {"pt": 1.0, "in": 72.0, "cm": 72 / 2.54, "mm": 72 / 25.4}
LEAST, MOST = 140.0, 1000.0
"""Points below which names and plot have no room beside each other, and above which no page is."""

Width = str | float


def pixels(width: Width) -> float:
    """The width of the whole figure in pixels, of which 96 are an inch.

    Args:
        width: `column` (240 points, 8.5 cm), `page` (504 points, 17.8 cm), a number of points, or a length such as
            `"84mm"`, `"5in"` or `"12.5cm"`.

    Raises: OptionError for anything else, and for less than 140 or more than 1,000 points.

    >>> pixels("column"), pixels(180), pixels("6in")
    (320.0, 240.0, 576.0)
    """
    points = _points(width)
    if points is None:
        raise OptionError(
            f"width={width!r} is no width. Give {' or '.join(map(repr, WIDTHS))}, a number of points, or a length such "
            "as '84mm', '12cm' or '5in'."
        )
    if not LEAST <= points <= MOST:
        raise OptionError(
            f"width={width!r} is {points:.0f} points. A figure is {LEAST:.0f} to {MOST:.0f} points wide; a column of a "
            f"journal is about {WIDTHS['column']:.0f}."
        )
    return round(points * PIXELS_PER_POINT, 1)


def _points(width: object) -> float | None:
    """The points of a width; None for what is none."""
    if isinstance(width, str):
        if width in WIDTHS:
            return WIDTHS[width]
        length = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(pt|in|cm|mm)\s*", width)
        return float(length[1]) * POINTS[length[2]] if length else None
    return float(width) if isinstance(width, int | float) and not isinstance(width, bool) else None
