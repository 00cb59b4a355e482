"""People behind the cells of a reference: microdata go in; what each adds to a mean difference's error comes out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.errors import FrameError, OpinionFrameWarning, examples, warn_user
from opinionframe.inference.blocks import Floats
from opinionframe.inference.slopes import by_choice
from opinionframe.inference.steps import Steps
from opinionframe.microdata.design import PSU, STRATUM, Design
from opinionframe.microdata.weighting import Weight, weight_columns
from opinionframe.schemas.borders import AnyFrame
from opinionframe.schemas.demographic import attributes, belongs
from opinionframe.schemas.keys import GROUP

TOLERANCE = 1e-4
"""Shares that differ by less are the same, printed to four decimals."""


@dataclass(frozen=True)
class People:
    """The respondents behind the cells of a reference.

    Attributes:
        weight: The weight of each for each question, shape (people, questions); 0 where there is none.
        answer: Their choices, 0 for none, shape (people, questions).
        member: Whether they belong to a group, shape (people, groups).
        question: The number of each cell's question, shape (cells,).
        group: The number of each cell's group, the same shape.
        human: The cells.
        unit: The number of each person's stratum and of the unit within it, shape (people, 2).
        replicates: Their replicate weights, shape (people, replicates), and the factors of these, if there are any.
    """

    weight: Floats
    answer: NDArray[np.int64]
    member: Floats
    question: NDArray[np.int64]
    group: NDArray[np.int64]
    human: Steps
    unit: NDArray[np.int64]
    replicates: Floats
    scales: Floats

    def errors(self, of_steps: Floats) -> tuple[Floats, float]:
        """What independent units add to the error of a mean difference with these slopes, and degrees of freedom.

        The sum of squares is the variance: over replicates, or over units within strata, a person being a unit where
        there is no design. Slopes stand for the difference itself, which bends: replicates far from the sample, such as
        half-samples, would pass over the bend.
        """
        if self.replicates.shape[1]:
            return self._replicate_errors(of_steps)
        influence = self._influence(of_steps)
        units, members = np.unique(self.unit, axis=0, return_inverse=True)
        sums = np.bincount(members.reshape(-1), influence, len(units))
        strata, count = np.unique(units[:, 0], return_inverse=True, return_counts=True)[1:]
        count = count.astype(np.float64)
        centred = sums - (np.bincount(strata, sums) / count)[strata]
        factor = np.where(count > 1, count / np.maximum(count - 1, 1), 0.0)
        errors = np.sqrt(factor[strata]) * centred
        return errors, _freedom(errors, len(units) - len(count))

    def shares(self, weights: Floats | None = None) -> Floats:
        """Share of each choice in each cell, shape (cells, choices, columns of `weights`), NaN where nobody has weight.

        `weights` stand for all questions, shape (people, columns); without, people have their own.
        """
        choices = self.human.below.shape[1] + 1
        sums = np.zeros((len(self.question), choices, 1 if weights is None else weights.shape[1]))
        for question in np.unique(self.question):
            cells = np.flatnonzero(self.question == question)
            own = self.weight[:, [question]] if weights is None else weights
            for choice in range(choices):
                gave = self.answer[:, question] == choice + 1
                sums[cells, choice] = self.member[gave][:, self.group[cells]].T @ own[gave]
        total = sums.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(sums, total, out=np.full_like(sums, np.nan), where=total > 0))

    def _influence(self, of_steps: Floats) -> Floats:
        """What each person adds to a mean difference by being who they are, shape (people,), its sum being 0."""
        each = by_choice(of_steps, self.human)
        influence = np.zeros(len(self.weight))
        for question in np.unique(self.question):
            cells = np.flatnonzero(self.question == question)
            member, weight = self.member[:, self.group[cells]], self.weight[:, question]
            answered = self.answer[:, question] > 0
            per_weight = each[cells] / ((weight * answered) @ member)[:, None]
            for choice in range(each.shape[1]):
                gave = self.answer[:, question] == choice + 1
                influence[gave] += weight[gave] * (member[gave] @ per_weight[:, choice])
        return influence

    def _replicate_errors(self, of_steps: Floats) -> tuple[Floats, float]:
        deviations = np.nan_to_num(self.shares(self.replicates) - self.human.shares()[:, :, None])
        errors = np.sqrt(self.scales) * np.einsum("ck,ckr->r", by_choice(of_steps, self.human), deviations)
        return errors, float(np.linalg.matrix_rank(self.replicates) - 1)


def people(human: Steps, microdata: AnyFrame, weight: Weight, design: Design | None) -> People:
    """The respondents of `microdata` behind the cells of `human`, the reference that was made of them.

    Raises: FrameError for columns that `microdata` lacks, or where it gives other shares than `human` has.
    """
    table = microdata.lazy().collect()
    questions, groups = (human.cells[name].unique().sort().to_list() for name in GROUP)
    classes = {name for group in groups for name, _ in attributes(group)}
    of_design = [*design.columns, *design.replicates] if design else []
    needed = [*questions, *sorted(classes), *weight_columns(weight), *of_design]
    if lacking := [name for name in needed if name not in table.columns]:
        raise FrameError(
            f"microdata lacks {len(lacking)} columns, e.g. {', '.join(lacking[:3])}. It is to be the table that "
            "reference(…) made the human rows of."
        )
    own = [weight.get(name) if isinstance(weight, Mapping) else weight for name in questions]
    respondents = People(
        weight=np.column_stack([_numbers(table, [name]) if name else np.ones(len(table)) for name in own]),
        answer=table.select(pl.col(questions).cast(pl.Int64).fill_null(0)).to_numpy(),
        member=table.select(belongs(group).alias(group) for group in groups).to_numpy().astype(np.float64),
        question=human.cells["question"].replace_strict(questions, range(len(questions))).to_numpy(),
        group=human.cells["demographic"].replace_strict(groups, range(len(groups))).to_numpy(),
        human=human,
        unit=_units(table, design),
        replicates=_numbers(table, design.replicates if design else ()),
        scales=np.array(design.scales if design else ()),
    )
    _refuse_others(human, respondents)
    if design and design.replicates:
        _warn_of_empty(respondents)
    return respondents


def _numbers(table: pl.DataFrame, columns: list[str] | tuple[str, ...]) -> Floats:
    """Columns as floats, 0 for null, shape (rows, columns)."""
    if not columns:
        return np.empty((len(table), 0))
    return np.asarray(table.select(pl.col(columns).cast(pl.Float64).fill_null(0.0)).to_numpy())


def _units(table: pl.DataFrame, design: Design | None) -> NDArray[np.int64]:
    """The number of each person's stratum, and of their unit within it, shape (people, 2)."""
    columns = {} if design and design.replicates else (design or Design()).answer_columns()
    alone = {STRATUM: pl.lit(""), PSU: pl.int_range(pl.len())}
    keys = table.with_columns(**alone | columns)
    ranks = keys.select(pl.col(STRATUM, PSU).cast(pl.String).rank("dense").cast(pl.Int64))
    return np.asarray(ranks.fill_null(0).to_numpy())


