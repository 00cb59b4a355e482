"""The checks where frames enter a verb: a frame goes in, the same frame, typed and trusted, comes out.

An eager frame is refused at once; a lazy one when it is collected, by a guard inside its plan.
"""

from collections.abc import Mapping

import dataframely as dy
import polars as pl

from opinionframe.errors import FrameError
from opinionframe.schemas import reasons
from opinionframe.schemas.frames import Alignment, Codebook, Opinions
from opinionframe.schemas.guard import guarded, guarded_where
from opinionframe.schemas.soundness import unsound_cells

AnyFrame = pl.DataFrame | pl.LazyFrame


def opinions_border(frame: AnyFrame, codebook: pl.DataFrame) -> pl.LazyFrame:
    """`frame` as Opinions that fit `codebook`: columns cast, every cell complete and summing to 1.

    Raises: FrameError, at once for a DataFrame, on collect for a LazyFrame.
    """
    typed = typed_columns(frame, Opinions, "opinions")

    def refuse() -> None:
        reasons.refuse_cells(reasons.broken_cells(typed, codebook).collect())

    doubtful = unsound_cells(typed, codebook)
    if not isinstance(frame, pl.DataFrame):
        return guarded_where(typed, doubtful, refuse)
    if doubtful.select(pl.len() > 0).collect().item():
        refuse()
    return typed


def alignment_border(frame: AnyFrame) -> pl.LazyFrame:
    """`frame` as Alignment: columns cast, every cell once, its scores in [0, 1]. Lazy.

    Raises: FrameError, at once for missing columns and types, on collect for the rest.
    """
    typed = typed_columns(frame, Alignment, "aligned")
    return guarded(typed, reasons.broken_scores(typed), reasons.refuse_scores)


def codebook_border(frame: AnyFrame) -> pl.DataFrame:
    """`frame` as a Codebook. Collects, since a codebook is small and decides the shape of a plan.

    Raises: FrameError.
    """
    return checked(typed_columns(frame, Codebook, "codebook").sort("question", "choice"), Codebook, "codebook")


def checked(frame: AnyFrame, schema: type[dy.Schema], name: str) -> pl.DataFrame:
    """`frame` with the columns of `schema` cast and every rule checked. Collects.

    Raises: FrameError, naming each broken rule with counts and example keys.
    """
    typed = typed_columns(frame, schema, name).collect()
    failure = schema.filter(typed.select(schema.column_names())).failure
    if len(failure):
        raise FrameError(reasons.rules_message(failure, schema, name))
    return typed


def typed_columns(frame: AnyFrame, schema: type[dy.Schema] | Mapping[str, pl.DataType], name: str) -> pl.LazyFrame:
    """`frame` lazily, the columns of `schema` first and cast to its types; further columns travel along.

    Raises: FrameError for something that is no Polars frame, a missing column or a type that cannot be cast.
    """
    if not isinstance(frame, pl.DataFrame | pl.LazyFrame):
        raise FrameError(
            f"{name} must be a Polars DataFrame or LazyFrame, not {type(frame).__name__}. "
            "Convert it with pl.DataFrame(…)."
        )
    wanted = pl.Schema(schema)
    have = frame.collect_schema()
    if missing := [column for column in wanted if column not in have]:
        raise FrameError(
            f"{name} lacks {len(missing)} of its columns: {', '.join(missing)}. It has: {', '.join(have) or 'none'}. "
            "Rename or add them with .rename(…) or .with_columns(…)."
        )
    refuse_types(wanted, have, name)
    return frame.lazy().select(*(_cast(column, have[column], wanted[column]) for column in wanted), pl.exclude(*wanted))


def encoded_columns(frame: AnyFrame, schema: type[dy.Schema], name: str) -> pl.LazyFrame:
    """The same, but text that is Categorical or Enum stays so: a key that is a number is cheaper to tell apart."""
    have = frame.collect_schema() if isinstance(frame, pl.DataFrame | pl.LazyFrame) else {}
    encoded = {column: have[column] for column in have if have[column] in (pl.Categorical, pl.Enum)}
    wanted = pl.Schema(schema)
    return typed_columns(frame, {column: encoded.get(column, dtype) for column, dtype in wanted.items()}, name)


def refuse_types(wanted: pl.Schema, have: pl.Schema, name: str) -> None:
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
