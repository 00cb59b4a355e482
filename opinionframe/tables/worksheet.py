"""A table as an Excel file: a Table goes in; a worksheet of numbers with formats, title and notes comes out."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from opinionframe.errors import MissingPackageError
from opinionframe.tables import marks
from opinionframe.tables.cell_values import plain, plain_text
from opinionframe.tables.printed_cell import pieces

if TYPE_CHECKING:
    from opinionframe.tables.document import Table

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""The creation time inside a workbook: the same table gives the same file."""

SECTION = "Section"
BESIDE = {"_low": "low", "_high": "high", " marks": "marks"}
"""What stands in columns of its own beside a number, with its heading."""

LINE = 15
"""Points of a line of text in a row."""

NARROWEST, WIDEST, HEAD = 8, 48, 2
"""The letters that a column has at least and at most, and the rows above the headings: the title and an empty one."""

PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_worksheet(table: Table, path: Path) -> None:
    """Writes the table as one worksheet: sections in a column, limits of intervals and marks in columns of their own.

    Numbers have all digits that are known, and the format of what is printed; bold is kept. Headings stay in sight.

    Raises: MissingPackageError without xlsxwriter.
    """
    try:
        xlsxwriter = import_module("xlsxwriter")
    except ImportError as error:
        raise MissingPackageError(
            "Excel files need xlsxwriter. Install it with: pip install 'opinionframe[excel]'."
        ) from error
    columns = _columns(table)
    with xlsxwriter.Workbook(str(path), PLAIN) as workbook:
        workbook.set_properties({"created": EPOCH, "title": plain_text(marks.clean(table.title))})
        sheet = workbook.add_worksheet("Table")
        formats = _Formats(workbook)
        first = HEAD + _write_heads(sheet, table, columns, formats)
        widths = [_write_column(sheet, table, at, columns[at], first, formats) for at in range(len(columns))]
        for at, width in enumerate(widths):
            sheet.set_column(at, at, width)
        sheet.write_string(0, 0, plain_text(marks.clean(table.title)), formats.of(bold=True, font_size=13))
        sheet.freeze_panes(first, 2 if table.group else 1)
        lines = [ceil((len(heading) + 1) / width) for (_, _, heading), width in zip(columns, widths, strict=True)]
        sheet.set_row(first - 1, LINE * max(lines))
        last = first + table.cells.height
        if table.cells.height:
            sheet.autofilter(first - 1, 0, last - 1, len(columns) - 1)
        _write_notes(sheet, table.notes, last + 1, widths, formats)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEAD, first - 1)


class _Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, workbook: Any) -> None:
        self._workbook, self._made = workbook, {}  # type: ignore[var-annotated]

    def of(self, **properties: Any) -> Any:
        """The format with `properties`."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._workbook.add_format(properties)
        return self._made[key]


def _columns(table: Table) -> list[tuple[str, str, str]]:
    """The columns of the sheet: the printed one, its name in `rows`, and its heading."""
    values = table.rows.columns
    columns = [(table.group, table.group, SECTION)] if table.group else []
    for column, label in table.labels.items():
        heading = plain_text(marks.clean(label))
        columns += [(column, column, heading)] if column in values else []
        beside = [(f"{column}{ending}", f"{heading}, {word}".lstrip(", ")) for ending, word in BESIDE.items()]
        columns += [(column, name, text) for name, text in beside if name in values and name not in table.labels]
    return columns


def _write_heads(sheet: Any, table: Table, columns: list[tuple[str, str, str]], formats: _Formats) -> int:
    """Writes spanners and headings. Returns: how many rows they take."""
    lines: list[list[tuple[int, int, str]]] = []
    for label, members in table.spanners:
        places = [at for at, (column, _, _) in enumerate(columns) if column in members]
        if not places:
            continue
        low, high = min(places), max(places)
        line = next((each for each in lines if all(high < start or low > end for start, end, _ in each)), None)
        if line is None:
            line = []
            lines.append(line)
        line.append((low, high, plain_text(marks.clean(label))))
    for depth, line in enumerate(reversed(lines)):
        style = formats.of(bold=True, align="center", bottom=1)
        for low, high, text in line:
            if low == high:
                sheet.write_string(HEAD + depth, low, text, style)
            else:
                sheet.merge_range(HEAD + depth, low, HEAD + depth, high, text, style)
    for at, (column, _, heading) in enumerate(columns):
        side = "right" if column not in table.words else "left"
        indent = side == "left" and at > 0
        style = formats.of(bold=True, bottom=1, text_wrap=True, valign="top", align=side, indent=indent)
        sheet.write_string(HEAD + len(lines), at, heading, style)
    return len(lines) + 1


def _write_column(
    sheet: Any, table: Table, at: int, column: tuple[str, str, str], first: int, formats: _Formats
) -> int:
    """Writes the cells of a column below row `first`. Returns: its width in letters."""
    printed, name, heading = column
    texts, values = table.cells[printed], table.rows[name]
    number_format = _number_format(texts, is_limit=name != printed)
    widest = max((len(word) for word in heading.split()), default=0)
    for i, (text, value) in enumerate(zip(texts, values, strict=True)):
        bold = name == printed and any(piece.bold for piece in pieces(text))
        if value is None:
            continue
        if isinstance(value, str):
            is_long = len(value) > WIDEST
            sheet.write_string(
                first + i,
                at,
                value,
                formats.of(bold=bold, valign="top", text_wrap=is_long, align="left", indent=at > 0),
            )
            widest = max(widest, len(value))
        else:
            sheet.write_number(first + i, at, value, formats.of(bold=bold, valign="top", num_format=number_format))
            widest = max(widest, len(f"{value:,.1f}"))
    return min(max(widest + 2, NARROWEST), WIDEST)


def _number_format(texts: pl.Series, *, is_limit: bool) -> str:
    """The format of a column of numbers: as many decimals as are printed, and those below a bound as they are."""
    printed = pl.select(plain(pl.lit(texts))).to_series()
    where = r"[\[\]]\D*\d+\.(\d+)" if is_limit and printed.str.contains("[", literal=True).any() else r"^\D*\d+\.(\d+)"
    decimals = printed.str.extract(where).str.len_chars().max() or 0
    zeros = f"0.{'0' * int(str(decimals))}" if decimals else "0"
    smallest = printed.str.extract(r"^< ([\d.]+)$").drop_nulls()
    return f'[<{smallest[0]}]"< {smallest[0]}";{zeros}' if len(smallest) else zeros


def _write_notes(sheet: Any, notes: tuple[str, ...], row: int, widths: list[int], formats: _Formats) -> None:
    """Writes each note below the table, as wide as it and as high as its text needs."""
    style = formats.of(font_size=9, text_wrap=True, valign="top")
    room = sum(widths)
    for place, note in enumerate(notes):
        text = plain_text(marks.clean(note))
        if len(widths) > 1:
            sheet.merge_range(row + place, 0, row + place, len(widths) - 1, text, style)
        else:
            sheet.write_string(row + place, 0, text, style)
        sheet.set_row(row + place, 12.5 * ceil(1.1 * len(text) / room))
