"""Cells of tables as a reader sees them: what a test compares, whatever characters carry the marks."""

import re

from opinionframe.tables import marks

_GHOST = f"{marks.GHOST_ON}[^{marks.GHOST_OFF}]*{marks.GHOST_OFF}"
_BELOW = f"{marks.BELOW_ON}([^{marks.BELOW_OFF}]*){marks.BELOW_OFF}"


def seen(cell: str) -> str:
    """The score and its marks, bold in stars, without the interval below it."""
    return (
        re.sub(f"{_GHOST}|{_BELOW}|[{marks.SIGN_ON}{marks.SIGN_OFF}]", "", cell)
        .replace(marks.BEST_ON, "*")
        .replace(marks.BEST_OFF, "*")
    )


def unbold(cell: str) -> str:
    """The score and its marks, bold or not."""
    return seen(cell).replace("*", "")


def interval(cell: str) -> str | None:
    """The interval below a score; None where there is none."""
    below = re.search(_BELOW, cell)
    return below and below.group(1)
