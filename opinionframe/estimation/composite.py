"""Composite estimates of cells: people's shares and predictions go in; both weighed by their errors come out.

A prediction that is the same for all people of a group cannot correct the group's own mean: the difference estimator is
then the survey estimate. What it can do is stand beside it, at a weight that its errors in other questions give it. Of
a group with people's shares p (variance v) and a synthetic estimate t, the composite is p W + t (1 - W). With D the
mean squared error of t and c the covariance of both errors, W = (D - c) / (v + D - 2 c) has the least mean squared
error, (v D - c^2) / (v + D - 2 c), which is below v and below D. Sums are over the choices of a cell, so that W is one
number per cell and a composite of distributions a distribution.

D is estimated from the cells of all other questions: the mean of |p - t|^2 - v + 2 c, weighted by their precision, for
W, which has to be told with little noise. That favours large groups, which lie near to their total, and the error that
is claimed is to hold over groups, small ones too: there D is the plain mean over cells, where that is larger. The
synthetic estimate of a question's total is its prediction. That of a group is the total's composite, moved by what the
prediction says of how the group differs from the total, times a slope in [0, 1] fitted on the other questions: a model
that tells nothing of groups has a slope near 0, and groups are then shrunk towards the total of their question.

With fewer than three questions nothing is known of D, and the survey estimate stands.

Reference: Fay and Herriot (1979); Rao and Molina (2015), Small Area Estimation, chapters 4 and 6; Efron and Morris
(1973). All functions take any leading axes, such as draws.
"""

from dataclasses import dataclass

import numpy as np

from opinionframe.estimation.arrays import Flags, Floats, diversity, onto_simplex

ROUNDS = 3
"""Rounds of weighing cells by their precision, which depends on the error that is looked for; three settle it."""

TINY = 1e-12
"""A mean squared error below which there is none."""

PRIOR = 4.0
"""As how many questions, each told without noise, the D of all groups counts beside that of one."""

LEAST = 0.25
"""How far the D of a group may lie below that of all groups, as a share of it."""

FEWEST = 2
"""Other questions from which on they say how far predictions err, and how well that is known."""


@dataclass(frozen=True)
class Composite:
    """Composites of cells.

    Attributes:
        estimate: Shape (..., cells, choices).
        error: Mean squared error, summed over choices, shape (..., cells); NaN where nothing is known of it.
        own_weight: The weight of people's own shares, in [0, 1], the same shape.
        typical: Shares that are nowhere 0, by which an error is dealt to choices, shape (..., cells, choices).
    """

    estimate: Floats
    error: Floats
    own_weight: Floats
    typical: Floats


def composite(
    people: Floats,
    n: Floats,
    synthetic: Floats,
    question: Floats,
    shared: Floats | float = 0.0,
    rest: Floats | float = 1.0,
    group: Floats | None = None,
    floor: Floats | float = 0.0,
) -> Composite:
    """The composite of people's shares and a synthetic estimate.

    Args:
        people: Shares, shape (..., cells, choices), anything where n is 0.
        n: Effective respondents, 0 or more, shape (..., cells).
        synthetic: Shares, shape (..., cells, choices) or (cells, choices).
        question: A 1 in the column of each cell's question, shape (cells, questions).
        shared: By how much the synthetic estimate moves with a cell's own shares, in [0, 1], shape (..., cells).
        rest: To what D is proportional, such as the share of all people who are not of the group, in (0, 1], the same
            shape: the more of the total a group is, the nearer it lies.
        group: A 1 in the column of each cell's group, shape (cells, groups), where groups differ in D: a group's own
            is then averaged with that of all, the more the better the other questions tell it.
        floor: The least that D can be, such as the error of a total that the synthetic estimate leans on.
    """
    spread, typical = _spread(people, n, synthetic)
    own = np.where(n > 0, n, 1.0)
    covariance = shared * spread / own
    error, claimed, doubt = (
        rest * each for each in _prediction_error(people, n, synthetic, question, covariance, spread, rest, group)
    )
    known = np.isfinite(error)
    error = np.where(known, np.maximum(error, np.maximum(covariance, floor)), 0.0)
    denominator = spread / own + error - 2 * covariance
    weight = np.divide(error - covariance, denominator, out=np.ones_like(denominator), where=denominator > 0)
    weight = np.where(n > 0, np.where(known, np.clip(weight, 0, 1), 1.0), 0.0)
    claimed = np.where(known, np.maximum(error, claimed), 0.0)
    least = weight**2 * spread / own + (1 - weight) ** 2 * claimed + 2 * weight * (1 - weight) * covariance
    # That D is uncertain costs a further share, counted twice since W is fitted too: Prasad and Rao (1990).
    fitting = np.where(known & (n > 0), 2 * (spread / own) ** 2 * doubt**2 / np.maximum(denominator, TINY) ** 3, 0.0)
    # People alone would err by no more than their variance, whatever D is.
    least = np.where(n > 0, np.minimum(least + fitting, spread / own), np.where(known, least, np.nan))
    estimate = weight[..., None] * np.where((n > 0)[..., None], people, 0.0) + (1 - weight)[..., None] * synthetic
    return Composite(estimate, least, weight, typical)


