"""Types of a CSV: a frame of text goes in; the same with the types of a schema, or as values look, comes out."""

from collections.abc import Collection

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas.frames import Schema

KNOWN: dict[str, type[pl.DataType]] = {
    "code": pl.String,
    "position": pl.Float64,
    "n_eff": pl.Float64,
    "nonresponse": pl.Float64,
    "std_error": pl.Float64,
    "fit_influence": pl.Float64,
    "baseline": pl.Float64,
    "ceiling": pl.Float64,
}
"""Columns that may travel along, whatever their values look like."""
READINGS: tuple[tuple[str, type[pl.DataType]], ...] = (
    (r"^-?(0|[1-9]\d{0,17})$", pl.Int64),
    (r"^[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d+)?$|^-?Inf$|^-?inf$|^NaN$", pl.Float64),
    (r"^(?i:true|false)$", pl.Boolean),
    (r"^\d{4}-\d{2}-\d{2}$", pl.Date),
)
"""What all values of a column look like that is no text. A leading zero makes a text: 001."""


def typed_text(texts: pl.DataFrame, schema: type[Schema] | None, what: str, kept: Collection[str] = ()) -> pl.DataFrame:
    """`texts` with the columns of `schema`, and others that are known, in their types; the rest as they look.

    The columns `kept` stay text whatever they look like.

    Raises: FrameError, for values that are not of their column's type, with their count.

    >>> rows = pl.DataFrame({"id": ["001", "002"], "n": ["1", None], "x": ["1", "2.5"], "day": ["2026-01-31", None]})
    >>> typed_text(rows, None, "rows").dtypes
    [String, Int64, Float64, Date]
    """
    of_schema = dict(pl.Schema(schema).items()) if schema else {}
    types: dict[str, pl.DataType | type[pl.DataType]] = {**KNOWN, **of_schema, **dict.fromkeys(kept, pl.String())}
    columns = [
        _cast(column, types[column.name], what) if column.name in types else _as_it_looks(column) for column in texts
    ]
    return pl.DataFrame(columns)


def looks_like_text(column: pl.Series) -> bool:
    """Whether a column of text holds words, and neither numbers nor dates alone."""
    return column.count() > 0 and _as_it_looks(column).dtype == pl.String


def _as_it_looks(column: pl.Series) -> pl.Series:
    values = column.drop_nulls()
    if values.is_empty():
        return column
    for pattern, dtype in READINGS:
        if values.str.contains(pattern).all():
            cast = _converted(column, dtype)
            return cast if cast.null_count() == column.null_count() else column
    return column


def _converted(column: pl.Series, dtype: pl.DataType | type[pl.DataType]) -> pl.Series:
    """The values as `dtype`, null where they are not."""
    if dtype == pl.Boolean:
        return column.str.to_lowercase().replace_strict({"true": True, "false": False}, default=None)
    if dtype == pl.Date:
        return column.str.to_date("%Y-%m-%d", strict=False)
    if pl.Series(dtype=dtype).dtype.is_integer():
        # Other programs write 1.0 where a column had a missing value once.
        return column.str.replace(r"\.0*$", "").cast(dtype, strict=False)
    return column.cast(dtype, strict=False)


def _cast(column: pl.Series, dtype: pl.DataType | type[pl.DataType], what: str) -> pl.Series:
    """The column in its type. Raises: FrameError."""
    cast = _converted(column, dtype)
    wrong = column.filter(cast.is_null() & column.is_not_null())
    if wrong.len():
        shown = examples([(value,) for value in wrong.unique(maintain_order=True).to_list()])
        raise FrameError(
            f"{what}: {wrong.len():,} values of {column.name} are not {dtype}, e.g. {shown}. Mend the file."
        )
    return cast
