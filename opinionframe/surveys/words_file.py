"""A CSV of words for classes, as people write them: its path goes in, rows with the columns of Groups come out.

Commas, semicolons, tabs or bars between cells, a byte order mark, spaces around cells, capitals in the names of
columns, empty lines and cells that end a line early are all read; what a cell says is trimmed, and nothing else.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.surveys.raw_file import existing, header_of

TEXTS = ("attribute", "class", "label", "phrase", "name")
COLUMNS = (*TEXTS, "place")

Line = tuple[int, list[str]]
"""The number of a line in the file, and its cells."""


def words_file(path: Path) -> pl.DataFrame:
    """The rows of a CSV, its texts trimmed and null where they are empty; columns of one's own travel along.

    Raises: FrameError for a file that is no CSV in UTF-8, or a line with more cells than there are columns.
    """
    if not existing(path).is_file():
        raise FrameError(f"{path} is a folder. Give the path of a CSV.")
    separator, _ = header_of(path)
    try:
        lines = _lines(path, separator)
    except (UnicodeDecodeError, csv.Error) as error:
        raise FrameError(f"{path} cannot be read as CSV: {error}. Save it as CSV in UTF-8.") from error
    if not lines:
        raise FrameError(f"{path} is empty. Give one line of names, attribute and class, and one per class.")
    (_, header), *rows = lines
    names = [name.lower() if name.lower() in COLUMNS else name for name in header]
    if twice := [(name,) for name in dict.fromkeys(names) if name and names.count(name) > 1]:
        raise FrameError(
            f"{path} has {len(twice)} names of columns twice, e.g. {examples(twice)}. Rename or drop one of each."
        )
    _refuse_nameless(path, names, rows, separator)
    named = [number for number, name in enumerate(names) if name]
    text = io.StringIO()
    cells = [[*row, *[""] * (len(names) - len(row))] for _, row in rows]
    csv.writer(text).writerows([[row[number] for number in named] for row in (names, *cells)])
    return pl.read_csv(text.getvalue().encode(), schema_overrides=dict.fromkeys(TEXTS, pl.String))


def _lines(path: Path, separator: str) -> list[Line]:
    """The lines that are not empty."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=separator, skipinitialspace=True, strict=True)
        lines = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    return [(number, row) for number, row in lines if any(row)]


def _refuse_nameless(path: Path, names: Sequence[str], rows: Sequence[Line], separator: str) -> None:
    """Refuse cells in no named column: a text with a separator in it, most often."""
    spare = [
        (f"line {number}", *row)
        for number, row in rows
        if any(cell and not name for cell, name in zip(row, [*names, *[""] * len(row)], strict=False))
    ]
    if spare:
        raise FrameError(
            f"{path} has cells in no named column in {len(spare)} lines, e.g. {examples(spare)}. It has "
            f"{len(names)} columns. Put a text with {separator!r} in it into quotes, or name its column."
        )
