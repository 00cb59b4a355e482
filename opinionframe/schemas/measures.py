"""What the laws of a cell read: sums, counts and extremes of its rows, as Polars makes them.

`cell_measures` and `score_measures` aggregate; `as_measures` says how a law finds a measure in the row of a cell, and
`windows` beside each row of a frame that is not aggregated.
"""

from collections.abc import Callable, Iterable

import polars as pl

from opinionframe.schemas.demographic import is_malformed
from opinionframe.schemas.keys import CELL
from opinionframe.schemas.rules import SCORE_TOLERANCE
from opinionframe.schemas.vocabulary import KNOWN_SCORES, OPTIONAL


def cell_measures(columns: Iterable[str], k_max: int) -> list[pl.Expr]:
    """Aggregations of the rows of a cell of Opinions with at most `k_max` choices, all of which stream."""
    choice, prob = pl.col("choice"), pl.col("prob")
    return [
        pl.len().alias("rows"),
        *((choice == j).any().alias(f"has{j}") for j in range(1, k_max + 1)),
        choice.max().alias("top"),
        choice.min().alias("bottom"),
        choice.is_null().sum().alias("keyless"),
        (prob.is_null() | prob.is_nan()).sum().alias("unknown"),
        (prob < 0).sum().alias("negative"),
        prob.sum().alias("total"),
        *extremes(columns),
    ]


def score_measures(columns: Iterable[str]) -> list[pl.Expr]:
    """Aggregations of the rows of a cell of Alignment."""
    optional = [name for name in KNOWN_SCORES if name in columns]
    return [
        pl.len().alias("rows"),
        (~_is_score(pl.col("alignment")).fill_null(value=False)).sum().alias("unscored"),
        pl.sum_horizontal(pl.lit(0), *((~_is_score(pl.col(name))).sum() for name in optional)).alias("outside"),
    ]


def extremes(columns: Iterable[str]) -> list[pl.Expr]:
    """Least, largest and known values of the optional columns; a NaN, which extremes pass over, counts as -1."""
    values = {name: pl.col(name).cast(pl.Float64).fill_nan(-1.0) for name in OPTIONAL if name in columns}
    return [
        part.alias(f"{what} {name}")
        for name, value in values.items()
        for what, part in (("low", value.min()), ("high", value.max()), ("known", value.count()))
    ]


def as_measures(columns: Iterable[str]) -> Callable[[str], pl.Expr]:
    """How a law finds a measure in the row of a cell that has `columns`: a column, or what follows from the others."""
    have = set(columns)
    derived = {"unkeyed": pl.any_horizontal(pl.col(CELL).is_null()), "malformed": is_malformed()}
    if "distinct" not in have:
        derived["distinct"] = pl.sum_horizontal(pl.col("^has[0-9]+$").cast(pl.UInt32))
    absent = {"known": pl.lit(0), "low": pl.lit(None, pl.Float64), "high": pl.lit(None, pl.Float64)}
    for name in OPTIONAL:
        if f"known {name}" not in have:
            derived |= {f"{what} {name}": value for what, value in absent.items()}
    return lambda name: derived.get(name, pl.col(name))


def windows(columns: Iterable[str]) -> Callable[[str], pl.Expr]:
    """The measures of its cell beside each row, without a codebook: a question's largest choice stands for its k."""
    parts = {part.meta.output_name(): part.over(CELL) for part in cell_measures(columns, 0)}
    return _beside(
        parts | {"distinct": pl.col("choice").n_unique().over(CELL), "k": pl.col("choice").max().over("question")}
    )


def score_windows(columns: Iterable[str]) -> Callable[[str], pl.Expr]:
    """The same for Alignment."""
    return _beside({part.meta.output_name(): part.over(CELL) for part in score_measures(columns)})


def _beside(parts: dict[str, pl.Expr]) -> Callable[[str], pl.Expr]:
    derived = as_measures(parts)
    return lambda name: parts.get(name, derived(name))


def _is_score(value: pl.Expr) -> pl.Expr:
    return value.is_between(-SCORE_TOLERANCE, 1 + SCORE_TOLERANCE)
