"""Parts of a table: the rows of its panels and its notes go in; floats, none taller than a page, come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from opinionframe.tables.latex.fitting import Fit
from opinionframe.tables.latex.rows import LEADING, Line, body, head, heading
from opinionframe.tables.latex.sheet import Sheet
from opinionframe.tables.latex.text import spelled
from opinionframe.tables.latex.widths import SIZES, breakable, broken, joined, lines

SAFETY = 0.93
"""The share of a page's height that is filled: fonts, rules and captions of classes differ."""

CAPTION_SIZE, CAPTION_SPACE, CAPTION_SHARE = 9, 24.0, 0.8
"""The font of a caption, the space around it, and the share of the width that its words fill at least."""

BETWEEN = 12.0
"""Points between one panel and the next, and above the notes."""


@dataclass
class Part:
    """A float: the panels in it as (number, code of rows), and paragraphs of notes."""

    height: float
    panels: list[tuple[int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Panel:
    """A panel in lines: its headings, and its rows."""

    fit: Fit
    top: Line
    rows: list[Line]

    @property
    def height(self) -> float:
        """The points of the whole panel."""
        sections = sum(LEADING * self.fit.size + 3 for line in self.rows if line.opens)
        return self.top.height + BETWEEN + sections + sum(line.height for line in self.rows)

    @property
    def least_height(self) -> float:
        """The points of its headings and first row."""
        first = self.rows[:1]
        return self.top.height + BETWEEN + sum(_height(line, _opening(self.fit, line, is_open=False)) for line in first)


def parts(sheet: Sheet, panels: Sequence[Fit], width: float, page: float) -> list[Part]:
    """The floats in which a table stands, in order: its panels one below the other, and its notes in the last.

    There are as few as the page allows, of about the same height.
    """
    lined = [Panel(fit, head(sheet, fit), body(sheet, fit, page)) for fit in panels]
    room = SAFETY * page
    fewest = _filled(sheet, lined, width, room)
    low, high = room / 2, room
    for _ in range(6 if len(fewest) > 1 else 0):
        middle = (low + high) / 2
        found = _filled(sheet, lined, width, middle)
        if len(found) == len(fewest) and max(part.height for part in found) <= room:
            high, fewest = middle, found
        else:
            low = middle
    return fewest


def _filled(sheet: Sheet, panels: Sequence[Panel], width: float, room: float) -> list[Part]:
    """Floats filled one after the other up to a height; a panel that fits in one begins in none that it overfills."""
    result = [Part(caption_height(sheet.caption, width))]
    for number, panel in enumerate(panels):
        whole = panel.height if CAPTION_SPACE + panel.height <= room else panel.least_height
        if result[-1].panels and result[-1].height + whole > room:
            result.append(Part(CAPTION_SPACE))
        result[-1].panels.append((number, ""))
        result[-1].height += panel.top.height + BETWEEN
        is_open = False
        for line in panel.rows:
            opening = _opening(panel.fit, line, is_open=is_open)
            if is_open and result[-1].height + _height(line, opening) > room:
                opening = _opening(panel.fit, line, is_open=False)
                result.append(Part(CAPTION_SPACE + panel.top.height + BETWEEN, [(number, "")]))
            code = result[-1].panels[-1][1] + "".join(extra.code for extra in opening) + line.code
            result[-1].panels[-1] = (number, code)
            result[-1].height += _height(line, opening)
            is_open = True
    fits = [panel.fit for panel in panels]
    _add_notes(result, sheet, notes_width(fits, width), notes_size(fits), room)
    return result


def _height(line: Line, opening: Sequence[Line]) -> float:
    """The points of a row with the heading above it."""
    return line.height + sum(extra.height for extra in opening)


def notes_width(panels: Sequence[Fit], width: float) -> float:
    """The points of the notes: those of the widest panel, more below a table of few and narrow columns."""
    return min(width, max(220.0, *(fit.total for fit in panels)))


def notes_size(panels: Sequence[Fit]) -> int:
    """The font of the notes, a point less than the table's, down to the smallest."""
    return max(SIZES[-1], panels[0].size - 1)


def notes_code(notes: Sequence[str], points: float, size: int) -> str:
    """Notes as paragraphs, whose words break where they are longer than a line."""
    return "\\par\n".join(spelled(breakable(note, points - 1, size)) for note in notes)


def caption_height(caption: str, width: float) -> float:
    """The points that a caption takes at most, with the space around it."""
    return len(lines(f"Table 00: {caption}", CAPTION_SHARE * width, CAPTION_SIZE)) * 13.0 + CAPTION_SPACE


def _opening(fit: Fit, line: Line, *, is_open: bool) -> list[Line]:
    """The heading of a section above its first row, and again where a part begins amid it."""
    if line.section is None or (is_open and not line.opens):
        return []
    return [heading(fit, line.section, is_first=not is_open, continued=not line.opens)]


def _add_notes(result: list[Part], sheet: Sheet, points: float, size: int, room: float) -> None:
    """Puts each note into the last part, or into another one where that is full."""
    leading = LEADING * size
    most = max(1, int((room - CAPTION_SPACE - BETWEEN) / leading))
    for note in sheet.notes:
        texts = broken(note, points, size)
        for at in range(0, len(texts), most):
            piece = texts[at : at + most]
            height = len(piece) * leading + (0.0 if result[-1].notes else BETWEEN)
            if result[-1].height + height > room:
                result.append(Part(CAPTION_SPACE))
            result[-1].notes.append(joined(piece) if len(texts) > most else note)
            result[-1].height += height
