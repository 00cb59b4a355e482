"""The rows summed to cells, wherever they lie: in a Polars frame, or in another engine.

One pass over the rows: the shares of each cell and what tells whether it is sound come from the same group_by.
"""

from dataclasses import dataclass

import polars as pl

from opinionframe import divergence
from opinionframe.schemas.broken_cells import breaks_a_law, broken_cells, broken_of
from opinionframe.schemas.columns import AnyFrame, encoded_columns, typed_columns
from opinionframe.schemas.engine import relation_cells, travelling
from opinionframe.schemas.frames import Opinions
from opinionframe.schemas.keys import CELL, GROUP
from opinionframe.schemas.soundness import is_sound, soundness_sums
from opinionframe.schemas.to_polars import is_relation
from opinionframe.schemas.vocabulary import OPTIONAL


@dataclass(frozen=True)
class Sums:
    """The cells of an Opinions frame, lazily; keys that were Categorical or Enum still are.

    `columns`: the columns of the rows. `cells`: one row per cell, with shares `p1`…, columns `along …` and what
    `sound`, whether a cell breaks no rule, reads beside its question's `k`. `people`: the reference's cells, with
    shares `q1`… and `n_eff` where it is known. `broken`: the cells that break a rule, with the reason.
    """

    columns: list[str]
    cells: pl.LazyFrame
    people: pl.LazyFrame
    sound: pl.Expr
    broken: pl.LazyFrame


def sums(opinions: object, book: pl.DataFrame, reference: str, k_max: int) -> Sums:
    """`opinions`, a Polars frame or a relation, as Sums that tell sound cells apart. A relation's query runs here."""
    if is_relation(opinions):
        return _relation_sums(opinions, book, reference, k_max)
    return _frame_sums(opinions, book, reference, k_max)  # type: ignore[arg-type]  # refused there where it is neither


def trusted_sums(opinions: pl.DataFrame, reference: str, k_max: int) -> Sums:
    """Checked `opinions` as Sums: a cell is sound where it has a reference."""
    rows = opinions.lazy()
    nothing = rows.select(CELL).head(0)
    return Sums(
        opinions.columns,
        _cells(rows, opinions.columns, k_max, []),
        _people(rows, opinions.columns, reference, k_max),
        pl.col("k").is_not_null(),
        nothing,
    )


def _frame_sums(opinions: AnyFrame, book: pl.DataFrame, reference: str, k_max: int) -> Sums:
    rows = encoded_columns(opinions, Opinions, "opinions", OPTIONAL)
    columns = rows.collect_schema().names()
    cells = _cells(rows, columns, k_max, soundness_sums(columns, k_max))
    return Sums(
        columns,
        cells.with_columns(total=divergence.added(pl.col(f"p{j}") for j in range(1, k_max + 1))),
        _people(rows, columns, reference, k_max),
        is_sound(columns, k_max),
        broken_cells(typed_columns(opinions, Opinions, "opinions"), book),
    )


def _cells(rows: pl.LazyFrame, columns: list[str], k_max: int, measures: list[pl.Expr]) -> pl.LazyFrame:
    return rows.group_by(CELL).agg(
        *divergence.masked_sums(k_max, "p", cumulative=False),
        *measures,
        *(pl.col(column).first().alias(f"along {column}") for column in travelling(columns)),
    )


def _people(rows: pl.LazyFrame, columns: list[str], reference: str, k_max: int) -> pl.LazyFrame:
    n_eff = [pl.col("n_eff").first()] if "n_eff" in columns else []
    people = rows.filter(pl.col("source") == reference).group_by(GROUP)
    return people.agg(*divergence.masked_sums(k_max, "q", cumulative=False), *n_eff)


def _relation_sums(relation: object, book: pl.DataFrame, reference: str, k_max: int) -> Sums:
    columns, collected = relation_cells(relation, k_max)
    cells = collected.lazy()
    shares = [pl.col(f"p{j}").alias(f"q{j}") for j in range(1, k_max + 1)]
    n_eff = [pl.col("high n_eff").alias("n_eff")] if "n_eff" in columns else []
    people = cells.filter(pl.col("source") == reference).select(*GROUP, *shares, *n_eff)
    return Sums(columns, cells, people, ~breaks_a_law(collected.columns), broken_of(cells, book))
