"""Cells by what counts alike: differences go in; cells whose plain mean is the weighted one come out."""

from collections.abc import Sequence

import polars as pl

from opinionframe.alignment.estimand import CELL_WEIGHT
from opinionframe.errors import OptionError
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.vocabulary import FIT_INFLUENCE

SHARE = "share of the mean"
"""The column with how many cells a cell counts as, where they do not count alike; all add up to their number."""

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
    and their sums by question are its influences. Where clusters hold groups whole, these are drawn, and the spread of
    their means counts: est + N / (G n_g) (value - est). SHARE has N / (G n_g): questions have much of the mean where
    few others are asked of the same groups.

    Raises: OptionError where `question` meets clusters that differ within a question.
    Reference: Demnati and Rao (2004), Linearization Variance Estimators for Survey Data, for the second.
    """
    if weight == CELL_WEIGHT:
        return cells
    by_unit = _by_question if weight == "question" else _by_group
    return by_unit(cells, keys, cluster, columns)


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


def _by_group(cells: pl.DataFrame, keys: Sequence[str], cluster: Sequence[str], columns: Sequence[str]) -> pl.DataFrame:
    group = list(dict.fromkeys([*keys, "demographic"]))
    share = 1 / pl.len().over(group)
    groups = pl.col("demographic").n_unique().over(keys)
    scale = pl.len().over(keys) * share / groups
    drawn = groups_drawn(keys, cluster)

    def value(name: str) -> pl.Expr:
        mean = (pl.col(name) * share).sum().over(keys) / groups
        centre = pl.when(drawn).then(mean).otherwise(pl.col(name).mean().over(group))
        return (mean + scale * (pl.col(name) - centre)).alias(name)

    values = [value(name) for name in columns]
    if FIT_INFLUENCE in cells.columns:
        values.append((scale * pl.col(FIT_INFLUENCE)).alias(FIT_INFLUENCE))
    return cells.with_columns(*values, scale.alias(SHARE))


def groups_drawn(keys: Sequence[str], cluster: Sequence[str]) -> pl.Expr:
    """Whether, in a comparison, clusters hold groups whole: by demographic, or what is the same all through a group.

    About the means of such groups nothing would be left of what clusters add.
    """
    group = list(dict.fromkeys([*keys, "demographic"]))
    return pl.any_horizontal(
        pl.lit(value=True) if name == "demographic" else (pl.col(name).n_unique().over(group) == 1).all().over(keys)
        for name in cluster
    )
