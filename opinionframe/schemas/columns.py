"""The columns of a frame: it goes in, and comes out lazily with the wanted columns first and in their types."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import dataframely as dy
import polars as pl

from opinionframe.errors import FrameError
from opinionframe.schemas.vocabulary import LATER

AnyFrame = pl.DataFrame | pl.LazyFrame


def typed_columns(
    frame: AnyFrame,
    schema: type[dy.Schema] | Mapping[str, pl.DataType],
    name: str,
    numbers: Iterable[str] = (),
) -> pl.LazyFrame:
    """`frame` lazily, the columns of `schema` first and cast to its types; further columns travel along.

    Those among them that `numbers` names have to be numbers, and stay as they are. A column that earlier versions did
    not have is filled with nulls.

    Raises: FrameError for something that is no frame, a missing column or a type that cannot be cast.
    """
    refuse_no_frame(frame, name)
    wanted = pl.Schema(schema)
    have = frame.collect_schema()
    later = [pl.lit(None, wanted[column]).alias(column) for column in LATER if column in wanted and column not in have]
    if later:
        return typed_columns(frame.with_columns(later), schema, name, numbers)
    if missing := [column for column in wanted if column not in have]:
        raise FrameError(
            f"{name} lacks {len(missing)} of its columns: {', '.join(missing)}. It has: {', '.join(have) or 'none'}. "
            "Rename or add them with .rename(…) or .with_columns(…)."
        )
    optional = {column: pl.Float64() for column in numbers if column in have}
    _refuse_types(pl.Schema({**wanted, **optional}), have, name)
    return frame.lazy().select(*(_cast(column, have[column], wanted[column]) for column in wanted), pl.exclude(*wanted))


def refuse_no_frame(frame: object, name: str) -> None:
    """Refuse what is no Polars frame, which the doors of the verbs make of frames of other libraries.

    Raises: FrameError.
    """
    if isinstance(frame, pl.DataFrame | pl.LazyFrame):
        return
    kind, remedy = type(frame).__name__, "Make one with pl.DataFrame(…)."
    if kind == "Series":
        remedy = "Make one of it with .to_frame()."
    elif isinstance(frame, str | Path):
        remedy = "Read it with pl.read_parquet(…) or pl.read_csv(…)."
    raise FrameError(
        f"{name} must be a Polars DataFrame or LazyFrame, or a frame of pandas, Arrow, DuckDB or Spark, not {kind}. "
        f"{remedy}"
    )


def encoded_columns(frame: AnyFrame, schema: type[dy.Schema], name: str, numbers: Iterable[str] = ()) -> pl.LazyFrame:
    """The same, but text that is Categorical or Enum stays so: a key that is a number is cheaper to tell apart."""
    have = frame.collect_schema() if isinstance(frame, pl.DataFrame | pl.LazyFrame) else {}
    encoded = {column: have[column] for column in have if have[column] in (pl.Categorical, pl.Enum)}
    wanted = pl.Schema(schema)
    return typed_columns(frame, {column: encoded.get(column, dtype) for column, dtype in wanted.items()}, name, numbers)


def _refuse_types(wanted: pl.Schema, have: pl.Schema, name: str) -> None:
    """Refuse columns whose type cannot become the wanted one without loss."""
    wrong = [(column, have[column], dtype) for column, dtype in wanted.items() if not _castable(have[column], dtype)]
    if wrong:
        listed = "; ".join(f"{column} is {has}, not {dtype}" for column, has, dtype in wrong)
        raise FrameError(f"{name} has {len(wrong)} columns of the wrong type: {listed}. Cast them with .cast(…).")


def _castable(has: pl.DataType, wanted: pl.DataType) -> bool:
    if has in (wanted, pl.Null):
        return True
    if wanted.is_numeric():
        return has.is_integer() if wanted.is_integer() else has.is_numeric()
    if wanted == pl.String:
        return has in (pl.Categorical, pl.Enum)
    return isinstance(wanted, pl.List) and isinstance(has, pl.List | pl.Array)


def _cast(column: str, has: pl.DataType, wanted: pl.DataType) -> pl.Expr:
    if not (has.is_integer() and wanted.is_integer()):
        return pl.col(column).cast(wanted)
    # An integer out of range becomes null here, and a null is refused by its rule with its key.
    return pl.col(column).cast(wanted, strict=False)
