"""Widths of columns: the columns of a table and the points there are go in; panels that fit beside a stub come out.

A table is one panel where it fits, in 9 points if it can be and in 7 at least. Else its columns are shared out over
panels, one below the other, each with the columns that name the rows; those under one heading stay together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from opinionframe.errors import OptionError
from opinionframe.tables.latex.sheet import Sheet
from opinionframe.tables.latex.targets import Target
from opinionframe.tables.latex.widths import least_width, width

WHOLE = 10**6
"""Letters of a word that never breaks."""


@dataclass(frozen=True)
class Setting:
    """A way to set a table: the font, the gap between columns in points, and how soon words break.

    `heads` and `cells` are the letters of a word from which it breaks at hyphens and, of a part, anywhere.
    """

    size: int
    gap: float
    heads: tuple[int, int] = (WHOLE, WHOLE)
    cells: tuple[int, int] = (WHOLE, WHOLE)


HEADS, CELLS, SHORT = (10, 16), (24, 24), (10, 10)
ROOMY = (
    *(Setting(size, gap) for size, gap in ((9, 12), (9, 8), (8, 8), (8, 6))),
    *(Setting(size, gap, HEADS) for size, gap in ((9, 8), (8, 8), (8, 6))),
)
"""Settings in which no cell breaks, in order of preference."""

TIGHT = tuple(Setting(size, gap, HEADS, CELLS) for size, gap in ((9, 12), (9, 8), (8, 8), (8, 6), (7, 6), (7, 4.5)))
"""Settings in which long cells break."""

PANELS = tuple(Setting(size, gap, HEADS, CELLS) for size, gap in ((9, 8), (8, 8), (8, 6), (7, 6)))
NARROW = tuple(Setting(size, gap, heads, SHORT) for heads in (HEADS, SHORT) for size, gap in ((8, 6), (7, 6), (7, 4.5)))
"""Settings of panels, and of those that fit in no other way."""

MANY = 4
"""Panels beyond which words break sooner, where that saves some."""

DECENT, PROSE = 90.0, 130.0
"""Points of a column of words below which its cells break into too many lines, and of one with whole sentences."""

LEAST = 60.0
"""Points within which ten letters stand, of whatever script."""

LONGEST_KEY = 30
"""Letters of a column beside the stub that still names rows."""


@dataclass(frozen=True)
class Fit:
    """The columns of a panel by number, the points of each, and the size of the font and the gap of all.

    `widened` are those of numbers that are wider than their cells, below a wide heading.
    """

    numbers: tuple[int, ...]
    widths: tuple[float, ...]
    size: int
    gap: float
    widened: frozenset[int] = frozenset()

    @property
    def total(self) -> float:
        """The points of the whole panel."""
        return sum(self.widths) + self.gap * (len(self.widths) - 1)


@dataclass(frozen=True)
class Needs:
    """What a column takes, in points: at `least`, and where nothing breaks, `natural`."""

    least: float
    natural: float


def fitted(sheet: Sheet, target: Target) -> list[list[Fit]]:
    """The panels of a table in each setting that will do, the best first.

    Raises: OptionError where a column does not fit beside the stub, saying by how much.
    """
    ways = [[fit] for fit in one_panel(sheet, target.width)]
    return ways or _panels(sheet, target)


def one_panel(sheet: Sheet, points: float) -> list[Fit]:
    """All columns beside each other, in each setting in which they fit; none where they do not."""
    numbers = tuple(range(len(sheet.columns)))
    for settings in (ROOMY, TIGHT):
        ways = []
        for setting in settings:
            needs = _needs(sheet, setting)
            if _least_total(sheet, numbers, needs, setting) <= points:
                ways.append(_spread(sheet, numbers, needs, points, setting))
        if ways:
            return ways
    return []


def _panels(sheet: Sheet, target: Target) -> list[list[Fit]]:
    """The panels of a table that is too wide for one: as few as there can be, of about the same width."""
    ways = []
    for settings in (PANELS, NARROW):
        for setting in settings:
            needs = _needs(sheet, setting)
            shares = _shared_out(sheet, needs, target.width, setting)
            if shares is not None:
                ways.append((len(shares), setting, needs))
        if ways and min(n_panels for n_panels, *_ in ways) <= MANY:
            break
    if not ways:
        _refuse(sheet, target)
    fewest = min(n_panels for n_panels, *_ in ways)
    return [
        _same_keys(sheet, needs, target.width, setting, n_panels)
        for n_panels, setting, needs in ways
        if n_panels == fewest
    ]


def _same_keys(sheet: Sheet, needs: dict[int, Needs], points: float, setting: Setting, n_panels: int) -> list[Fit]:
    """So many panels, in all of which the columns that name the rows are equally wide."""
    shares = _balanced(sheet, needs, points, setting, n_panels)
    alone = [_spread(sheet, numbers, needs, points, setting) for numbers in shares]
    keys = {n: min(panel.widths[n] for panel in alone) for n in range(sheet.n_keys(LONGEST_KEY))}
    same = needs | {n: Needs(points_of_key, points_of_key) for n, points_of_key in keys.items()}
    return [_spread(sheet, numbers, same, points, setting) for numbers in shares]


def _needs(sheet: Sheet, setting: Setting) -> dict[int, Needs]:
    """What each column takes."""
    needs = {}
    for number, column in enumerate(sheet.columns):
        cells = max((width(cell, setting.size) for cell in column.cells), default=0.0)
        head = _least(column.label, setting, setting.heads)
        if not column.is_words:
            needs[number] = Needs(max(cells, head), max(cells, head))
            continue
        natural = max(cells, width(column.label, setting.size))
        if setting.cells == (WHOLE, WHOLE):
            needs[number] = Needs(max(cells, head), natural)
            continue
        word = max((_least(cell, setting, setting.cells) for cell in column.cells), default=0.0)
        decent = 0.0 if setting.cells == SHORT else min(PROSE if natural > 3 * PROSE else DECENT, natural)
        needs[number] = Needs(max(word, head, decent), natural)
    return needs


def _least(text: str, setting: Setting, breaks: tuple[int, int]) -> float:
    """The points of the widest part of a text that does not break; wide letters break where ten narrow ones would."""
    points = least_width(text, setting.size, *breaks)
    return min(points, LEAST) if breaks == SHORT else points


def _least_total(sheet: Sheet, numbers: Sequence[int], needs: dict[int, Needs], setting: Setting) -> float:
    """The points that columns take beside each other at least, with headings above several of them."""
    widths = _under_headings(sheet, numbers, [needs[n].least for n in numbers], setting)
    return sum(widths) + setting.gap * (len(widths) - 1)


def _under_headings(sheet: Sheet, numbers: Sequence[int], widths: list[float], setting: Setting) -> list[float]:
    """The widths, those under each heading as wide as it needs, shared alike."""
    result = list(widths)
    for level in range(sheet.n_levels):
        for places in sheet.runs(numbers, level):
            heading = sheet.columns[numbers[places[0]]].above[level]
            if heading is None:
                continue
            room = sum(result[place] for place in places) + setting.gap * (len(places) - 1)
            more = max(0.0, _least(sheet.spanners[heading], setting, setting.heads) - room) / len(places)
            for place in places:
                result[place] += more
    return result


def _spread(sheet: Sheet, numbers: Sequence[int], needs: dict[int, Needs], points: float, setting: Setting) -> Fit:
    """Columns beside each other, those of words wider than at least where there is room: the shortest first."""
    widths = _under_headings(sheet, numbers, [needs[n].least for n in numbers], setting)
    widened = {n for n, points in zip(numbers, widths, strict=True) if points > needs[n].least}
    spare = points - sum(widths) - setting.gap * (len(widths) - 1)
    wishes = sorted((needs[n].natural - widths[place], place) for place, n in enumerate(numbers))
    wishes = [(wish, place) for wish, place in wishes if wish > 0]
    for done, (wish, place) in enumerate(wishes):
        more = max(0.0, min(wish, spare / (len(wishes) - done)))
        widths[place] += more
        spare -= more
    return Fit(tuple(numbers), tuple(widths), setting.size, setting.gap, frozenset(widened))


def _shared_out(sheet: Sheet, needs: dict[int, Needs], points: float, setting: Setting) -> list[tuple[int, ...]] | None:
    """The columns of each panel, filled from the left; None where a column does not fit beside those of the rows."""
    n_keys = sheet.n_keys(LONGEST_KEY)
    keys = tuple(range(n_keys))

    def fits(numbers: Sequence[int]) -> bool:
        return _least_total(sheet, (*keys, *numbers), needs, setting) <= points

    units = [list(range(n_keys, len(sheet.columns)))]
    for level in (*reversed(range(sheet.n_levels)), None):
        units = [part for unit in units for part in ([unit] if fits(unit) else _split(sheet, unit, level))]
    panels: list[list[int]] = []
    for unit in units:
        if not fits(unit):
            return None
        if panels and fits([*panels[-1], *unit]):
            panels[-1] += unit
        else:
            panels.append(list(unit))
    return [(*keys, *panel) for panel in panels]


def _split(sheet: Sheet, unit: list[int], level: int | None) -> list[list[int]]:
    """The columns that stand together under the headings of a level; each alone where it is None."""
    if level is None:
        return [[number] for number in unit]
    return [[unit[place] for place in places] for places in sheet.runs(unit, level)]


def _balanced(
    sheet: Sheet, needs: dict[int, Needs], points: float, setting: Setting, n_panels: int
) -> list[tuple[int, ...]]:
    """The columns of so many panels, none of which is much wider than others."""
    low, high = 0.0, points
    for _ in range(12):
        middle = (low + high) / 2
        shares = _shared_out(sheet, needs, middle, setting)
        low, high = (low, middle) if shares is not None and len(shares) <= n_panels else (middle, high)
    return _shared_out(sheet, needs, high, setting) or []


def _refuse(sheet: Sheet, target: Target) -> NoReturn:
    """Raises: OptionError."""
    needs = _needs(sheet, NARROW[-1])
    n_keys = sheet.n_keys(LONGEST_KEY)
    others = range(n_keys, len(sheet.columns))
    totals = {n: _least_total(sheet, (*range(n_keys), n), needs, NARROW[-1]) for n in others}
    widest = max(totals, key=lambda n: totals[n])
    over = totals[widest] - target.width
    wider = f"{target.wider}, " if target.wider else ""
    raise OptionError(
        f"The table does not fit into {target.where}: the column {sheet.columns[widest].label!r} beside those that "
        f"name the rows takes {totals[widest]:.0f} pt in the smallest font, {over:.0f} pt more than there are. "
        f"Use {wider}shorter labels, or print fewer models."
    )
