"""Estimands by name: which cells a mean is over, and what counts alike in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from opinionframe.errors import check_option

ESTIMAND = "estimand"
"""The column that says what a mean is over."""

CELL_WEIGHT = "cell"
UNITS = {CELL_WEIGHT: "cells", "question": "questions, each counting alike", "group": "groups, each counting alike"}
"""What a mean can be over, in print."""

COLUMNS = {"question": "question", "group": "demographic"}
"""The column whose values count alike."""

KEEP = "keep"
LEAVE_OUT = "leave out"
OVERLAPS = (LEAVE_OUT, KEEP)

COMMON = "common"
OWN = "own"
CELLS = (COMMON, OWN)


@dataclass(frozen=True)
class Estimand:
    """What a mean is over.

    Attributes:
        weight: What counts alike: every `cell`, so that a question asked of more groups counts more; every `question`,
            whatever its groups; or every `group`, whatever its questions.
        overlap: `leave out` cells of `all` and of intersections beside their parts, or `keep` them.
        cells: `common` to all sources, or each source's `own`.

    Raises: OptionError for one that does not exist.
    """

    weight: str = CELL_WEIGHT
    overlap: str = LEAVE_OUT
    cells: str = COMMON

    def __post_init__(self) -> None:
        """Refuses what does not exist."""
        check_option("weight", self.weight, tuple(UNITS))
        check_option("overlap", self.overlap, OVERLAPS)
        check_option("cells", self.cells, CELLS)

    def within(self, by: Sequence[str]) -> "Estimand":
        """That of means by `by`: where these keep groups apart, cells of `all` and of intersections stay."""
        return replace(self, overlap=KEEP) if {"demographic", "attribute"} & set(by) else self

    def __str__(self) -> str:
        """In print.

        >>> print(Estimand(weight="question"))
        mean over questions, each counting alike, on common cells, without all and intersections beside their parts
        """
        if self.cells == OWN:
            return self.of_pairs()
        return self._over(" common to all sources" if self.weight == CELL_WEIGHT else ", on common cells")

    def of_pairs(self) -> str:
        """The mean of a comparison in print, whose cells are those that both sources have.

        >>> Estimand(overlap="keep").of_pairs()
        'mean over cells'
        """
        return self._over("")

    def _over(self, common: str) -> str:
        left_out = "" if self.overlap == KEEP else ", without all and intersections beside their parts"
        return f"mean over {UNITS[self.weight]}{common}{left_out}"


def in_lines(estimand: str) -> list[str]:
    """What a mean is over, in lines that are short enough for the title of an axis.

    >>> in_lines(str(Estimand(cells="own")))
    ['mean over cells,', 'without all and intersections beside their parts']
    """
    return estimand.replace(", without all and ", ",\nwithout all and ").split("\n")


BY_CELL = Estimand()
"""What means are over where nothing else is said."""


def with_weights(rows: pl.LazyFrame, names: Sequence[str], keys: Sequence[str], weight: str) -> pl.LazyFrame:
    """`rows` with the weight of each of the columns `names` in a mean within `keys`, under `weight of …`. Lazy.

    The values of one question, or group, share a weight of 1; what is null has none.
    """

    def count(name: str) -> pl.Expr:
        if weight == CELL_WEIGHT:
            return pl.lit(1.0)
        return pl.col(name).is_not_null().sum().over(list(dict.fromkeys([*keys, COLUMNS[weight]])))

    return rows.with_columns(
        pl.when(pl.col(name).is_not_null()).then(1 / count(name)).alias(f"weight of {name}") for name in names
    )


def weighted_means(rows: pl.LazyFrame, names: Sequence[str], keys: Sequence[str], weight: str) -> pl.LazyFrame:
    """One row per `keys` with the mean of each of the columns `names`, over the rows where it is known. Lazy.

    >>> rows = pl.LazyFrame({"source": "m", "question": ["a", "a", "b"], "alignment": [0.5, 0.7, 0.9]})
    >>> weighted_means(rows, ["alignment"], ["source"], "question").collect().row(0)
    ('m', 0.75)
    """
    return with_weights(rows, names, keys, weight).group_by(keys).agg(weighted_mean(name) for name in names)


def weighted_mean(name: str) -> pl.Expr:
    """The mean of a column with its weight beside it; null where nothing is known."""
    weight = pl.col(f"weight of {name}")
    return pl.when(weight.count() > 0).then((pl.col(name) * weight).sum() / weight.sum()).alias(name)


def weighted_deviation(name: str) -> pl.Expr:
    """The standard deviation over cells about the weighted mean; null for one cell."""
    weight, count = pl.col(f"weight of {name}"), pl.len().cast(pl.Float64)
    squares = weight * (pl.col(name) - (pl.col(name) * weight).sum() / weight.sum()).pow(2)
    return pl.when(count > 1).then((squares.sum() / weight.sum() * count / (count - 1)).sqrt()).alias("std_dev")
