"""Slopes: cells of sources and their reference go in; how mean differences move with the reference's shares comes out.

A distance is a sum of absolute differences of shares, and bends where a source's share meets the reference's. On either
side it is a line, and so a difference in alignment has an error that is a sum over people, once its slopes are known.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.inference.blocks import Floats
from opinionframe.inference.steps import Steps
from opinionframe.schemas.keys import GROUP


@dataclass(frozen=True)
class Sides:
    """The common cells of one pair of sources.

    Attributes:
        one: The places of the first source's cells, shape (cells,).
        other: The places of the other's, the same shape.
    """

    one: NDArray[np.int64]
    other: NDArray[np.int64]

    def difference(self, distance: Floats) -> Floats:
        """Alignment of the one minus that of the other, from distances of all cells, shape (cells,)."""
        return np.asarray(distance[self.other] - distance[self.one])


def distances(source: Steps, human: Steps) -> Floats:
    """Distance of every cell from its reference, shape (cells,), in [0, 1]."""
    return np.asarray((human.width * np.abs(source.below - human.below)).sum(axis=1))


def unique_cells(human: Steps) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The number of each cell's question and group, shape (cells,), and where each number stands first."""
    key = pl.struct(GROUP).rank("dense").cast(pl.Int64) - 1
    cells = human.cells.select(key.alias("cell"))["cell"].to_numpy()
    return cells, np.unique(cells, return_index=True)[1]


def slopes(source: Steps, human: Steps, side: Sides, numbers: NDArray[np.int64]) -> Floats:
    """Change of a mean difference with what is compared of each reference cell, shape (reference cells, steps).

    `numbers` are those of each cell's question and group, shape (cells,).
    Where a share of source and reference are equal, the distance grows either way: it counts as growing.
    """
    of_distance = -human.width * np.where(source.below >= human.below, 1.0, -1.0)
    of_mean = np.zeros((numbers.max() + 1, human.below.shape[1]))
    np.add.at(of_mean, numbers[side.other], of_distance[side.other])
    np.add.at(of_mean, numbers[side.one], -of_distance[side.one])
    return np.asarray(of_mean / len(side.one))


def by_choice(of_steps: Floats, human: Steps) -> Floats:
    """Slopes in the share of each choice, shape (cells, choices), from those in what steps compare, less their mean.

    >>> below = np.array([[0.2, 0.7]])
    >>> cells = pl.DataFrame({"metric": ["wasserstein"]})
    >>> by_choice(np.array([[1.0, 1.0]]), Steps(cells, below, np.array([[0.5, 0.5]]))).round(2).tolist()
    [[1.1, 0.1, -0.9]]
    """
    edge = np.zeros((len(of_steps), 1))
    cumulated = np.concatenate([np.cumsum(of_steps[:, ::-1], axis=1)[:, ::-1], edge], axis=1)
    each = np.where(human.by_choice[:, None], np.concatenate([of_steps, edge], axis=1), cumulated)
    return np.asarray(each - (human.shares() * each).sum(axis=1, keepdims=True))
