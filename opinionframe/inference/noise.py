"""Sampling noise of a distribution function: shares and sizes go in; expected differences of two samples come out."""

import numpy as np
from numpy.typing import NDArray

from opinionframe.inference.blocks import Floats

LARGE = 5_000.0
"""Beyond this size the normal approximation of a share is within a few parts in 10^5 of exact, and faster."""

FRACTIONAL = 150.0
"""Up to this size one that is no whole number is exact; beyond, where the series overflows, it lies between its
whole neighbours, within 2 parts in 10^6."""

ROUNDING = 1e-6
"""Shares printed to six decimals miss a whole count by less than this, times the count; nothing hangs on it."""


def between_halves(below: Floats, n: Floats) -> Floats:
    """Mean |share below in one half - in the other| over all ways to halve the sample. Shape (cells, steps).

    It estimates without bias how far two samples of n / 2 differ, which the square root of an
    estimated F (1 - F) does not: at small shares that falls far short. Counts that weights made
    fractional are interpolated.

    >>> between_halves(np.array([[0.5]]), np.array([4.0])).round(4).tolist()
    [[0.3333]]
    """
    size = np.broadcast_to(n[:, None], below.shape)
    count = np.minimum(below, 1 - below) * size
    whole = np.floor(count + ROUNDING)
    part = np.clip(count - whole, 0, 1)
    gap = (1 - part) * _split_gap(whole, size) + part * _split_gap(whole + 1, size)
    return np.where(count <= ROUNDING, 0.0, gap)


def second_sample(below: Floats, n: Floats) -> Floats:
    """Expected |difference| of the shares below a step between two samples of `n`: halves, extrapolated to `n`."""
    product = below * (1 - below)
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = two_samples(product, n) / two_samples(product, n / 2)
    return between_halves(below, n) * np.where(product > 0, growth, 0)


def two_samples(product: Floats, n: Floats) -> Floats:
    """E|X - Y| / n for X and Y binomial with `n` draws and p (1 - p) = `product`, also for a fractional n.

    >>> two_samples(np.array([[0.25]]), np.array([2.0])).tolist()
    [[0.375]]
    """
    size = np.broadcast_to(n[:, None], product.shape)
    bounded = np.minimum(size, LARGE)
    whole = np.where(bounded <= FRACTIONAL, bounded, np.floor(bounded))
    part = bounded - whole
    between = ((1 - part) * _mean_gap(product, whole) + part * _mean_gap(product, whole + 1)) / bounded
    return np.where(size <= LARGE, between, np.sqrt(4 * product / np.pi / size))


def _mean_gap(product: Floats, size: Floats) -> Floats:
    """E|X - Y| of two binomials.

    Reference: Ramasubban (1958), The Mean Difference and the Mean Deviation of some Discontinuous
    Distributions, in the form 2 n p q 2F1(1 - n, 1/2; 2; 4 p q).
    """
    from scipy import special

    gap: Floats = 2 * size * product * special.hyp2f1(1 - size, 0.5, 2, 4 * product)
    return gap


def _split_gap(count: Floats, size: Floats) -> Floats:
    """E|2 X - count| / (size / 2), X the part of `count` marked people that falls into one half: hypergeometric.

    Reference: Ramasubban (1958); the mean deviation is 2 v (v + size / 2 - count) / size x P(X = v),
    v the first whole number above count / 2.
    """
    from scipy.special import gammaln

    def log_choose(top: Floats, bottom: Floats) -> Floats:
        result: Floats = gammaln(top + 1) - gammaln(bottom + 1) - gammaln(top - bottom + 1)
        return result

    half = size / 2
    v = np.floor(count / 2) + 1
    possible = (v <= half) & (v <= count)
    first, other = np.where(possible, v, 0), np.where(possible, half - v, 0)
    log_chance = log_choose(count, first) + log_choose(size - count, other) - log_choose(size, half)
    deviation = 2 * v * (v + half - count) / size * np.exp(log_chance)
    return np.where(possible, 2 * deviation / half, 0.0)


def covariance(below: Floats, n: Floats, by_choice: NDArray[np.bool_]) -> Floats:
    """Covariance of the sample's distribution function, shape (cells, steps, steps): F_i (1 - F_j) / n for i <= j.

    Where `by_choice`, of shape (cells,), that of its shares: p_i (1 - p_i) / n, and -p_i p_j / n beside the diagonal.
    """
    lower = np.minimum(below[:, :, None], below[:, None, :])
    upper = np.maximum(below[:, :, None], below[:, None, :])
    product = lower * (1 - upper)
    if by_choice.any():
        multinomial = np.eye(below.shape[1]) * below[:, None, :] - below[:, :, None] * below[:, None, :]
        product = np.where(by_choice[:, None, None], multinomial, product)
    matrix: Floats = product / n[:, None, None]
    return matrix


def folded_spread(below: Floats, width: Floats, variance: Floats, by_choice: NDArray[np.bool_]) -> Floats:
    """Standard deviation of sum width |N_j| per cell, N normal about 0 with `variance` x one person's covariance."""
    sigma = covariance(below, 1 / variance, by_choice)
    scale = np.sqrt(np.einsum("ckk->ck", sigma))
    outer = scale[:, :, None] * scale[:, None, :]
    rho = np.clip(np.divide(sigma, outer, out=np.zeros_like(sigma), where=outer > 0), -1, 1)
    joint = outer * (2 / np.pi) * (np.sqrt(1 - rho**2) + rho * np.arcsin(rho) - 1)
    spread: Floats = np.sqrt(np.maximum(np.einsum("ci,cij,cj->c", width, joint, width), 0))
    return spread
