"""Rows of Estimates: the arrays of sources go in; a long frame with intervals comes out."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from opinionframe.estimation.arrays import Flags, Floats, by_cell
from opinionframe.estimation.jeffreys import limits, spread
from opinionframe.estimation.sources import NO_VARIANCE, Estimated, onto_simplex_or_zero, precision
from opinionframe.schemas.estimates import Estimates
from opinionframe.schemas.keys import ROW

SIMULTANEOUS = ("none", "cell", "source")


@dataclass(frozen=True)
class Uncertainty:
    """The coverage of intervals, and which of them hold at once."""

    conf: float
    simultaneous: str

    def alpha(self, choices: Floats) -> Floats:
        """The error of each cell's intervals, by its number of choices; two choices have one interval between them."""
        free = np.where(choices > 2, choices, 1.0)
        shared = {"none": np.ones_like(free), "cell": free, "source": np.full_like(free, free.sum())}
        return np.asarray((1 - self.conf) / shared[self.simultaneous])


def estimate_rows(parts: Iterable[Estimated], book: pl.DataFrame, uncertainty: Uncertainty) -> pl.DataFrame:
    """The rows of all sources, sorted."""
    rows = pl.concat(_rows(part, book, uncertainty) for part in parts)
    return rows.sort(ROW).select(Estimates.column_names())


def _rows(part: Estimated, book: pl.DataFrame, uncertainty: Uncertainty) -> pl.DataFrame:
    choices = part.estimate.shape[1]
    positions = by_cell(part.cells.join(book, on="question", how="left"), part.cells, choices, "position")
    has = by_cell(part.cells.join(book, on="question", how="left").with_columns(prob=1.0), part.cells, choices) > 0
    prob = onto_simplex_or_zero(part.estimate)
    error = np.sqrt(np.maximum(np.diagonal(part.covariance, axis1=1, axis2=2), 0.0))
    alpha = uncertainty.alpha(has.sum(axis=1).astype(float))
    sizes = _sizes(part, prob, error) / _student(part, alpha)[:, None] ** 2
    low, high = limits(prob, sizes, alpha[:, None])
    own = precision(part.survey)
    cell = part.cells.with_columns(
        pl.lit(part.source).alias("source"),
        pl.Series("n", part.survey.n.astype(np.uint32)),
        pl.Series("n_eff", part.size),
        pl.Series("gain", np.divide(part.size, own, out=np.full_like(own, np.nan), where=own > 0)),
        pl.Series("own_weight", part.own_weight),
        pl.Series("method", part.method),
        *_means(part, prob, positions, has, float(1 - uncertainty.conf)),
    )
    known = _with_unseen(error, spread(prob, sizes))
    values = {
        "prob": prob, "estimate": part.estimate, "std_error": known, "conf_low": low, "conf_high": high,
        "tuning": part.tuning,
    }  # fmt: skip
    places, numbers = np.nonzero(has)
    long = cell[places].with_columns(
        pl.Series("choice", (numbers + 1).astype(np.uint8)),
        *(pl.Series(name, value[places, numbers]) for name, value in values.items()),
    )
    return long.with_columns(pl.col(pl.Float64).fill_nan(None))


def _sizes(part: Estimated, prob: Floats, error: Floats) -> Floats:
    """How many people each share is known as well as from: the cell's number where its own error says nothing.

    So it is with composites, whose error is of the cell, and with choices that nobody or everybody gave.
    """
    variance = prob * (1 - prob)
    own = np.divide(
        variance, error**2, out=np.broadcast_to(part.size[:, None], prob.shape).copy(), where=error**2 > NO_VARIANCE
    )
    people = part.survey.estimate
    has_own = np.isfinite(part.own_weight)[:, None] | ~(variance > 0) | (people <= 0) | (people >= 1)
    return np.where(has_own, part.size[:, None], own)


def _student(part: Estimated, alpha: Floats) -> Floats:
    """By how much few sampling units widen the interval of each cell: Student's quantile over that of as many people.

    Those of composites rest on all cells. Reference: Korn and Graubard (1998), Confidence intervals for proportions
    with small expected number of positive counts.
    """
    from scipy import stats

    people = np.maximum(part.survey.n - 1, 1)
    return np.where(np.isfinite(part.own_weight), 1.0, _quantile(part, alpha) / stats.t.isf(alpha / 2, people))


def _means(part: Estimated, prob: Floats, positions: Floats, has: Flags, alpha: float) -> list[pl.Series]:
    """Means on the scale with their errors, and limits within the scale; NaN for nominal questions."""
    place = np.where(has, positions, 0.0)
    mean = (prob * place).sum(axis=1)
    error = np.sqrt(np.maximum(np.einsum("ci,cij,cj->c", place, part.covariance, place), 0.0))
    span = np.where(has, positions, np.inf).min(axis=1), np.where(has, positions, -np.inf).max(axis=1)
    error = _with_unseen(error, _error_unseen(part, prob, place, has))
    half = _quantile(part, alpha) * error
    low, high = np.maximum(mean - half, span[0]), np.minimum(mean + half, span[1])
    named = {"mean": mean, "mean_error": error, "mean_low": low, "mean_high": high}
    return [pl.Series(name, value) for name, value in named.items()]


def _quantile(part: Estimated, alpha: Floats | float) -> Floats:
    """How many errors wide half an interval of each cell is: Student's quantile; the normal one for composites."""
    from scipy import stats

    degrees = np.minimum(part.survey.degrees, np.maximum(part.survey.n - 1, 1))
    own = stats.t.isf(alpha / 2, degrees)
    return np.where(np.isfinite(part.own_weight), stats.norm.isf(alpha / 2), own)


def _with_unseen(error: Floats, unseen: Floats) -> Floats:
    """The errors, with `unseen` where a sample that agrees shows none; NaN where nothing tells them."""
    return np.where(np.isnan(error) | (error**2 > NO_VARIANCE), error, unseen)


def _error_unseen(part: Estimated, prob: Floats, place: Floats, has: Flags) -> Floats:
    """The error of each mean where all answered alike, which shows none: with half an answer more of every choice."""
    size = part.size + has.sum(axis=1) / 2
    share = (prob * part.size[:, None] + has / 2) / size[:, None]
    mean = (share * place).sum(axis=1)
    return np.asarray(np.sqrt(((share * place**2).sum(axis=1) - mean**2) / (size + 1)))
