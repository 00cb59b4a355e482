"""Rows of a panel as code: the cells of its columns go in; lines of a tabular with their heights come out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import zip_longest

from opinionframe.tables import marks
from opinionframe.tables.latex.fitting import Fit
from opinionframe.tables.latex.sheet import Sheet
from opinionframe.tables.latex.text import spelled, spelled_cell
from opinionframe.tables.latex.widths import breakable, broken, joined, lines, visible_lines, width

LEADING = 1.2
"""Points from line to line, per point of the font."""

RULE = 6.0
"""Points that a rule takes with the space around it."""

APART = 2
"""Points below a row of several lines."""

ITALIC = 0.92
"""The share of a line that bold letters fill where as many italic ones surely fit, whose measures are not kept."""

TALLEST = 0.4
"""The share of a page's height beyond which a row is continued in another one."""


@dataclass(frozen=True)
class Line:
    """One row as code, the points it takes in height, and its section, which it opens if `opens` says so."""

    code: str
    height: float
    section: str | None = None
    opens: bool = False


def column_types(sheet: Sheet, fit: Fit) -> str:
    """The columns of a tabular: numbers right, words left, words longer than their column in paragraphs."""
    paragraphs, kinds = _paragraphs(sheet, fit), []
    for number, points in zip(fit.numbers, fit.widths, strict=True):
        column = sheet.columns[number]
        paragraph = rf">{{\raggedright\arraybackslash}}p{{{points:.1f}pt}}"
        if column.is_words:
            kinds.append(paragraph if number in paragraphs else "l")
        else:
            kinds.append(rf"w{{r}}{{{points:.1f}pt}}" if number in fit.widened else "r")
    return "@{}" + "".join(kinds) + "@{}"


def head(sheet: Sheet, fit: Fit) -> Line:
    """The headings, those above several columns in lines of their own, between rules."""
    code, height = "\\toprule\n", 3 * RULE
    for level in reversed(range(sheet.n_levels)):
        above = _spanners(sheet, fit, level)
        code, height = code + above.code, height + above.height
    labels, most = [], 1
    for number, points in zip(fit.numbers, fit.widths, strict=True):
        column = sheet.columns[number]
        parts = lines(column.label, points, fit.size)
        labels.append(_stacked(parts, "l" if column.is_words else "r"))
        most = max(most, len(parts))
    return Line(code + " & ".join(labels) + " \\\\\n\\midrule\n", height + most * LEADING * fit.size)


def _spanners(sheet: Sheet, fit: Fit, level: int) -> Line:
    """A line of headings above several columns, with a rule below each."""
    texts, rules, most = [], [], 1
    for run in sheet.runs(fit.numbers, level):
        heading_number = sheet.columns[fit.numbers[run[0]]].above[level]
        if heading_number is None:
            texts.append("")
            continue
        room = sum(fit.widths[place] for place in run) + fit.gap * (len(run) - 1)
        parts = lines(sheet.spanners[heading_number], room, fit.size)
        texts.append(rf"\multicolumn{{{len(run)}}}{{{_edges('c', run, fit)}}}{{{_stacked(parts, 'c')}}}")
        rules.append(rf"\cmidrule(lr){{{run[0] + 1}-{run[-1] + 1}}}")
        most = max(most, len(parts))
    if not rules:
        return Line("", 0.0)
    code = " & ".join(texts) + " \\\\\n" + " ".join(rules) + "\n"
    return Line(code, most * LEADING * fit.size + RULE)


def body(sheet: Sheet, fit: Fit, page: float) -> list[Line]:
    """The rows in order, sections together; a row too tall for a `page` of so many points is several."""
    most = max(3, int(TALLEST * page / (LEADING * fit.size)))
    names = dict.fromkeys(sheet.sections)
    order = [row for name in names for row, section in enumerate(sheet.sections) if section == name]
    paragraphs = _paragraphs(sheet, fit)
    result: list[Line] = []
    for row in order:
        section = sheet.sections[row]
        opens = section is not None and (not result or result[-1].section != section)
        for cells in _rows_of(sheet, fit, row, most, paragraphs):
            n_lines = max(n for _, n in cells)
            end, space = (f" \\\\[{APART}pt]\n", APART) if n_lines > 1 else (" \\\\\n", 0)
            code = " & ".join(text for text, _ in cells) + end
            result.append(Line(code, n_lines * LEADING * fit.size + space, section, opens))
            opens = False
    return result


