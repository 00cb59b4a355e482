"""Redrawn respondents: cells of a source and its reference go in; mean differences under new draws come out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.inference.blocks import Floats
from opinionframe.inference.bootstrap import weights
from opinionframe.inference.steps import Steps
from opinionframe.schemas.keys import GROUP

CHUNK = 50
"""Draws held at once: 50 draws of 400,000 cells are 160 MB."""


@dataclass(frozen=True)
class Sides:
    """The common cells of one pair of sources, sorted by question.

    Attributes:
        one: The places of the first source's cells, shape (cells,).
        other: The places of the other's, the same shape.
        starts: Where each question starts among them, shape (questions,).
        attribute: The number of each cell's attribute, shape (cells,): people belong to one class of each.
    """

    one: NDArray[np.int64]
    other: NDArray[np.int64]
    starts: NDArray[np.int64]
    attribute: NDArray[np.int64]

    def difference(self, distance: Floats) -> Floats:
        """Alignment of the one minus that of the other, from distances of all cells, shape (cells, …)."""
        return np.asarray(distance[self.other] - distance[self.one])

    def parts(self, distance: Floats) -> Floats:
        """What the cells of each attribute add to the mean difference of every draw, shape (draws, attributes)."""
        member = self.attribute == np.arange(self.attribute.max() + 1)[:, None]
        return np.asarray((member / len(self.one)) @ self.difference(distance)).T

    def mean(self, distance: Floats, rng: np.random.Generator) -> Floats:
        """Mean difference of every draw, shape (draws,), its questions drawn with `rng`."""
        table = self.difference(distance)
        sizes = np.diff(np.append(self.starts, len(self.one))).astype(np.float64)
        counts = weights(len(self.starts), table.shape[1], rng)
        return np.asarray((counts.T * np.add.reduceat(table, self.starts, axis=0)).sum(axis=0) / (counts @ sizes))


def distances(source: Steps, human: Steps) -> Floats:
    """Distance of every cell from its reference, shape (cells,), in [0, 1]."""
    return np.asarray((human.width * np.abs(source.below - human.below)).sum(axis=1))


Redraw = Callable[[Steps, int, np.random.Generator], Floats]
"""What draws people anew: cells of the reference, each once, a number of draws and a generator."""


def unique_cells(human: Steps) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The number of each cell's question and group, shape (cells,), and where each number stands first."""
    key = pl.struct(GROUP).rank("dense").cast(pl.Int64) - 1
    cells = human.cells.select(key.alias("cell"))["cell"].to_numpy()
    return cells, np.unique(cells, return_index=True)[1]


def joint_spreads(
    source: Steps, human: Steps, sides: list[Sides], redraw: Redraw, draws: int, seed: int, *, questions: bool
) -> Floats:
    """Standard errors as `spreads` gives them, where `redraw` draws the people of all cells at once."""
    parts, means = _drawn(source, human, sides, redraw, draws, seed, questions=questions)
    if questions:
        return np.asarray(means.std(axis=0, ddof=1))
    return np.array([part.sum(axis=1).std(ddof=1) for part in parts])


def spreads(source: Steps, human: Steps, sides: list[Sides], draws: int, seed: int, *, questions: bool) -> Floats:
    """Standard errors of the mean differences under redrawn respondents, shape (pairs,); `questions` are drawn too.

    People are redrawn in each class of an attribute. The same people make the classes of another one, how far so is
    not known from shares: what attributes add to a mean counts as fully dependent, the most that it can stray.
    """
    parts, means = _drawn(source, human, sides, _redrawn, draws, seed, questions=questions)
    bound = np.array([part.std(axis=0, ddof=1).sum() for part in parts])
    if not questions:
        return bound
    independent = np.array([part.sum(axis=1).var(ddof=1) for part in parts])
    return np.asarray(np.sqrt(means.var(axis=0, ddof=1) + np.maximum(bound**2 - independent, 0)))


def _drawn(
    source: Steps, human: Steps, sides: list[Sides], redraw: Redraw, draws: int, seed: int, *, questions: bool
) -> tuple[list[Floats], Floats]:
    """What each attribute adds to the mean of each pair, shape (draws, attributes), and means with drawn `questions`.

    These have the shape (draws, pairs), and are empty where questions are fixed.
    """
    rng = np.random.default_rng([seed, 0])
    cells, first = unique_cells(human)
    parts: list[list[Floats]] = [[] for _ in sides]
    means: list[list[Floats]] = [[] for _ in sides]
    for start in range(0, draws, CHUNK):
        below = redraw(human.take(first), min(CHUNK, draws - start), rng)
        distance = np.zeros((len(cells), below.shape[2]))
        for step, people_below in enumerate(below):
            distance += human.width[:, [step]] * np.abs(source.below[:, [step]] - people_below[cells])
        for number, side in enumerate(sides):
            parts[number].append(side.parts(distance))
            if questions:
                means[number].append(side.mean(distance, np.random.default_rng([seed, 1, start])))
    together = [np.concatenate(part) for part in parts]
    return together, np.transpose([np.concatenate(mean) for mean in means]) if questions else np.empty((0, len(sides)))


def _redrawn(human: Steps, draws: int, rng: np.random.Generator) -> Floats:
    """What is compared of redrawn respondents, shape (steps, cells, draws), so that a step is one slice.

    A Dirichlet distribution worth `n_eff` respondents, drawn as gammas over their sum.
    """
    mass = human.shares() * human.number("n_eff")[:, None]
    gammas = rng.standard_gamma(mass, size=(draws, *mass.shape))
    summed = np.where(human.by_choice[:, None], gammas, np.cumsum(gammas, axis=2))
    below = summed[:, :, :-1] / gammas.sum(axis=2, keepdims=True)
    return np.ascontiguousarray(below.transpose(2, 1, 0))
