"""How an object shows itself in a notebook: its facts go in; a small card of HTML comes out.

A card has no colours of its own but half-transparent grey, so that it can be read on a light page and a dark one, and
no scripts. Whatever stands in it is escaped.
"""

from collections.abc import Iterable, Mapping
from html import escape

import polars as pl

HEAD = 5
"""Rows of each frame in a card."""

MOST_NAMES = 12
"""Names that are listed; of more, the first ones and how many there are beside."""

BOX = "border:1px solid rgba(128,128,128,.4);border-radius:4px;padding:.5em .8em;max-width:60em;overflow-x:auto"
GRID = "display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.15em 1em;margin:.4em 0 0"
TERM = "font-weight:normal;opacity:.7;margin:0"
VALUE = "margin:0;overflow-wrap:anywhere"


def card(kind: str, name: str, facts: Mapping[str, object], frames: Mapping[str, pl.DataFrame] | None = None) -> str:
    """The HTML of an object of some `kind` called `name`; facts that are None or empty are left out.

    The first rows of each of the `frames` that has any can be unfolded below.

    >>> card("Survey", "mine", {"Title": "A & B", "Citation": ""}).count("<dt")
    1
    """
    terms = "".join(
        f'<dt style="{TERM}">{escape(term)}</dt><dd style="{VALUE}">{escape(str(value))}</dd>'
        for term, value in facts.items()
        if value not in (None, "")
    )
    unfolded = "".join(
        f"<details><summary>{escape(title)}: {counted(frame.height, 'row')}</summary>{frame.head(HEAD)._repr_html_()}"
        "</details>"
        for title, frame in (frames or {}).items()
        if frame.height
    )
    heading = f"<strong>{escape(kind)}</strong> <code>{escape(name)}</code>"
    return f'<div class="opinionframe-card" style="{BOX}">{heading}<dl style="{GRID}">{terms}</dl>{unfolded}</div>'


def counted(number: int, what: str) -> str:
    """A number and what it counts.

    >>> counted(1, "cell"), counted(1240, "cell")
    ('1 cell', '1,240 cells')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def listed(names: Iterable[str]) -> str:
    """Names with commas between them, the first twelve where there are more.

    >>> listed(["sex", "age"]), listed(map(str, range(14)))[-13:]
    ('sex, age', '11 and 2 more')
    """
    known = list(names)
    more = len(known) - MOST_NAMES
    return ", ".join(known[:MOST_NAMES]) + (f" and {more:,} more" if more > 0 else "")
