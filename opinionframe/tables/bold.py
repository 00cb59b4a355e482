"""What is printed bold: means go in; which are best, and beat what is known without a model, comes out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from opinionframe.calibration.baselines import BASELINES
from opinionframe.schemas.frames import UNIFORM

FLOORS = tuple(f"floor of {name}" for name in BASELINES)
"""Columns with what each baseline scores on the cells of a mean; null where that is not known."""


def with_floors(means: pl.DataFrame, on: Sequence[str] = ()) -> pl.DataFrame:
    """`means` with FLOORS: the baselines of the same `on`, such as a dataset, that are over as many cells.

    Baselines stand where any model answered, so that as many cells are the same ones.
    """
    joined = means.with_columns(place=0)
    for name, floor in zip(BASELINES, FLOORS, strict=True):
        known = joined.filter(source=name).select(
            "place", *on, pl.col("alignment").alias(floor), pl.col("n").alias("cells of it")
        )
        same = pl.col("n").eq_missing(pl.col("cells of it"))
        joined = (
            joined.join(known, on=["place", *on], how="left", validate="m:1")
            .with_columns(pl.when(same).then(floor).alias(floor))
            .drop("cells of it")
        )
    uniform = f"floor of {UNIFORM}"
    return joined.drop("place").with_columns(pl.coalesce("baseline", uniform).cast(pl.Float64).alias(uniform))


def is_best(value: str, over: Sequence[str]) -> pl.Expr:
    """Whether a mean in the column `value`, as it is printed, is above its FLOORS and the highest `over` its kind.

    The highest may be below its floors: then nothing is best.

    >>> rows = pl.DataFrame({"kind": ["a", "a", "b"], "mean": [0.8001, 0.7999, 0.6], FLOORS[0]: [0.7, 0.7, 0.65]})
    >>> rows = rows.with_columns(pl.lit(None, pl.Float64).alias(floor) for floor in FLOORS[1:])
    >>> rows.select(is_best("mean", ["kind"])).to_series().to_list()
    [True, True, False]
    """
    printed = as_printed(value)
    above = pl.all_horizontal((printed > as_printed(floor)).fill_null(value=True) for floor in FLOORS)
    return ((printed == printed.max().over(over)) & above).fill_null(value=False)


def as_printed(name: str) -> pl.Expr:
    """A mean as it is printed, in percent with one decimal."""
    return (pl.col(name) * 100).round(1, mode="half_away_from_zero")


def note(means: pl.DataFrame, place: str) -> str:
    """What bold says in a table of `means` with FLOORS, whose best are those of a `place`, such as its column."""
    known = [name for name, floor in zip(BASELINES, FLOORS, strict=True) if means[floor].count()]
    if not known:
        return f"Bold: the highest of its {place}, equal ones all."
    *others, last = known
    floors = f"{', '.join(others)} and {last}" if others else last
    return f"Bold: the highest score of a model in its {place}, equal ones all, where it is above {floors}."
