"""Arrow tables: one goes in, a Polars frame with the same columns, values and order of classes comes out."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from opinionframe.errors import FrameError, examples

SHOWN = 3
REMEDY = "Cast them to plain types, or leave them out with .drop_columns([…]) or .select([…])."


def from_arrow(table: Any, name: str, kind: str, declared: dict[str, list[str]] | None = None) -> pl.DataFrame:
    """`table`, of `kind` and called `name` where it is refused, as Polars.

    Dictionaries that are ordered become an Enum, as do the columns whose classes are `declared`, which Arrow is not
    told; others are Categorical. Classes that are numbers stay numbers, unless they are ordered otherwise than by size.

    Raises: FrameError for two columns of one name, or types that Polars cannot hold.
    """
    import pyarrow as pa

    refuse_doubled(table.column_names, name, kind)
    odd = [f"{field.name!r} is {field.type}" for field in table.schema if not _is_held(field.type)]
    refuse_columns(odd, name, kind, REMEDY)
    unified = table.unify_dictionaries()
    ordered = [field.name for field in unified.schema if getattr(field.type, "ordered", False)]
    try:
        rows = pl.DataFrame(pl.from_arrow(unified))
    except (pl.exceptions.PolarsError, pa.ArrowException) as error:
        raise FrameError(f"{name}: got {kind} that Polars does not read: {error}. {REMEDY}") from error
    rows.columns = table.column_names  # an empty name is replaced on the way
    classes = {column: _classes(unified.column(column)) for column in ordered} | (declared or {})
    return rows.with_columns(
        pl.col(column).cast(pl.String).cast(pl.Enum(order))
        for column, order in classes.items()
        if not rows.schema[column].is_integer() or order != sorted(order, key=int)
    )


def refuse_doubled(names: Sequence[str], name: str, kind: str) -> None:
    """Raises: FrameError where a column's name stands more than once."""
    if doubled := [(label,) for label in dict.fromkeys(names) if names.count(label) > 1]:
        raise FrameError(
            f"{name}: got {kind} with {len(doubled)} names that several columns bear, e.g. {examples(doubled)}. "
            "Rename or drop all but one of each."
        )


def refuse_columns(columns: Sequence[str], name: str, kind: str, remedy: str) -> None:
    """Raises: FrameError where there is any of `columns`, each described with its type."""
    if columns:
        shown = "; ".join(columns[:SHOWN]) + ("; …" if len(columns) > SHOWN else "")
        raise FrameError(
            f"{name}: got {kind} with {len(columns)} columns that Polars cannot hold as they are: {shown}. {remedy}"
        )


def _is_held(dtype: Any) -> bool:
    """Whether Polars holds values of an Arrow type."""
    import pyarrow as pa

    odd = (pa.types.is_decimal256, pa.types.is_interval, pa.types.is_union, pa.types.is_run_end_encoded)
    if pa.types.is_dictionary(dtype) and getattr(dtype, "ordered", False):
        plain = (pa.types.is_integer, pa.types.is_string, pa.types.is_large_string)
        return any(is_plain(dtype.value_type) for is_plain in plain)
    return not any(is_odd(dtype) for is_odd in odd)


def _classes(column: Any) -> list[str]:
    """The classes of an ordered dictionary column, whose chunks share one, in their order and as text."""
    if not column.num_chunks:
        return []
    listed = pl.Series(column.chunk(0).dictionary)
    return listed.cast(pl.String).drop_nulls().unique(maintain_order=True).to_list()
