"""Moments of a sample: respondents and their predictions go in; weighted means with their covariances come out.

The variance is that of `reference`: by the design where there is one (Taylor linearisation for units drawn with
replacement within strata, a group being a domain of the whole sample; or replicates), else for respondents drawn
independently, sum of (w e)^2 / (sum of w)^2, which is p (1 - p) / n_eff with Kish's n_eff for equal weights.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from opinionframe.estimation.arrays import Flags, Floats, Ints, one_hot
from opinionframe.estimation.cross_fitting import FOLD
from opinionframe.microdata.design import Design
from opinionframe.microdata.weighting import Weighted
from opinionframe.schemas.demographic import belongs
from opinionframe.schemas.vocabulary import SMALLEST_SAMPLE

RANK = 1e-10
"""A squared singular value below this share of the largest counts as 0: weights are known to some five digits."""


@dataclass(frozen=True)
class Moments:
    """What a sample says of one cell about the answers y and the predictions f of its respondents, by choice.

    Attributes:
        n: How many gave a choice.
        n_eff: Kish's effective size.
        y: Weighted share of each choice, shape (choices,).
        f: Weighted mean of the predictions, the same shape.
        covariance: Of the means (y, f), shape (2 choices, 2 choices); NaN where the sample tells nothing of it.
        cross: Weighted covariance of y and f between respondents, shape (choices,).
        square: Weighted variance of f between respondents, the same shape.
        degrees: Of freedom of the covariance: units less strata that the cell's respondents are in.
    """

    n: int
    n_eff: float
    y: Floats
    f: Floats
    covariance: Floats
    cross: Floats
    square: Floats
    degrees: float


@dataclass(frozen=True)
class People:
    """The respondents of one part of a sample, which shares a weight and a design.

    Attributes:
        table: Their microdata.
        weight: Shape (people,).
        variance: From weighted residuals over the group's weight, shape (people, columns), to the covariance of sums.
        degrees: From who is in a cell, shape (people,), to the degrees of freedom of that.
        replicates: Weights of replicates, shape (people, replicates), with the factor of each; or None.
    """

    table: pl.DataFrame
    weight: Floats
    variance: Callable[[Floats], Floats]
    degrees: Callable[[Flags], float]
    replicates: tuple[Floats, Floats] | None

    @property
    def fold(self) -> Ints:
        """The fold of each respondent; 0 where they are not dealt into folds."""
        return self.table[FOLD].to_numpy() if FOLD in self.table.columns else np.zeros(len(self.table), dtype=np.int64)

    def belongs(self, demographic: str) -> Flags:
        """Whether each respondent belongs to a group, shape (people,)."""
        return self.table.select(belongs(demographic).alias("member"))["member"].to_numpy()

    def answers(self, question: str) -> Ints:
        """The choice of each respondent, 0 for none, shape (people,)."""
        return self.table[question].cast(pl.Float64).fill_null(0).cast(pl.Int64).to_numpy()

    def moments(self, member: Flags, answers: Ints, predictions: Floats) -> Moments:
        """The moments of those who are members and gave a choice; `predictions` has shape (people, choices)."""
        choices = predictions.shape[1]
        inside = member & (answers > 0) & (self.weight > 0)
        values = np.hstack([one_hot(answers[inside] - 1, choices), predictions[inside]])
        weight = self.weight[inside] / self.weight[inside].sum()
        means = weight @ values
        residuals = values - means
        between = residuals.T @ (residuals * weight[:, None])
        covariance = self._covariance(inside, values, means, residuals * weight[:, None])
        return Moments(
            int(inside.sum()),
            float(1 / (weight**2).sum()),
            means[:choices],
            means[choices:],
            covariance,
            between[np.arange(choices), choices + np.arange(choices)],
            between[choices + np.arange(choices), choices + np.arange(choices)],
            max(self.degrees(inside), 1.0),
        )

    def _covariance(self, inside: Flags, values: Floats, means: Floats, scores: Floats) -> Floats:
        if inside.sum() < SMALLEST_SAMPLE:
            return np.full((len(means), len(means)), np.nan)
        if self.replicates is None:
            padded = np.zeros((len(inside), len(means)))
            padded[inside] = scores
            return self.variance(padded)
        weights, scales = self.replicates
        totals = weights[inside].sum(axis=0)
        kept = totals > 0
        deviations = (weights[inside][:, kept] / totals[kept]).T @ values - means
        return np.asarray((deviations * scales[kept, None]).T @ deviations)


def people(part: Weighted[pl.DataFrame]) -> People:
    """The respondents of a part of a sample that is checked."""
    table = part.microdata
    weight = np.ones(len(table)) if part.weight is None else table[part.weight].cast(pl.Float64).to_numpy()
    design = part.design
    if design is None:
        return People(table, weight, lambda scores: np.asarray(scores.T @ scores), _independent, None)
    if design.replicates:
        replicates = table.select(pl.col(design.replicates).cast(pl.Float64)).to_numpy()
        return People(table, weight, np.zeros_like, _replicated(replicates), (replicates, np.array(design.scales)))
    return People(table, weight, *_linearised(table, design), None)


def _independent(inside: Flags) -> float:
    return float(inside.sum() - 1)


def _replicated(replicates: Floats) -> Callable[[Flags], float]:
    """The rank of the replicates less 1, as in R's `degf`."""

    def degrees(inside: Flags) -> float:
        sizes = np.linalg.eigvalsh(replicates[inside].T @ replicates[inside])
        return float((sizes > RANK * sizes.max()).sum() - 1)

    return degrees


def _linearised(table: pl.DataFrame, design: Design) -> tuple[Callable[[Floats], Floats], Callable[[Flags], float]]:
    """The covariance of a sum of scores by strata and units, and its degrees of freedom.

    It is the sum over strata of m/(m-1) x (sum of z z' - (sum z)(sum z)' / m).
    """
    stratum = _numbered(table, design.strata) if design.strata else np.zeros(len(table), dtype=np.int64)
    unit = _numbered(table, design.psu) if design.psu else np.arange(len(table))
    pairs, number = np.unique(np.stack([stratum, unit]), axis=1, return_inverse=True)
    number = np.asarray(number).reshape(-1)
    units = np.bincount(pairs[0])
    factor = np.where(units > 1, units / np.maximum(units - 1, 1), 0.0)

    def covariance(scores: Floats) -> Floats:
        sums = np.zeros((pairs.shape[1], scores.shape[1]))
        np.add.at(sums, number, scores)
        by_stratum = one_hot(pairs[0], len(units)).T @ sums
        inner = (sums * factor[pairs[0], None]).T @ sums
        return np.asarray(inner - (by_stratum * (factor / np.maximum(units, 1))[:, None]).T @ by_stratum)

    def degrees(inside: Flags) -> float:
        return float(len(np.unique(number[inside])) - len(np.unique(stratum[inside])))

    return covariance, degrees


def _numbered(table: pl.DataFrame, column: str) -> Ints:
    return table.select(pl.col(column).cast(pl.String).rank("dense").cast(pl.Int64) - 1)[column].to_numpy()


def parts_of(parts: Iterator[Weighted[pl.DataFrame]]) -> list[tuple[People, list[str]]]:
    """The respondents of each part, and its questions."""
    return [(people(part), part.codebook["question"].unique(maintain_order=True).to_list()) for part in parts]
