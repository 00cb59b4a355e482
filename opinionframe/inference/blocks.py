"""Cells as arrays: the sum and number of differences per cluster, comparisons side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Block:
    """Comparisons over the same clusters. `sums` and `counts`: shape (clusters, comparisons)."""

    comparisons: NDArray[np.intp]
    sums: Floats
    counts: Floats


def per_cluster(
    cells: pl.DataFrame, keys: Sequence[str], columns: Sequence[str]
) -> tuple[pl.DataFrame, Floats, Floats]:
    """The comparisons in order, and their sums and counts, shape (clusters, comparisons), 0 where absent."""
    sums = (
        cells.group_by(*keys, *columns)
        .agg(pl.col("difference").sum().alias("sum"), pl.len().alias("count"))
        .with_columns(
            (pl.struct(keys).rank("dense") - 1).alias("comparison"),
            (pl.struct(columns).rank("dense") - 1).alias("cluster"),
        )
    )
    comparisons = sums.group_by("comparison").agg(pl.col(keys).first()).sort("comparison").select(keys)
    at = (sums["cluster"].to_numpy(), sums["comparison"].to_numpy())
    shape = (int(at[0].max()) + 1, len(comparisons))
    total, count = np.zeros(shape), np.zeros(shape)
    total[at], count[at] = sums["sum"].to_numpy(), sums["count"].to_numpy()
    return comparisons, total, count


def blocks(sums: Floats, counts: Floats) -> list[Block]:
    """Comparisons gathered by the clusters they have, so that each block is resampled as a whole."""
    present = counts > 0
    patterns, member = np.unique(present, axis=1, return_inverse=True)
    found = []
    for number in range(patterns.shape[1]):
        columns = np.flatnonzero(member.reshape(-1) == number)
        rows = patterns[:, number]
        found.append(Block(columns, sums[rows][:, columns], counts[rows][:, columns]))
    return found


def gathered(found: list[Block], results: list[dict[str, Floats]], size: int) -> pl.DataFrame:
    """Results of all blocks in the order of the comparisons, NaN and infinity as null."""
    columns = {name: np.full(size, np.nan) for name in results[0]}
    for block, result in zip(found, results, strict=True):
        for name, values in result.items():
            columns[name][block.comparisons] = values
    finite = {name: np.where(np.isfinite(values), values, np.nan) for name, values in columns.items()}
    return pl.DataFrame({name: pl.Series(values).fill_nan(None) for name, values in finite.items()})
