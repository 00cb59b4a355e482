"""Widths of text in points: text and the size of its font go in; what it takes at most, and its lines, come out.

The measures are those of the wider of Computer Modern and Times, letter by letter: ligatures and kerning only make text
narrower, and so does a narrower font, such as Libertine. No TeX is needed.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from importlib.resources import files

from opinionframe.tables import marks
from opinionframe.tables.latex.text import is_foreign

SIZES = (9, 8, 7)
"""Points of the fonts in which a table may be set, each of which Computer Modern has as its own design."""

WIDEST, BOLDER = 1200, 1.15
"""What a letter without measures may take, in thousandths of the size; and how much wider bold signs are."""

CODE_POINT = {"regular": (2.02, 3.41, 5.02), "bold": (2.2, 3.8, 5.69)}
"""Points of a bracket, a digit and the widest of the letters A to F in 5 points, in which code points are printed."""

SLACK = 0.2
"""Points added to each line: TeX rounds, and kerning can widen a pair of letters by less."""

CELLS = 2**15
"""Cells whose widths are remembered, since every setting of a table asks for them."""

_MARKS = re.compile(marks.OWN)
_AFTER = re.compile(r"(?<=[-/_|.:=,;+&])(?=[^\s])")
"""Where a word that is too long breaks first."""


@lru_cache(CELLS)
def width(text: str, size: int) -> float:
    r"""The points that a line of text takes at most.

    >>> width("90.0", 9) < width(f"{marks.BEST_ON}90.0{marks.BEST_OFF}", 9) < width("190.00", 9)
    True
    """
    first, *below = visible_lines(text)
    return max(_measure(text, size)(first), *(_measure(line, SIZES[-1])(line) for line in below), 0.0)


def visible_lines(text: str) -> list[str]:
    """The line of a cell, and the one below it if there is one, which is set in the smallest font."""
    return text.replace(marks.BELOW_OFF, "").split(marks.BELOW_ON)


def least_width(text: str, size: int, at_hyphens: int, anywhere: int) -> float:
    """The points of the widest part that stays on one line.

    A word breaks after hyphens and the like where it is longer than `at_hyphens` letters, and a part of it after
    `anywhere`.
    """
    measure = _measure(text, size)
    words = text.replace(marks.BREAK, "").split(" ")
    parts = [part for word in words for part in (_AFTER.split(word) if len(word) > at_hyphens else [word])]
    return max(
        (measure(part[at : at + anywhere]) for part in parts for at in range(0, len(part), anywhere)), default=0.0
    )


def lines(text: str, points: float, size: int) -> list[str]:
    """The lines of a text in a column of so many points; a word breaks where it is wider.

    >>> lines("one two", 20, 9)
    ['one', 'two']
    """
    return [line.removesuffix(marks.BREAK) for line in broken(text, points, size)]


def broken(text: str, points: float, size: int) -> list[str]:
    """`lines`, of which those that end within a word have a place to break at their end."""
    measure = _measure(text, size)
    result: list[str] = []
    line = ""
    for word in text.split(" "):
        for number, part in enumerate(_narrow_parts(word, points, measure)):
            longer = f"{line} {part}" if line and number == 0 else line + part
            if line and measure(longer) > points:
                result.append(line + marks.BREAK if number else line)
                line = part
            else:
                line = longer
    return [*result, line]


def joined(texts: Sequence[str]) -> str:
    """Lines of `broken` as one text again."""
    return "".join(text if text.endswith(marks.BREAK) else f"{text} " for text in texts).removesuffix(" ")


def breakable(text: str, points: float, size: int) -> str:
    """The text with places to break in each word that is wider than `points`, and in no other."""
    measure = _measure(text, size)
    return " ".join(marks.BREAK.join(_narrow_parts(word, points, measure)) for word in text.split(" "))


def _measure(text: str, size: int) -> Callable[[str], float]:
    """What measures the parts of a text, all of which may be bold where some of it is."""
    letters = _letters("bold" if marks.BEST_ON in text else "regular", size)
    return lambda part: sum(letters(letter) for letter in _MARKS.sub("", part)) + SLACK


def _narrow_parts(word: str, points: float, measure: Callable[[str], float]) -> list[str]:
    """The parts of a word, none wider than `points` unless it is a single letter; one where the word fits."""
    unbroken = word.replace(marks.BREAK, "")
    if measure(unbroken) <= points:
        return [unbroken]
    parts = []
    for piece in _AFTER.split(unbroken):
        part = ""
        for letter in piece:
            if part and not _MARKS.match(letter) and measure(part + letter) > points:
                parts.append(part)
                part = ""
            part += letter
        parts.append(part)
    return parts


def _code_point(letter: str, weight: str) -> float:
    """The points of a letter that is printed as its code point: four to six digits in brackets."""
    bracket, digit, widest = CODE_POINT[weight]
    return 2 * bracket + sum(digit if sign.isdecimal() else widest for sign in f"{ord(letter):04X}")


@cache
def _letters(weight: str, size: int) -> Callable[[str], float]:
    """The width of a letter, in points, as a function that remembers."""
    measures = tomllib.loads((files(__package__) / "letter_widths.toml").read_text(encoding="utf-8"))
    row, signs = measures[f"{weight} {size}"], measures["signs"]

    @cache
    def of(letter: str) -> float:
        if letter == marks.BREAK:
            return 0.0
        if is_foreign(letter):
            return _code_point(letter, weight)
        base = unicodedata.normalize("NFD", letter)[:1]
        if " " <= base <= "~" and letter not in signs:
            return float(row[ord(base) - ord(" ")] * size / 1000)
        return float(signs.get(letter, WIDEST) * (BOLDER if weight == "bold" else 1) * size / 1000)

    return of
