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

    Raises: FrameError for two columns of one name, types that Polars cannot hold, or an ordered dictionary whose chunks
    order its classes otherwise.
    """
    import pyarrow as pa

    refuse_doubled(table.column_names, name, kind)
    odd = [f"{field.name!r} is {field.type}" for field in table.schema if not is_held(field.type)]
    refuse_columns(odd, name, kind, REMEDY)
    unified = table.unify_dictionaries()
    ordered = [field.name for field in unified.schema if getattr(field.type, "ordered", False)]
    try:
        rows = pl.DataFrame(pl.from_arrow(unified))
    except (pl.exceptions.PolarsError, pa.ArrowException) as error:
        raise FrameError(f"{name}: got {kind} that Polars does not read: {error}. {REMEDY}") from error
    rows.columns = table.column_names  # an empty name is replaced on the way
    classes = {column: _classes(table.column(column), column, name, kind) for column in ordered} | (declared or {})
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


def is_held(dtype: Any) -> bool:
    """Whether Polars holds values of an Arrow type."""
    import pyarrow as pa

    odd = (pa.types.is_decimal256, pa.types.is_interval, pa.types.is_union, pa.types.is_run_end_encoded)
    if pa.types.is_dictionary(dtype) and getattr(dtype, "ordered", False):
        plain = (pa.types.is_integer, pa.types.is_string, pa.types.is_large_string)
        return any(is_plain(dtype.value_type) for is_plain in plain)
    if any(is_odd(dtype) for is_odd in odd):
        return False
    return all(is_held(dtype.field(place).type) for place in range(dtype.num_fields))


def _classes(column: Any, label: str, name: str, kind: str) -> list[str]:
    """The classes of an ordered dictionary column in their order and as text: those of the chunk that has most.

    Raises: FrameError where another chunk has one that this lacks, or orders them otherwise.
    """
    orders = {_order(chunk.dictionary) for chunk in column.chunks}
    fullest = max(orders, key=lambda order: (len(order), order), default=())
    for order in sorted(orders):
        if order != tuple(each for each in fullest if each in set(order)):
            raise FrameError(
                f"{name}: got {kind} with chunks that order the classes of {label!r} differently, e.g. {list(order)} "
                f"and {list(fullest)}, so that their order is not known. Make one in Polars: {name} = pl.from_arrow("
                f"{name}).with_columns(pl.col({label!r}).cast(pl.String).cast(pl.Enum([…])))."
            )
    return list(fullest)


def _order(dictionary: Any) -> tuple[str, ...]:
    return tuple(pl.Series(dictionary).cast(pl.String).drop_nulls().unique(maintain_order=True))
