"""A cell in parts: its text with marks goes in; pieces that are bold, or on a line below, come out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from opinionframe.tables import marks
from opinionframe.tables.cell_values import plain_text

_PIECE = re.compile(
    rf"{marks.BEST_ON}([^{marks.BEST_OFF}]*){marks.BEST_OFF}|{marks.BELOW_ON}([^{marks.BELOW_OFF}]*){marks.BELOW_OFF}"
)


@dataclass(frozen=True)
class Piece:
    """A piece of a cell's text."""

    text: str
    bold: bool = False
    below: bool = False


def pieces(cell: str | None) -> list[Piece]:
    """The pieces of a cell, in order; a dash where it has no text.

    >>> pieces(marks.BEST_ON + "87.4" + marks.BEST_OFF + "†")
    [Piece(text='87.4', bold=True, below=False), Piece(text='†', bold=False, below=False)]
    """
    text = marks.ABSENT if cell is None else cell
    found, position = [], 0
    for match in _PIECE.finditer(text):
        found.append(Piece(text[position : match.start()]))
        bold, below = match.groups()
        found.append(Piece(bold or below or "", bold=bold is not None, below=below is not None))
        position = match.end()
    found.append(Piece(text[position:]))
    clean = [Piece(plain_text(piece.text), piece.bold, piece.below) for piece in found]
    return [piece for piece in clean if piece.text]


def widest(cell: str | None) -> int:
    """The characters of a cell's longest line."""
    parts = pieces(cell)
    above = sum(len(piece.text) for piece in parts if not piece.below)
    return max([above, *(len(piece.text) for piece in parts if piece.below)])
