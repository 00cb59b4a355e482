"""How wide text is in print, and the lines that it takes: names go in; lines that fit their room come out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

LABEL, TITLE, HEADING = 9.5, 10.0, 11.0
"""Sizes of type in pixels, of which 96 are an inch: 7.1 points and more."""

LINE_HEIGHT = 1.2

_WIDTHS = (
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863,
    748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635,
    615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
    337, 636, 838,
)  # fmt: skip
"""Thousandths of the size of type, of the signs from space to ~ in DejaVu Sans, the widest of the fonts that figures
name: what fits in it fits in Helvetica too."""

_OTHER, _FULL = 800, 1000
_BOLD = 1.13
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+")
"""Control and direction codes, which no figure can hold."""

_BREAKS = re.compile(r"\s+|(?<=[-/_.,:;&|])(?=\S)(?!(?<=\d[-/.,:])\d)")
"""Between words, and behind signs that join them, but not inside a number such as 1,000, 2.5 or 18-29."""


def text_width(text: str, size: float = LABEL, *, bold: bool = False) -> float:
    """Pixels that one line of text takes at most.

    >>> text_width("ab", 10)
    12.48
    """
    thousandths = sum(_width(sign) for sign in unicodedata.normalize("NFD", text))
    return thousandths * size / 1000 * (_BOLD if bold else 1)


def printable(text: str) -> str:
    r"""`text` without control and direction codes, each run of which is a space.

    >>> printable("Yes\x0b\x00no")
    'Yes no'
    """
    return _UNPRINTABLE.sub(" ", text)


def lines(text: str, room: float, size: float = LABEL, *, bold: bool = False) -> list[str]:
    """The text in lines of at most `room` pixels, broken between words, and inside a word that is wider.

    >>> lines("Employed full time", 60), lines("Unterhaltung", 40)
    (['Employed', 'full time'], ['Unterha', 'ltung'])
    """
    result = [""]
    for piece, is_spaced in _pieces(printable(text)):
        joined = result[-1] + " " * (is_spaced and bool(result[-1])) + piece
        if text_width(joined, size, bold=bold) <= room:
            result[-1] = joined
            continue
        rest = piece
        while text_width(rest, size, bold=bold) > room and len(rest) > 1:
            kept = _longest_start(rest, room, size, bold=bold)
            result.append(kept)
            rest = rest[len(kept) :]
        result.append(rest)
    return [line for line in result if line] or [""]


def widest(texts: Iterable[str], size: float = LABEL, *, bold: bool = False) -> float:
    """Pixels of the widest line of all `texts`, 0 without any."""
    return max((text_width(line, size, bold=bold) for text in texts for line in text.split("\n")), default=0.0)


def _width(sign: str) -> int:
    if 0 <= ord(sign) - 32 < len(_WIDTHS):
        return _WIDTHS[ord(sign) - 32]
    if unicodedata.combining(sign):
        return 0
    return _FULL if unicodedata.east_asian_width(sign) in "WF" else _OTHER


def _pieces(text: str) -> list[tuple[str, bool]]:
    """What may stand on a line of its own, and whether a space stands before it."""
    ends = [0, *(match.start() for match in _BREAKS.finditer(text)), len(text)]
    parts = [text[start:end] for start, end in pairwise(ends)]
    return [(part.strip(), part[:1].isspace()) for part in parts if part.strip()]


def _longest_start(word: str, room: float, size: float, *, bold: bool) -> str:
    """As much of a word as fits, one sign at least."""
    fitting = [end for end in range(1, len(word)) if text_width(word[:end], size, bold=bold) <= room]
    return word[: max(fitting, default=1)]
