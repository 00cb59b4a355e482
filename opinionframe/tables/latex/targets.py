"""Where a table is to stand: names of widths and classes go in; points of width and height come out."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Literal, get_args

from opinionframe.errors import OptionError, check_option

Style = Literal["any", "article", "twocolumn", "acl", "acmart"]
COLUMN, PAGE, LANDSCAPE = "column", "page", "landscape"

MEASURES: dict[str, tuple[int, int, int]] = {
    "any": (219, 345, 550),
    "article": (345, 345, 550),
    "twocolumn": (229, 469, 550),
    "acl": (219, 455, 702),
    "acmart": (241, 506, 626),
}
"""Points of a column, of the text across all columns and of its height: `article` in 10 points in one and in two
columns, acl.sty and `acmart` with `sigconf`. `any` is the narrowest of all, which fits each of them."""

SPARE = 4
"""Points that a float on its side is narrower than the text is high."""


@dataclass(frozen=True)
class Target:
    """A place for a table: its `width` and `height` in points, the float and the packages that make it.

    `where` is how a refusal calls it, `wider` what it offers instead; what is `turned` stands on its side.
    """

    width: float
    height: float
    environment: str
    packages: tuple[str, ...] = ()
    where: str = ""
    wider: str = ""
    turned: bool = False


def target(width: str | float, style: Style) -> Target:
    """The place of a width by name or in points.

    Raises: OptionError for a name or style that is not known, or points that are no width.

    >>> target("page", "acl").width, target("column", "any").environment
    (455, 'table')
    """
    check_option("style", style, list(get_args(Style)))
    column, page, height = MEASURES[style]
    if isinstance(width, str):
        check_option("width", width, [COLUMN, PAGE, LANDSCAPE])
    elif isinstance(width, bool) or not isinstance(width, Real) or not 0 < width < float("inf"):
        raise OptionError(f"width={width!r} is no width. Give points, such as 345, or 'column', 'page' or 'landscape'.")
    else:
        environment = "table" if width <= column else "table*"
        wider = f"a larger width, such as width='landscape' ({height - SPARE} pt)"
        return Target(float(width), height, environment, (), f"{width:g} pt", wider)
    if width == LANDSCAPE:
        return Target(height - SPARE, page, "table*", ("graphicx",), f"{height - SPARE} pt (landscape)", turned=True)
    landscape = f"width='landscape' ({height - SPARE} pt)"
    if width == PAGE:
        return Target(page, height, "table*", (), f"{page} pt (page)", landscape)
    return Target(column, height, "table", (), f"{column} pt (column)", f"width='page' ({page} pt) or {landscape}")
