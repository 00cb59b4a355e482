"""A workbook of frames: they go in, with what their columns mean; an Excel file with a sheet for each comes out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from itertools import count
from pathlib import Path

import polars as pl

from opinionframe.errors import MissingPackageError, OptionError

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""The creation time inside a workbook: the manifest says when, and the same frame gives the same file."""

ROWS = 1_048_575
"""What a worksheet holds below its header."""

NAME = 31
"""The letters that the name of a worksheet may have."""

COLUMNS = "columns"
"""The sheet that says what each column means."""


def write_workbook(path: Path, frames: Mapping[str, pl.DataFrame], meanings: pl.DataFrame) -> None:
    """Writes the sheet `columns`, then one for each frame, each with a header that stays in sight.

    Text stays text: a label that begins with `=` is not a formula, nor an address a link.

    Raises: OptionError for a frame with more rows than a sheet holds; MissingPackageError without xlsxwriter.
    """
    for name, frame in frames.items():
        if frame.height > ROWS:
            raise OptionError(f"{name} has {frame.height:,} rows and a worksheet holds {ROWS:,}. Export it as parquet.")
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
            frame.write_excel(workbook, worksheet=title, float_precision=6, freeze_panes="A2", autofit=True)


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
