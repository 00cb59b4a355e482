"""What a perfect model is expected to score: shares of a sample and its size go in; their expected error comes out.

A perfect model answers as the population does. It is scored against a sample, and a share below a step of the scale, or
of a choice, strays from the population's as a binomial share does. How far is estimated from the sample's own share.

No such estimate is right on average for every population: with n people it is a polynomial of degree n in the share,
and the truth has kinks. Tried and left: the least worst error, a quarter lower for the worst yes-no question and higher
for most scales; a prior from all cells, by which a cell's ceiling would hang on others (reports/inference/ceiling.md).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LARGEST = 200
"""People up to whom the estimate is fitted to exact sums; beyond, the normal approximation misses by 0.0003 at most."""

RIDGE = 1.0
"""Holds the estimate near the normal approximation, as a ridge of this over n^2, and 0.01 at least: without it the
estimates of single cells would swing from below 0 to several times the truth."""


def expected_error(share: Floats, n: Floats) -> Floats:
    """E|share of a sample of `n` people - the population's|, estimated from the sample's `share`; elementwise.

    Between whole numbers of people it is interpolated.

    >>> expected_error(np.array([0.0, 0.5, 0.9]), np.array([50.0, 50.0, 500.0])).round(4).tolist()
    [0.0, 0.057, 0.0107]
    """
    normal = np.sqrt(2 / np.pi * np.clip(share * (1 - share), 0, None) / np.maximum(n - 1, 1))
    small = n <= LARGEST
    sizes = np.where(small, n, 2.0)
    whole = np.clip(np.floor(sizes), 1, LARGEST - 1).astype(np.int64)
    table = _table(tuple(int(size) for size in np.unique([whole, whole + 1])))
    part = sizes - whole
    fitted = (1 - part) * _interpolated(table, whole, share) + part * _interpolated(table, whole + 1, share)
    return np.where(small, fitted, normal)


def _interpolated(table: Floats, size: NDArray[np.int64], share: Floats) -> Floats:
    """The table's value at `share` of `size` people, between whole counts on a line."""
    count = np.clip(share, 0, 1) * size
    low = np.minimum(np.floor(count).astype(np.int64), size - 1)
    part = count - low
    return np.asarray((1 - part) * table[size, low] + part * table[size, low + 1])


@lru_cache(maxsize=8)
def _table(sizes: tuple[int, ...]) -> Floats:
    """The estimates of each size, shape (LARGEST + 1, LARGEST + 1): row n, column how many of n."""
    table = np.zeros((LARGEST + 1, LARGEST + 1))
    for size in sizes:
        table[size, : size + 1] = _estimates(size)
    return table


@lru_cache(maxsize=LARGEST)
def _estimates(n: int) -> Floats:
    """The expected error estimated from each count 0 to n, shape (n + 1,).

    The values whose mean over samples lies nearest the exact expectation, by least squares over all population shares.
    Nobody, or everybody, counts as 0: an answer that nobody gives is no error.
    """
    count = np.arange(n + 1)
    start = np.sqrt(2 / np.pi * (count / n) * (1 - count / n) / max(n - 1, 1))
    share = np.sin(np.linspace(0, np.pi / 4, 2 * n + 51)) ** 2
    chance = _chances(n, share)
    exact = (chance * np.abs(count / n - share[:, None])).sum(axis=1)
    folded = np.zeros((len(share), n // 2 + 1))
    np.add.at(folded.T, np.minimum(count, n - count), chance.T)
    unknown = folded[:, 1:]
    rows = np.vstack([unknown, np.sqrt(max(RIDGE / n**2, 0.01)) * np.eye(n // 2)])
    missing = np.concatenate([exact - chance @ start, np.zeros(n // 2)])
    correction = np.concatenate([[0.0], np.linalg.lstsq(rows, missing, rcond=None)[0]])
    return np.asarray(start + correction[np.minimum(count, n - count)])


def _chances(n: int, share: Floats) -> Floats:
    """Binomial probabilities, shape (shares, n + 1)."""
    count = np.arange(n + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    inside = np.clip(share, 1e-300, 1 - 1e-16)[:, None]
    ways = logs[n] - logs[count] - logs[n - count]
    return np.asarray(np.exp(ways + count * np.log(inside) + (n - count) * np.log1p(-inside)))
