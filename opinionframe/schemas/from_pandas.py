"""Frames of pandas: one goes in, a Polars frame without an index comes out; nothing of it is lost in silence."""

import datetime as dt
import numbers
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl

from opinionframe.errors import FrameError, OpinionFrameWarning, examples, warn_user
from opinionframe.schemas.from_arrow import from_arrow, is_held, refuse_columns, refuse_doubled

REMEDY = (
    "Make each of one plain kind, such as .astype(str) for text, pd.cut(…, labels=[…]) for intervals or "
    ".cat.rename_categories(str) for ordered classes, or leave them out with .drop(columns=[…])."
)

JOINED = {"truth": (bool, np.bool_), "number": (numbers.Number,), "text": (str,), "list": (list, tuple, np.ndarray)}
"""Python's and numpy's types that are one kind of value; each other type is a kind of its own."""

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
    tables = {column: None if _is_mixed(frame[column]) else _one_column(frame[[column]]) for column in frame.columns}
    odd_columns = [
        f"{column!r} is {frame[column].dtype}{_kinds(frame[column])}"
        for column, table in tables.items()
        if table is None or _is_odd(table.schema.field(0).type)
    ]
    refuse_columns(odd_columns, name, kind, REMEDY)
    columns = {column: table.column(0) for column, table in tables.items() if table is not None}
    rows = from_arrow(pa.table(columns), name, kind)
    gaps = [column for column, dtype in rows.schema.items() if dtype.is_float() and _has_gaps(frame[column])]
    return rows.with_columns(pl.col(column).cast(pl.Int64) for column in gaps if _is_whole(rows[column]))


def _check_index(index: Any, name: str, kind: str) -> None:
    """Refuse an index that holds something, and say where row numbers are dropped. Raises: FrameError."""
    named = [label for label in index.names if label is not None]
    if not named and (type(index).__name__ == "RangeIndex" or index.empty):
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
    """Whether some of a column of numpy's floats or objects are missing, as whole numbers with gaps are in pandas."""
    return isinstance(column.dtype, np.dtype) and column.dtype.kind in "fO" and bool(column.isna().any())


def _is_whole(column: pl.Series) -> bool:
    """Whether the values that a column has are whole numbers that Float64 tells apart."""
    values = column.drop_nulls()
    return bool(((values == values.round()) & (values.abs() < MOST_WHOLE)).all())


def _is_mixed(column: Any) -> bool:
    """Whether a column of Python objects, or the classes of one, are of several kinds, which Arrow may make one.

    It cuts the time off days and times, and takes truth for numbers and text for bytes.
    """
    values = _objects(column)
    types = set(map(type, values))
    if len(types) < 2 and not any(issubclass(each, dt.datetime) for each in types):
        return False
    return len({_joined(value) for value in values}) > 1


def _objects(column: Any) -> Iterable[Any]:
    """The values of a column of Python objects, or its classes where these are such; none where they are not."""
    values = column.cat.categories.to_series() if str(column.dtype) == "category" else column
    return values.dropna() if values.dtype.kind == "O" and isinstance(values.dtype, np.dtype) else ()


def _joined(value: object) -> str:
    """The kind of a value, in which types that hold the same are one."""
    kinds = (kind for kind, types in JOINED.items() if isinstance(value, types))
    return next(kinds, "time" + _zone(value) if isinstance(value, dt.datetime) else type(value).__name__)


def _zone(value: object) -> str:
    return " with a zone" if getattr(value, "tzinfo", None) is not None else ""


def _kinds(column: Any) -> str:
    """The types of values in a column of Python objects, or of the classes of one, with their counts."""
    counts = Counter(type(value).__name__ + _zone(value) for value in _objects(column))
    return " of " + ", ".join(f"{kind} ({count})" for kind, count in sorted(counts.items())) if counts else ""


def _is_odd(dtype: Any) -> bool:
    """Whether Polars lacks an Arrow type, or it is an extension, such as pandas' periods and intervals, or has one."""
    import pyarrow as pa

    values = dtype.value_type if pa.types.is_dictionary(dtype) else dtype
    return isinstance(values, pa.BaseExtensionType) or not is_held(dtype)
