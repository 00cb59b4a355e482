"""Cells as arrays: differences go in; their sum and number per cluster come out, comparisons side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Block:
    """Comparisons over the same clusters.

    Attributes:
        comparisons: Their places in the table of all comparisons, shape (comparisons,).
        sums: Sum of the differences in each cluster, shape (clusters, comparisons).
        counts: Number of cells of each cluster, the same shape.
    """

    comparisons: NDArray[np.intp]
    sums: Floats
    counts: Floats


def per_cluster(
    cells: pl.DataFrame, keys: Sequence[str], columns: Sequence[str]
) -> tuple[pl.DataFrame, Floats, Floats]:
    """The comparisons in order, and their sums and counts, shape (clusters, comparisons), 0 where absent."""
    clusters = (
        cells.group_by(list(dict.fromkeys([*keys, *columns])))
        .agg(pl.col("difference").sum().alias("sum"), pl.len().alias("count"))
        .with_columns(
            (pl.struct(keys).rank("dense") - 1).alias("comparison"),
            (pl.struct(columns).rank("dense") - 1).alias("cluster"),
        )
    )
    comparisons = clusters.group_by("comparison").agg(pl.col(keys).first()).sort("comparison").select(keys)
    places = (clusters["cluster"].to_numpy(), clusters["comparison"].to_numpy())
    shape = (int(places[0].max()) + 1, len(comparisons))
    sums, counts = np.zeros(shape), np.zeros(shape)
    sums[places], counts[places] = clusters["sum"].to_numpy(), clusters["count"].to_numpy()
    return comparisons, sums, counts


def blocks(sums: Floats, counts: Floats) -> list[Block]:
    """One block for all comparisons that have the same clusters, so that they are resampled together."""
    present = counts > 0
    patterns, pattern_of = np.unique(present, axis=1, return_inverse=True)
    result = []
    for number in range(patterns.shape[1]):
        columns = np.flatnonzero(pattern_of.reshape(-1) == number)
        rows = patterns[:, number]
        result.append(Block(columns, sums[rows][:, columns], counts[rows][:, columns]))
    return result


def gathered(parts: list[Block], results: list[dict[str, Floats]], size: int) -> pl.DataFrame:
    """One row per comparison from the results of all blocks, NaN and infinity as null.

    `results` holds one array per column and block, a value for each of its comparisons; `size` counts all comparisons.
    """
    columns = {name: np.full(size, np.nan) for name in results[0]}
    for block, result in zip(parts, results, strict=True):
        for name, values in result.items():
            columns[name][block.comparisons] = values
    finite = {name: np.where(np.isfinite(values), values, np.nan) for name, values in columns.items()}
    return pl.DataFrame({name: pl.Series(values).fill_nan(None) for name, values in finite.items()})
