"""Frames of pandas: one goes in, a Polars frame without an index comes out; nothing of it is lost in silence."""

from typing import Any

import numpy as np
import polars as pl

from opinionframe.errors import FrameError, OpinionFrameWarning, examples, warn_user
from opinionframe.schemas.from_arrow import from_arrow, refuse_columns, refuse_doubled

REMEDY = (
    "Make each of one plain kind, such as .astype(str) for text or pd.cut(…, labels=[…]) for intervals, or leave them "
    "out with .drop(columns=[…])."
)

MOST_WHOLE = 2.0**53
"""Above it, Float64 has no longer every whole number."""


def from_pandas(frame: Any, name: str, kind: str) -> pl.DataFrame:
    """`frame`, of `kind` and called `name` where it is refused, as Polars. Missing values, NaN among them, are null.

    Whole numbers of which some are missing, floats in pandas, are whole numbers again.

    Raises: FrameError for an index that holds something, for names that are no text or stand twice, and for columns
    whose values are of several kinds or of one that only pandas has.
    """
    import pyarrow as pa

    if odd := [(label,) for label in frame.columns if not isinstance(label, str)]:
        raise FrameError(
            f"{name}: got {kind} with {len(odd)} columns whose names are no text, e.g. {examples(odd)}. Name them: "
            f"{name}.columns = […], or {name}.rename(columns=str)."
        )
    refuse_doubled(list(frame.columns), name, kind)
    _check_index(frame.index, name, kind)
    tables = {column: _one_column(frame[[column]]) for column in frame.columns}
    odd_columns = [
        f"{column!r} is {frame[column].dtype}{_kinds(frame[column])}"
        for column, table in tables.items()
        if table is None or _extends(table.schema.field(0).type)
    ]
    refuse_columns(odd_columns, name, kind, REMEDY)
    columns = {column: table.column(0) for column, table in tables.items() if table is not None}
    gaps = [column for column in columns if _has_gaps(frame[column])]
    rows = from_arrow(pa.table(columns), name, kind)
    return rows.with_columns(pl.col(column).cast(pl.Int64) for column in gaps if _is_whole(rows[column]))


def _check_index(index: Any, name: str, kind: str) -> None:
    """Refuse an index that holds something, and say where row numbers are dropped. Raises: FrameError."""
    named = [label for label in index.names if label is not None]
    if type(index).__name__ == "RangeIndex" and not named:
        return
    if named or index.nlevels > 1 or index.dtype.kind not in "iu":
        labels = ", ".join(map(repr, named)) or examples([(label,) for label in index])
        raise FrameError(
            f"{name}: got {kind} with an index that is no column: {labels}. Polars has columns alone: make it one with "
            f"{name}.reset_index(), or drop it with {name}.reset_index(drop=True)."
        )
    warn_user(
        f"{name}: got {kind} whose index of {len(index)} row numbers, as filtering and sorting leave, is dropped. Say "
        f"so with {name}.reset_index(drop=True), or keep it with {name}.reset_index().",
        OpinionFrameWarning,
    )


def _one_column(frame: Any) -> Any:
    """A frame of one column as an Arrow table; None where Arrow refuses its values."""
    import pyarrow as pa

    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowException, TypeError, ValueError, OverflowError, NotImplementedError):
        return None


def _has_gaps(column: Any) -> bool:
    """Whether a column is of numpy's floats, some of them missing, which whole numbers with gaps become in pandas."""
    return isinstance(column.dtype, np.dtype) and column.dtype.kind == "f" and bool(column.isna().any())


def _is_whole(column: pl.Series) -> bool:
    """Whether the values that a column has are whole numbers that Float64 tells apart."""
    values = column.drop_nulls()
    return bool(((values == values.round()) & (values.abs() < MOST_WHOLE)).all())


def _kinds(column: Any) -> str:
    """The kinds of values in a column of Python objects, or of the classes of one, with their counts."""
    values = column.cat.categories.to_series() if str(column.dtype) == "category" else column
    if values.dtype.kind != "O":
        return ""
    counts = values.dropna().map(lambda value: type(value).__name__).value_counts().sort_index()
    return " of " + ", ".join(f"{kind} ({count})" for kind, count in counts.items())


def _extends(dtype: Any) -> bool:
    """Whether an Arrow type is an extension, such as pandas' periods and intervals, or a dictionary of one."""
    import pyarrow as pa

    values = dtype.value_type if pa.types.is_dictionary(dtype) else dtype
    return isinstance(values, pa.BaseExtensionType)
