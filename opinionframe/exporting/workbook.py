"""A workbook of frames: they go in, with what their columns mean; an Excel file with a sheet for each comes out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from itertools import count
from pathlib import Path

import polars as pl

from opinionframe.errors import MissingPackageError, OptionError, examples

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""The creation time inside a workbook: the manifest says when, and the same frame gives the same file."""

ROWS = 1_048_575
"""What a worksheet holds below its header."""

LETTERS = 32_767
"""The letters that a cell holds."""

DIGITS = 10**15 - 1
"""The largest whole number that Excel does not round."""

NAME = 31
"""The letters that the name of a worksheet may have."""

COLUMNS = "columns"
"""The sheet that says what each column means."""


def write_workbook(path: Path, frames: Mapping[str, pl.DataFrame], meanings: pl.DataFrame) -> None:
    """Writes the sheet `columns`, then one for each frame, each with a header that stays in sight.

    Text stays text: a label that begins with `=` is not a formula, nor an address a link. Whole numbers of more than 15
    digits and times with a zone are text too, since Excel would round the ones and has none of the others.

    Raises: MissingPackageError without xlsxwriter.
    """
    try:
        xlsxwriter = import_module("xlsxwriter")
    except ImportError as error:
        raise MissingPackageError(
            "Excel files need xlsxwriter. Install it with: pip install 'opinionframe[excel]'."
        ) from error
    plain = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }
    sheets = {COLUMNS: meanings, **frames}
    with xlsxwriter.Workbook(str(path), plain) as workbook:
        workbook.set_properties({"created": EPOCH})
        for title, frame in zip(sheet_names(sheets), sheets.values(), strict=True):
            _as_cells(frame).write_excel(workbook, worksheet=title, float_precision=6, freeze_panes="A2", autofit=True)


def refuse_what_excel_loses(name: str, frame: pl.DataFrame) -> None:
    """Raises an OptionError where a worksheet would leave out rows, columns or the ends of texts."""
    if frame.height > ROWS:
        raise OptionError(f"{name} has {frame.height:,} rows and a worksheet holds {ROWS:,}. Export it as parquet.")
    spellings = pl.DataFrame({"column": frame.columns}, {"column": pl.String})
    alike = spellings.filter(pl.col("column").str.to_lowercase().is_duplicated())
    if alike.height:
        raise OptionError(
            f"{name} has {alike.height} columns whose names differ in capitals alone, which Excel takes for one: "
            f"{examples(alike.rows())}. Rename them, or export it as parquet."
        )
    lengths = frame.select(pl.col(pl.String, pl.Categorical, pl.Enum).cast(pl.String).str.len_chars() > LETTERS)
    too_long = {column.name: column.sum() for column in lengths if column.sum()}
    if too_long:
        raise OptionError(
            f"{name} has {sum(too_long.values())} texts of more than {LETTERS:,} letters, which a cell of Excel would "
            f"cut, in {examples([(column,) for column in too_long])}. Export it as parquet or csv."
        )


def _as_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with text for what a cell would round or cannot hold."""
    zoned = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime) and dtype.time_zone]
    whole = [name for name, dtype in frame.schema.items() if dtype.is_integer()]
    is_beyond = frame.select((~pl.col(whole).is_between(-DIGITS, DIGITS)).any()) if whole else pl.DataFrame()
    beyond = [column.name for column in is_beyond if column.item()]
    return frame.with_columns(pl.col(zoned).dt.to_string("iso:strict"), pl.col(beyond).cast(pl.String))


def sheet_names(names: Iterable[str]) -> list[str]:
    """Each name as a worksheet can bear it: at most 31 letters, none that Excel refuses, no two alike but for case.

    >>> sheet_names(["columns", "a" * 40, "a" * 41, "A" * 31])
    ['columns', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaa 2', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAA 3']
    """
    taken: dict[str, str] = {}
    for name in names:
        title = re.sub(r"[\[\]:*?/\\']", "_", name)[:NAME]
        endings = (f" {number}" for number in count(2))
        unique = title
        while unique.lower() in taken:
            ending = next(endings)
            unique = title[: NAME - len(ending)] + ending
        taken[unique.lower()] = unique
    return list(taken.values())
