"""What the schemas themselves answer: `validate`, `is_valid` and `filter`, by the same laws as the borders."""

from collections.abc import Callable, Sequence
from typing import Any

import dataframely as dy
import polars as pl

from opinionframe.errors import OpinionFrameError
from opinionframe.schemas.borders import (
    ROWWISE,
    alignment_border,
    checked,
    codebook_border,
    opinions_border,
    refused_where,
    typed_scores,
)
from opinionframe.schemas.columns import AnyFrame, typed_columns
from opinionframe.schemas.frames import Alignment, Opinions
from opinionframe.schemas.keys import CELL
from opinionframe.schemas.lazy import same_kind
from opinionframe.schemas.measures import cell_measures, score_windows, windows
from opinionframe.schemas.refusal import broken_by_themselves, laws_of_rows
from opinionframe.schemas.rules import ALIGNMENT, OPINIONS, Rule, where_broken


def validated(frame: AnyFrame, schema: type[dy.Schema], codebook: AnyFrame | None = None) -> Any:
    """`frame` as `schema`, eager or lazy as it came.

    Raises: FrameError, at once for a DataFrame, on collect for a LazyFrame.
    """
    if schema is Opinions:
        return same_kind(_opinions(frame, codebook), frame)  # type: ignore[type-var]  # refused where it is no frame
    if schema is Alignment:
        return same_kind(alignment_border(frame), frame)  # type: ignore[type-var]  # as above
    rows = checked(frame, schema, schema.__name__.lower())
    return rows if isinstance(frame, pl.DataFrame) else rows.lazy()


def is_sound(frame: AnyFrame, schema: type[dy.Schema]) -> bool:
    """Whether `frame` breaks no law of `schema`. Collects."""
    try:
        validated(frame, schema).lazy().collect()
    except OpinionFrameError:
        return False
    return True


def parted(frame: AnyFrame, schema: type[dy.Schema]) -> tuple[pl.DataFrame, dy.FailureInfo]:
    """The rows of `frame` that break no law of `schema`, and the others with the laws that each breaks. Collects."""
    rows, rules, measures = _measured(frame, schema)
    kept = {rule: ~broken for rule, broken in where_broken(rules, measures).items()}
    judged = rows.with_columns(**kept).collect()
    sound = pl.all_horizontal(*kept)
    return judged.filter(sound).drop(*kept), dy.FailureInfo(judged.filter(~sound).lazy(), list(kept))


def _opinions(frame: AnyFrame, codebook: AnyFrame | None) -> pl.LazyFrame:
    if codebook is not None:
        return opinions_border(frame, codebook_border(codebook))
    rows = typed_columns(frame, Opinions, "opinions")
    measured = rows.group_by(CELL).agg(
        *cell_measures(rows.collect_schema(), 0), pl.col("choice").n_unique().alias("distinct")
    )
    broken = broken_by_themselves(measured)
    return refused_where(frame, rows, broken, broken, OPINIONS)


def _measured(
    frame: AnyFrame, schema: type[dy.Schema]
) -> tuple[pl.LazyFrame, Sequence[Rule], Callable[[str], pl.Expr]]:
    """The typed rows of `frame`, the laws of `schema`, and where a law finds its measures beside each row."""
    if schema is Opinions:
        rows = typed_columns(frame, Opinions, "opinions")
        return rows, OPINIONS, windows(rows.collect_schema().names())
    if schema is Alignment:
        cells = typed_scores(frame)
        return cells, ALIGNMENT, score_windows(cells.collect_schema().names())
    return (
        typed_columns(frame, schema, schema.__name__.lower()),
        laws_of_rows(schema, ROWWISE.get(schema, ())),
        pl.col,
    )
