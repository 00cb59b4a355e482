"""Text that a spreadsheet would run as a formula: a frame goes in; how many cells, or the frame with them quoted."""

from __future__ import annotations

import polars as pl
import polars.selectors as cs

FORMULAS = ("keep", "quote")
STARTS = r"^[=+\-@\t\r＝＋－＠]"  # noqa: RUF001 - spreadsheets of some languages take these too
"""How a cell begins that a spreadsheet takes for a formula."""
_MARKED = r"^[=+\-@\t\r＝＋－＠']"  # noqa: RUF001 - as above
_TEXT = cs.string() | cs.categorical() | cs.enum()
QUOTED = "text that begins with = + - @, tab, carriage return or ' has one more ' before it: remove one ' to read it"


def formula_cells(frame: pl.DataFrame) -> int:
    """How many cells and names of columns of `frame` a spreadsheet would take for formulas."""
    texts = frame.select(_TEXT.cast(pl.String).str.contains(STARTS).sum())
    names = pl.Series(frame.columns, dtype=pl.String).str.contains(STARTS).sum()
    return int(sum(texts.row(0)) if texts.width else 0) + int(names)


def quoted(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with a `'` before each text and name of a column that is a formula or begins with `'`. Numbers stay.

    >>> quoted(pl.DataFrame({"label": ["=1+1", "'s", "Yes"], "prob": [-1.0, 0.5, 0.5]}))["label"].to_list()
    ["'=1+1", "''s", 'Yes']
    """
    marked = frame.with_columns(
        pl.when(text.str.contains(_MARKED)).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).alias(name)
        for name, text in ((name, pl.col(name).cast(pl.String)) for name in frame.select(_TEXT).columns)
    )
    names = pl.Series(frame.columns, dtype=pl.String)
    is_marked = names.str.contains(_MARKED)
    return marked.rename({name: f"'{name}" for name, marks in zip(names, is_marked, strict=True) if marks})
