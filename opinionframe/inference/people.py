"""People redrawn once for all groups: microdata and cells of a reference go in; shares of redrawn people come out."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.errors import FrameError, examples
from opinionframe.inference.blocks import Floats
from opinionframe.inference.steps import Steps
from opinionframe.schemas.borders import AnyFrame
from opinionframe.schemas.demographic import attributes
from opinionframe.schemas.keys import GROUP

TOLERANCE = 1e-4
"""Shares that differ by less are the same, printed to four decimals."""


@dataclass(frozen=True)
class People:
    """The respondents behind the cells of a reference.

    Attributes:
        weight: The weight of each, shape (people,).
        answer: Their choices, 0 for none, shape (people, questions).
        member: Whether they belong to a group, shape (people, groups).
        question: The number of each cell's question, shape (cells,).
        group: The number of each cell's group, the same shape.
    """

    weight: Floats
    answer: NDArray[np.int64]
    member: Floats
    question: NDArray[np.int64]
    group: NDArray[np.int64]

    def shares(self, weights: Floats, choices: int) -> Floats:
        """Share of each choice in each cell under `weights` (people, draws), shape (cells, choices, draws)."""
        sums = np.zeros((len(self.question), choices, weights.shape[1]))
        for question in np.unique(self.question):
            cells = np.flatnonzero(self.question == question)
            for choice in range(choices):
                gave = self.answer[:, question] == choice + 1
                sums[cells, choice] = self.member[gave][:, self.group[cells]].T @ weights[gave]
        return np.asarray(sums / sums.sum(axis=1, keepdims=True))

    def redrawn(self, human: Steps, draws: int, rng: np.random.Generator) -> Floats:
        """What is compared of redrawn people, shape (steps, cells, draws): each with one random weight, in all cells.

        Reference: Rubin (1981), The Bayesian Bootstrap: weights are exponential.
        """
        weights = self.weight[:, None] * rng.standard_exponential((len(self.weight), draws))
        shares = self.shares(weights, human.below.shape[1] + 1)
        summed = np.where(human.by_choice[:, None, None], shares, np.cumsum(shares, axis=1))
        return np.ascontiguousarray(summed[:, :-1].transpose(1, 0, 2))


def people(human: Steps, microdata: AnyFrame, weight: str | None) -> People:
    """The respondents of `microdata` behind the cells of `human`, the reference that was made of them.

    Raises: FrameError for columns that `microdata` lacks, or where it gives other shares than `human` has.
    """
    table = microdata.lazy().collect()
    questions, groups = (human.cells[name].unique().sort().to_list() for name in GROUP)
    classes = {name for group in groups for name, _ in attributes(group)}
    needed = [*questions, *sorted(classes), *([weight] if weight else [])]
    if lacking := [name for name in needed if name not in table.columns]:
        raise FrameError(
            f"microdata lacks {len(lacking)} columns, e.g. {', '.join(lacking[:3])}. It is to be the table that "
            "reference(…) made the human rows of."
        )
    respondents = People(
        weight=table[weight].cast(pl.Float64).to_numpy() if weight else np.ones(len(table)),
        answer=table.select(pl.col(questions).cast(pl.Int64).fill_null(0)).to_numpy(),
        member=table.select(_belongs(group).alias(group) for group in groups).to_numpy().astype(np.float64),
        question=human.cells["question"].replace_strict(questions, range(len(questions))).to_numpy(),
        group=human.cells["demographic"].replace_strict(groups, range(len(groups))).to_numpy(),
    )
    _refuse_others(human, respondents)
    return respondents


def _belongs(demographic: str) -> pl.Expr:
    """Whether a respondent belongs to a group."""
    parts = [pl.col(name).cast(pl.String) == label for name, label in attributes(demographic)]
    return pl.all_horizontal(pl.repeat(value=True, n=pl.len(), dtype=pl.Boolean), *parts).fill_null(value=False)


def _refuse_others(human: Steps, respondents: People) -> None:
    """Raises a FrameError where the people give other shares than the reference has."""
    with np.errstate(invalid="ignore"):
        shares = respondents.shares(respondents.weight[:, None], human.below.shape[1] + 1)[:, :, 0]
    agrees = (np.abs(shares - human.shares()) <= TOLERANCE).all(axis=1)
    differing = human.cells.select(GROUP).filter(pl.Series(~agrees))
    if len(differing):
        raise FrameError(
            f"microdata gives other shares than the reference in {len(differing)} of {len(human.cells)} cells, e.g. "
            f"{examples(differing.rows())}. Pass the table and the weight that reference(…) made the human rows of."
        )