def _freedom(errors: Floats, most: int) -> float:
    """Degrees of freedom of a sum of squares, by its kurtosis: those of unequal weights are fewer, `most` at most."""
    square, fourth = (errors**2).sum(), (errors**4).sum()
    if not square > 0:
        return 0.0
    spread = fourth - square**2 / len(errors)
    return float(min(most, 2 * square**2 / spread)) if spread > 0 else float(most)


def _refuse_others(human: Steps, respondents: People) -> None:
    """Raises a FrameError where the people give other shares than the reference has."""
    agrees = (np.abs(respondents.shares()[:, :, 0] - human.shares()) <= TOLERANCE).all(axis=1)
    differing = human.cells.select(GROUP).filter(pl.Series(~agrees))
    if len(differing):
        raise FrameError(
            f"microdata gives other shares than the reference in {len(differing)} of {len(human.cells)} cells, e.g. "
            f"{examples(differing.rows())}. Pass the table and the weight that reference(…) made the human rows of."
        )


def _warn_of_empty(respondents: People) -> None:
    """Warns of cells in which replicates are all zero."""
    empty = np.isnan(respondents.shares(respondents.replicates)).any(axis=1).sum(axis=1)
    cells = respondents.human.cells.select(GROUP).with_columns(empty=pl.Series(empty)).filter(pl.col("empty") > 0)
    if len(cells):
        warn_user(
            f"{len(cells)} cells have replicates whose weights are all zero, e.g. {examples(cells.rows())}. They "
            "count as if they left these cells as they are. Join small groups, or set min_n.",
            OpinionFrameWarning,
        )