def synthetic_groups(
    group_shares: tuple[Floats, Floats],
    totals: tuple[Floats, Composite],
    predictions: tuple[Floats, Floats],
    question: Floats,
) -> Floats:
    """The synthetic estimate of each group, shape (..., cells, choices).

    Args:
        group_shares: People's shares of groups and their n, as in `composite`.
        totals: People's shares of all questions, shape (..., questions, choices), and their composites.
        predictions: Of groups, shape (cells, choices), and of all people, shape (questions, choices).
        question: As in `composite`.
    """
    people, n = group_shares
    total, composed = totals
    of = question.argmax(axis=1)
    contrast = predictions[0] - predictions[1][of]
    weight = np.where(n > 0, n, 0.0)
    observed = np.where((n > 0)[..., None], people - total[..., of, :], 0.0)
    along = (weight * (contrast * observed).sum(axis=-1)) @ question
    across = (weight * (contrast**2).sum(axis=-1)) @ question
    elsewhere = across.sum(axis=-1, keepdims=True) - across
    slope = np.divide(
        along.sum(axis=-1, keepdims=True) - along, elsewhere, out=np.zeros_like(across), where=elsewhere > 0
    )
    slope = np.clip(slope, 0, 1)[..., of]
    return onto_simplex(composed.estimate[..., of, :] + slope[..., None] * contrast)


def _spread(people: Floats, n: Floats, synthetic: Floats) -> tuple[Floats, Floats]:
    """The sum of variances of one person's choices, and the shares behind it: two people more, who are typical."""
    choices = (synthetic > 0).any(axis=tuple(range(synthetic.ndim - 2))) if synthetic.ndim > 2 else synthetic > 0
    choices = choices | (people > 0).any(axis=tuple(range(people.ndim - 2)))
    uniform = choices / choices.sum(axis=-1, keepdims=True)
    counts = np.where((n > 0)[..., None], n[..., None] * people, 0.0)
    typical = (counts + synthetic + uniform) / (n[..., None] + 2)
    return diversity(typical), typical


def _prediction_error(
    people: Floats,
    n: Floats,
    synthetic: Floats,
    question: Floats,
    covariance: Floats,
    spread: Floats,
    rest: Floats | float,
    group: Floats | None,
) -> tuple[Floats, Floats, Floats]:
    """D of each cell over its `rest`, from other questions, each of shape (..., cells).

    Weighted by precision, then by cells alike, and the error of the first.
    """
    counts = n > 1
    noise = diversity(people) / np.where(counts, n - 1, 1.0)
    raw = np.where(counts, ((people - synthetic) ** 2).sum(axis=-1) - noise + 2 * covariance, 0.0) / rest
    # Weights that knew a cell's own shares would favour those that came out alike by chance.
    variance = spread.mean(axis=-1, keepdims=True) / np.where(counts, n, 1.0) / rest
    error, spread_of_mean = np.zeros_like(raw), np.zeros_like(raw)
    last = error
    for _ in range(ROUNDS):
        precision = np.where(counts, 1 / np.maximum(variance + error, TINY), 0.0)
        mean, spread_of_mean = _elsewhere(raw, precision, question)
        last = _not_negative(mean, spread_of_mean)
        error = np.where(np.isfinite(last), last, 0.0)
    plain = _not_negative(*_elsewhere(raw, np.where(counts, 1.0, 0.0), question))
    both = [each if group is None else _by_group(raw, each, variance, counts, group) for each in (last, plain)]
    return both[0], both[1], spread_of_mean


def _by_group(raw: Floats, error: Floats, variance: Floats, counts: Flags, group: Floats) -> Floats:
    """D of each cell's group in other questions, averaged with the D of all groups, which counts as PRIOR questions."""
    known = np.where(np.isfinite(error), error, 0.0)
    told = np.where(counts, (known / np.maximum(variance + known, TINY)) ** 2, 0.0)
    of = group.argmax(axis=1)
    others, sums = ((each @ group)[..., of] - each for each in (told, told * raw))
    averaged = (PRIOR * error + sums) / (PRIOR + np.maximum(others, 0.0))
    return np.maximum(averaged, LEAST * error)


def _not_negative(mean: Floats, error: Floats) -> Floats:
    """The expectation of what is 0 or more, all values being alike beforehand, when its estimate is `mean`.

    An estimate of D below 0 says that D is small, not that predictions are without error.
    Reference: Morris and Tang (2011), Estimating random effects via adjustment for density maximization.
    """
    from scipy import stats

    ratio = np.divide(mean, error, out=np.full_like(mean, np.nan), where=error > 0)
    hazard = np.exp(stats.norm.logpdf(ratio) - stats.norm.logcdf(ratio))
    return np.where(error > 0, mean + error * hazard, mean)


def _elsewhere(values: Floats, weight: Floats, question: Floats) -> tuple[Floats, Floats]:
    """The weighted mean over the cells of all other questions, and its error, for each cell.

    The error counts questions as drawn. NaN where fewer than two others have cells.
    """
    sums, weights = (values * weight) @ question, weight @ question
    has = weights > 0
    others = has.sum(axis=-1, keepdims=True) - has
    rest, sums_elsewhere = (each.sum(axis=-1, keepdims=True) - each for each in (weights, sums))
    enough = others >= FEWEST
    mean = np.divide(sums_elsewhere, rest, out=np.full_like(rest, np.nan), where=enough)
    squares = [each.sum(axis=-1, keepdims=True) - each for each in (sums**2, sums * weights, weights**2)]
    residual = np.maximum(squares[0] - 2 * mean * squares[1] + mean**2 * squares[2], 0.0)
    factor = np.divide(others, others - 1.0, out=np.full_like(rest, np.nan), where=enough)
    error = np.divide(np.sqrt(factor * residual), rest, out=np.full_like(rest, np.nan), where=enough)
    of = question.argmax(axis=1)
    return mean[..., of], error[..., of]
