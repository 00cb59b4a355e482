"""Cells by what counts alike: differences go in; cells whose plain mean is the weighted one come out."""

from collections.abc import Sequence

import polars as pl

from opinionframe.alignment.estimand import CELL_WEIGHT
from opinionframe.errors import OptionError
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.vocabulary import FIT_INFLUENCE

DIFFERENCE = ("difference",)


def weighted(
    cells: pl.DataFrame,
    keys: Sequence[str],
    weight: str,
    cluster: Sequence[str],
    columns: Sequence[str] = DIFFERENCE,
) -> pl.DataFrame:
    """`cells` of comparisons `keys` such that tests of means of `columns` are tests of the means that `weight` names.

    For `question` a question's mean stands for its cells. For `group` every cell has the value that it adds to the mean
    of group means to the first order, est + N / (G n_g) (value - mean of the group): their mean is the estimate,
    and their sums by question are its influences.

    Raises: OptionError where `question` meets clusters that differ within a question.
    Reference: Demnati and Rao (2004), Linearization Variance Estimators for Survey Data, for the second.
    """
    if weight == CELL_WEIGHT:
        return cells
    return _by_question(cells, keys, cluster, columns) if weight == "question" else _by_group(cells, keys, columns)


def with_cells(table: pl.DataFrame, cells: pl.DataFrame, keys: Sequence[str], weight: str) -> pl.DataFrame:
    """`table` of comparisons `keys` with `n`, the number of their `cells`, also where questions stand for these."""
    if weight != "question":
        return table
    counts = cells.group_by(keys).agg(pl.len().cast(pl.UInt32).alias("n"))
    return table.drop("n").join(counts, on=list(keys), how="left", nulls_equal=True, maintain_order="left")


def _by_question(
    cells: pl.DataFrame, keys: Sequence[str], cluster: Sequence[str], columns: Sequence[str]
) -> pl.DataFrame:
    unit = list(dict.fromkeys([*keys, "question"]))
    others = [name for name in dict.fromkeys([*cluster, *GROUP]) if name not in unit]
    for name in others:
        if name in cluster and cells.group_by(unit).agg(pl.col(name).n_unique())[name].max() > 1:  # type: ignore[operator]
            raise OptionError(
                f"weight='question' gives each question one value, and {name!r}, by which it is to be clustered, "
                "differs within questions. Cluster by question, or take weight='cell' or 'group'."
            )
    values = [pl.col(name).mean() for name in columns]
    if FIT_INFLUENCE in cells.columns:
        influence = pl.col(FIT_INFLUENCE)
        values.append(pl.when(influence.is_not_null().all()).then(influence.mean()).alias(FIT_INFLUENCE))
    return cells.group_by(unit).agg(*(pl.col(name).sort().first() for name in others), *values)


def _by_group(cells: pl.DataFrame, keys: Sequence[str], columns: Sequence[str]) -> pl.DataFrame:
    group = list(dict.fromkeys([*keys, "demographic"]))
    share = 1 / pl.len().over(group)
    groups = pl.col("demographic").n_unique().over(keys)
    scale = pl.len().over(keys) * share / groups
    values = [
        (pl.col(name) * share).sum().over(keys) / groups + scale * (pl.col(name) - pl.col(name).mean().over(group))
        for name in columns
    ]
    if FIT_INFLUENCE in cells.columns:
        values.append((scale * pl.col(FIT_INFLUENCE)).alias(FIT_INFLUENCE))
    return cells.with_columns(values)