def heading(fit: Fit, name: str, *, is_first: bool, continued: bool) -> Line:
    """The heading of a section, above its rows."""
    text = f"{name} (continued)" if continued else name
    n_columns, total = len(fit.numbers), fit.total
    space = "" if is_first else "\\addlinespace[3pt]\n"
    bold, room = marks.BEST_ON + text, ITALIC * total
    if width(bold, fit.size) <= room:
        cell, n_lines = rf"\multicolumn{{{n_columns}}}{{@{{}}l@{{}}}}{{\textit{{{spelled(text)}}}}}", 1
    else:
        parts = breakable(bold, room, fit.size).removeprefix(marks.BEST_ON)
        paragraph = rf"@{{}}>{{\raggedright\arraybackslash}}p{{{total:.1f}pt}}@{{}}"
        cell = rf"\multicolumn{{{n_columns}}}{{{paragraph}}}{{\textit{{{spelled(parts)}}}}}"
        n_lines = len(lines(bold, room, fit.size))
    return Line(f"{space}{cell} \\\\*\n", n_lines * LEADING * fit.size + 3)


def _rows_of(sheet: Sheet, fit: Fit, row: int, most: int, paragraphs: Collection[int]) -> list[list[tuple[str, int]]]:
    """The code and lines of each cell, in as many rows as it takes for none to have more than `most` lines."""
    cells: list[list[tuple[str, int]]] = []
    for number, points in zip(fit.numbers, fit.widths, strict=True):
        text = sheet.columns[number].cells[row]
        if number not in paragraphs:
            cells.append([(spelled_cell(text.replace(marks.BREAK, "")), len(visible_lines(text)))])
            continue
        parts = broken(text, points, fit.size)
        if len(parts) <= most:
            cells.append([(spelled(breakable(text, points, fit.size)), len(parts))])
        else:
            cells.append([(spelled(part), n) for part, n in _pieces(parts, most)])
    return [list(pieces) for pieces in zip_longest(*cells, fillvalue=("", 1))]


def _pieces(parts: list[str], most: int) -> list[tuple[str, int]]:
    """Lines of a text in pieces of `most`, each marked bold where the text was."""
    pieces, is_bold = [], False
    for at in range(0, len(parts), most):
        piece = joined(parts[at : at + most])
        opened = marks.BEST_ON + piece if is_bold else piece
        is_bold = opened.rfind(marks.BEST_ON) > opened.rfind(marks.BEST_OFF)
        pieces.append((opened + marks.BEST_OFF if is_bold else opened, len(parts[at : at + most])))
    return pieces


def _paragraphs(sheet: Sheet, fit: Fit) -> frozenset[int]:
    """The columns of words that have a cell longer than a line."""
    words = [(n, points) for n, points in zip(fit.numbers, fit.widths, strict=True) if sheet.columns[n].is_words]
    longest = {n: max((width(cell, fit.size) for cell in sheet.columns[n].cells), default=0.0) for n, _ in words}
    return frozenset(n for n, points in words if longest[n] > points + 0.05)


def _stacked(parts: list[str], side: str) -> str:
    """Lines of a heading, one above the other."""
    texts = [spelled(part) for part in parts]
    if len(texts) == 1:
        return texts[0]
    return rf"\begin{{tabular}}[b]{{@{{}}{side}@{{}}}}" + r" \\ ".join(texts) + r"\end{tabular}"


def _edges(side: str, run: list[int], fit: Fit) -> str:
    """The type of a heading above columns, without space outside the table."""
    left = "@{}" if run[0] == 0 else ""
    return left + side + ("@{}" if run[-1] == len(fit.numbers) - 1 else "")
