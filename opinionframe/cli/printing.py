"""Frames on a terminal or in a pipe: one goes in; a table that fits, CSV or JSON comes out."""

import io
import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import polars as pl
import typer
from rich import box
from rich.table import Table
from rich.text import Text

from opinionframe.cli.consoles import console, results
from opinionframe.errors import OptionError
from opinionframe.exporting.frame_files import flat

LEAST = 24
"""Letters that a folded column has at least."""


class Format(StrEnum):
    """How a command prints its result."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
    ARROW = "arrow"


Printed = Annotated[
    Format,
    typer.Option("--format", help="table, or csv, json, parquet and arrow with all columns, for other programs."),
]


def print_data(frame: pl.DataFrame, form: Format) -> None:
    """Prints all of `frame` for another program, numbers as they are; lists stand in CSV as JSON text.

    JSON knows neither NaN nor infinity: they are null in it.

    Raises: OptionError for Parquet on a terminal.
    """
    if form in (Format.PARQUET, Format.ARROW):
        refuse_bytes_on_terminal()
        whole = io.BytesIO()
        (frame.write_parquet if form is Format.PARQUET else frame.write_ipc)(whole)
        print_bytes(whole.getvalue())
    elif form is Format.CSV:
        print_bytes(csv_text(frame).encode())
    else:
        numbers = pl.selectors.float()
        finite = frame.with_columns(pl.when(numbers.is_finite()).then(numbers))
        text = json.dumps(finite.to_dicts(), ensure_ascii=False, indent=1, default=str)
        print_bytes(f"{text}\n".encode())


def print_bytes(data: bytes) -> None:
    """Prints `data` as it stands: text for programs is UTF-8 in every locale, as these commands read it."""
    with results():
        sys.stdout.flush()
        sys.stdout.buffer.write(data)


def csv_text(frame: pl.DataFrame) -> str:
    """`frame` as CSV, all text quoted, so that an NA that is a word is told from one that is none, and 001 from 1."""
    return flat(frame).write_csv(quote_style="non_numeric")


def refuse_bytes_on_terminal() -> None:
    """Raises an OptionError where bytes would be printed on a terminal."""
    if sys.stdout and sys.stdout.isatty():
        raise OptionError("Parquet and Arrow are no text. Redirect standard output to a file, or name one by --output.")


def print_table(title: str, rows: Sequence[Sequence[str]], headings: Sequence[str]) -> None:
    """Prints rows of text under a title, a line each, numbers set right.

    Where the terminal is narrower than the rows, columns of text beside the first are folded. In a pipe, and where that
    does not help, these are plain lines with two spaces between columns, of which a terminal shows those that fit.
    """
    numeric = [_is_numeric([row[place] for row in rows]) for place in range(len(headings))]
    widths = [max(len(text) for text in column) for column in zip(headings, *rows, strict=True)]
    folds = [place > 0 and not right for place, right in enumerate(numeric)]
    least = [min(width, LEAST) if fold else width for width, fold in zip(widths, folds, strict=True)]
    if console.is_terminal and sum(least) + 3 * len(least) <= console.width:
        table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold")
        for heading, right, fold in zip(headings, numeric, folds, strict=True):
            table.add_column(heading, justify="right" if right else "left", no_wrap=not fold)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        with results():
            console.print(table)
        return
    shown = _fitting(widths)
    lines = [
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row[:shown], widths, numeric, strict=False)
        ).rstrip()
        for row in (headings, *rows)
    ]
    left_out = f"No room for {', '.join(headings[shown:])}: see --format csv." if headings[shown:] else ""
    print_lines(title, *lines, left_out)


def _fitting(widths: Sequence[int]) -> int:
    """How many columns, the first two at least, a plain line has room for; all in a pipe."""
    if not console.is_terminal:
        return len(widths)
    ends = [sum(widths[:count]) + 2 * (count - 1) for count in range(1, len(widths) + 1)]
    return max(2, sum(end <= console.width for end in ends))


def print_lines(*lines: str) -> None:
    """Prints each line as it is: wrapped by a terminal, whole in a pipe."""
    with results():
        for line in lines:
            console.print(line, markup=False, highlight=False, soft_wrap=not console.is_terminal)


def _is_numeric(texts: Sequence[str]) -> bool:
    """Whether a column holds numbers, or what ends in one."""
    said = [text for text in texts if text]
    return bool(said) and all(text[-1:].isdigit() or text.endswith("]") for text in said)
