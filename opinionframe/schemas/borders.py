"""The checks where frames enter a verb: a frame goes in, the same frame, typed and trusted, comes out.

An eager frame is refused at once; a lazy one when it is collected, by a guard inside its plan. A verb checks what it
is given once; the cores that verbs share trust.
"""

from collections.abc import Sequence

import dataframely as dy
import polars as pl

from opinionframe.schemas.columns import AnyFrame, encoded_columns, typed_columns
from opinionframe.schemas.frames import Alignment, Answers, Codebook, Opinions, Prompts
from opinionframe.schemas.keys import CELL
from opinionframe.schemas.lazy import guarded_where
from opinionframe.schemas.measures import cell_measures, score_measures
from opinionframe.schemas.refusal import broken_of, laws_of_rows, reasoned, refuse_cells, refuse_rows
from opinionframe.schemas.rules import ALIGNMENT, ANSWERS, CODEBOOK, OPINIONS, PROMPT_ROWS, Rule
from opinionframe.schemas.soundness import unsound_cells
from opinionframe.schemas.vocabulary import KNOWN_SCORES

__all__ = [
    "AnyFrame",
    "alignment_border",
    "broken_cells",
    "checked",
    "codebook_border",
    "encoded_columns",
    "largest_choice",
    "opinions_border",
    "typed_columns",
]

ROWWISE: dict[type[dy.Schema], Sequence[Rule]] = {Codebook: CODEBOOK, Prompts: PROMPT_ROWS, Answers: ANSWERS}
"""The laws of rows, beside those that the columns declare."""


def opinions_border(frame: AnyFrame, codebook: pl.DataFrame) -> pl.LazyFrame:
    """`frame` as Opinions that fit `codebook`: columns cast, every cell complete and summing to 1. Lazy.

    Raises: FrameError, at once for a DataFrame, on collect for a LazyFrame.
    """
    rows = typed_columns(frame, Opinions, "opinions")
    return refused_where(frame, rows, unsound_cells(rows, codebook), broken_cells(rows, codebook), OPINIONS)


def broken_cells(opinions: pl.LazyFrame, codebook: pl.DataFrame) -> pl.LazyFrame:
    """One row per cell of typed Opinions that breaks a law: its key, `reason` and `detail`. Lazy, one pass."""
    measures = cell_measures(opinions.collect_schema(), largest_choice(codebook))
    return broken_of(opinions.group_by(CELL).agg(*measures), codebook)


def alignment_border(frame: AnyFrame) -> pl.LazyFrame:
    """`frame` as Alignment: columns cast, every cell once, its scores in [0, 1]. Lazy.

    Raises: FrameError, at once for a DataFrame, on collect for a LazyFrame.
    """
    cells = typed_scores(frame)
    measured = cells.group_by(CELL).agg(*score_measures(cells.collect_schema()))
    broken = reasoned(measured, ALIGNMENT)
    return refused_where(frame, cells, broken, broken, ALIGNMENT)


def codebook_border(frame: AnyFrame) -> pl.DataFrame:
    """`frame` as a Codebook. Collects, since a codebook is small and decides the shape of a plan.

    Raises: FrameError.
    """
    return checked(typed_columns(frame, Codebook, "codebook").sort("question", "choice"), Codebook, "codebook")


def checked(frame: AnyFrame, schema: type[dy.Schema], name: str) -> pl.DataFrame:
    """`frame` with the columns of `schema` cast and every law of its rows checked. Collects.

    Raises: FrameError, naming each broken law with counts, example keys and the remedy.
    """
    rows = typed_columns(frame, schema, name).collect()
    keys = schema.primary_key() or schema.column_names()[:3]
    refuse_rows(rows, laws_of_rows(schema, ROWWISE.get(schema, ())), keys, name)
    return rows


def largest_choice(codebook: pl.DataFrame) -> int:
    """The number of choices of the codebook's longest scale."""
    return int(codebook["choice"].to_numpy().max())


def typed_scores(frame: AnyFrame) -> pl.LazyFrame:
    """`frame` with the columns of Alignment in their types, and those scores that may be there as numbers too."""
    have = frame.collect_schema() if isinstance(frame, pl.DataFrame | pl.LazyFrame) else {}
    known = {name: pl.Float64() for name in KNOWN_SCORES if name in have}
    return typed_columns(frame, {**pl.Schema(Alignment), **known}, "aligned")


def refused_where(
    frame: AnyFrame, rows: pl.LazyFrame, doubtful: pl.LazyFrame, broken: pl.LazyFrame, rules: Sequence[Rule]
) -> pl.LazyFrame:
    """`rows`, refused for `broken` cells where `doubtful` has a row: at once, or on collect where `frame` is lazy."""
    name = "aligned" if rules is ALIGNMENT else "opinions"

    def refuse() -> None:
        refuse_cells(broken.collect(), rules, name)

    if not isinstance(frame, pl.DataFrame):
        return guarded_where(rows, doubtful, refuse)
    if doubtful.select(pl.len() > 0).collect().item():
        refuse()
    return rows
