"""Parts of a table: the rows of its panels and its notes go in; floats, none taller than a page, come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from opinionframe.tables.latex.fitting import Fit
from opinionframe.tables.latex.rows import LEADING, Line, body, head, heading
from opinionframe.tables.latex.sheet import Sheet
from opinionframe.tables.latex.text import spelled
from opinionframe.tables.latex.widths import SIZES, breakable, lines

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


def parts(sheet: Sheet, panels: Sequence[Fit], width: float, page: float) -> list[Part]:
    """The floats in which a table stands, in order: its panels one below the other, and its notes in the last."""
    room = SAFETY * page
    result = [Part(caption_height(sheet.caption, width))]
    for number, fit in enumerate(panels):
        top = head(sheet, fit)
        is_open = False
        lines_of_rows = body(sheet, fit, page)
        if not lines_of_rows:
            result[-1].panels.append((number, ""))
        for line in lines_of_rows:
            opening = _opening(fit, line, is_open=is_open)
            needed = line.height + sum(extra.height for extra in opening)
            new = 0.0 if is_open else top.height + BETWEEN
            if result[-1].height + needed + new > room and result[-1].panels:
                result.append(Part(CAPTION_SPACE))
                opening = _opening(fit, line, is_open=False)
                needed = line.height + sum(extra.height for extra in opening)
                is_open, new = False, top.height + BETWEEN
            if not is_open:
                result[-1].panels.append((number, ""))
            code = result[-1].panels[-1][1] + "".join(extra.code for extra in opening) + line.code
            result[-1].panels[-1] = (number, code)
            result[-1].height += needed + new
            is_open = True
    _add_notes(result, sheet, notes_width(panels, width), notes_size(panels), room)
    return result


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
        texts = lines(note, points, size)
        for at in range(0, len(texts), most):
            piece = texts[at : at + most]
            height = len(piece) * leading + (0.0 if result[-1].notes else BETWEEN)
            if result[-1].height + height > room:
                result.append(Part(CAPTION_SPACE))
            result[-1].notes.append(" ".join(piece) if len(texts) > most else note)
            result[-1].height += height
