"""How the frames of a schema are judged: a frame goes in, the same frame, typed and sound, comes out.

An eager frame is refused at once. A lazy one of Opinions or Alignment is refused when it is collected, by a guard
inside its plan, in one pass of sums; laws of rows are checked on the collected rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import dataframely as dy
import polars as pl

from opinionframe.schemas.broken_cells import (
    broken_cells,
    broken_scores,
    broken_without_codebook,
    score_windows,
    windows,
)
from opinionframe.schemas.columns import AnyFrame, typed_columns
from opinionframe.schemas.refusal import laws_of_rows, refuse_rows, refused_where
from opinionframe.schemas.rules import ALIGNMENT, OPINIONS, Rule
from opinionframe.schemas.soundness import unsound_cells
from opinionframe.schemas.vocabulary import KNOWN_SCORES, OPTIONAL

Judged = tuple[pl.LazyFrame, Sequence[Rule], Callable[[str], pl.Expr]]
"""Typed rows, the laws about them, and where a law finds its measures beside each row."""


class Laws(Protocol):
    """What a schema asks about a frame, which is called `name` where it is refused."""

    def sound(self, frame: AnyFrame, schema: type[dy.Schema], name: str) -> pl.LazyFrame:
        """`frame` as `schema`. Raises: FrameError where it breaks a law."""

    def judged(self, frame: AnyFrame, schema: type[dy.Schema], name: str) -> Judged:
        """The rows of `frame` beside what tells which of them are sound."""

    def within(self, codebook: pl.DataFrame) -> "Laws":  # noqa: ARG002  asked by those that know questions
        """The laws for frames that have to fit `codebook`: the same, where a schema knows no questions' choices."""
        return self


@dataclass(frozen=True)
class RowLaws(Laws):
    """Laws of rows: `rules`, and what the columns of the schema declare. `order`: the columns to sort by."""

    rules: Sequence[Rule] = ()
    order: tuple[str, ...] = ()

    def sound(self, frame: AnyFrame, schema: type[dy.Schema], name: str) -> pl.LazyFrame:
        """`frame` typed, ordered, every row checked. Collects, also where it is lazy."""
        typed = typed_columns(frame, schema, name)
        rows = (typed.sort(self.order) if self.order else typed).collect()
        keys = schema.primary_key() or schema.column_names()[:3]
        refuse_rows(rows, laws_of_rows(schema, self.rules), keys, name)
        return rows.lazy()

    def judged(self, frame: AnyFrame, schema: type[dy.Schema], name: str) -> Judged:
        """The typed rows, `rules` and what the columns declare."""
        return typed_columns(frame, schema, name), laws_of_rows(schema, self.rules), pl.col


@dataclass(frozen=True)
class OpinionsLaws(Laws):
    """Laws of cells: complete, each choice once, probabilities that sum to 1.

    `codebook`: the questions and choices that cells have; without one, a question's largest choice stands for its K.
    """

    codebook: pl.DataFrame | None = None

    def within(self, codebook: pl.DataFrame) -> "OpinionsLaws":
        """The laws for opinions that have to fit `codebook`."""
        return OpinionsLaws(codebook)

    def sound(self, frame: AnyFrame, schema: type[dy.Schema], name: str) -> pl.LazyFrame:
        """`frame` typed, its cells checked."""
        rows = typed_columns(frame, schema, name, OPTIONAL)
        if self.codebook is None:
            doubtful = broken = broken_without_codebook(rows)
        else:
            broken, doubtful = broken_cells(rows, self.codebook), unsound_cells(rows, self.codebook)
        return refused_where(frame, rows, doubtful, broken, OPINIONS, name)

    def judged(self, frame: AnyFrame, schema: type[dy.Schema], name: str) -> Judged:
        """The typed rows, with the measures of its cell beside each."""
        rows = typed_columns(frame, schema, name, OPTIONAL)
        return rows, OPINIONS, windows(rows.collect_schema().names(), self.codebook)


class AlignmentLaws(Laws):
    """Laws of scored cells: each once, its scores in [0, 1]."""

    def sound(self, frame: AnyFrame, schema: type[dy.Schema], name: str) -> pl.LazyFrame:
        """`frame` typed, its scores checked."""
        cells = _typed_scores(frame, schema, name)
        broken = broken_scores(cells, ALIGNMENT)
        return refused_where(frame, cells, broken, broken, ALIGNMENT, name)

    def judged(self, frame: AnyFrame, schema: type[dy.Schema], name: str) -> Judged:
        """The typed rows, with the measures of its cell beside each."""
        cells = _typed_scores(frame, schema, name)
        return cells, ALIGNMENT, score_windows(cells.collect_schema().names())


def _typed_scores(frame: AnyFrame, schema: type[dy.Schema], name: str) -> pl.LazyFrame:
    """`frame` with the columns of Alignment in their types, and those scores that may be there as numbers too."""
    have = frame.collect_schema() if isinstance(frame, pl.DataFrame | pl.LazyFrame) else {}
    optional = {name: pl.Float64() for name in KNOWN_SCORES if name in have}
    return typed_columns(frame, {**pl.Schema(schema), **optional}, name)
