"""What the paper says of its settings, as functions of their means: for the audit of its figures and for any study."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from opinionframe.schemas.rules import SCORE_TOLERANCE

Floats = NDArray[np.float64]

Statistic = Callable[[Floats, Floats], Floats]
"""Means of raw and of calibrated answers, shape (draws, settings), go in; a number per draw comes out."""

OF_SETTINGS: dict[str, tuple[str, Statistic]] = {
    "settings that calibration improves": ("% of settings", lambda raw, cal: 100 * _above(cal, raw).mean(axis=1)),
    "mean change of alignment": ("points", lambda raw, cal: 100 * (cal - raw).mean(axis=1)),
    "mean loss in the settings that fall": ("points", lambda raw, cal: 100 * _mean_where(raw - cal, _above(raw, cal))),
    "standard deviation over settings, raw": ("points", lambda raw, _: 100 * _spread(raw)),
    "standard deviation over settings, calibrated": ("points", lambda _, cal: 100 * _spread(cal)),
    "times by which it shrinks": ("times", lambda raw, cal: _ratio(_spread(raw), _spread(cal))),
}


LARGEST_SHRINKAGE = "times by which it shrinks in the dataset where it shrinks most"

OF_OWN_SPREADS: dict[str, tuple[str, Statistic]] = {
    "settings whose own standard deviation falls": (
        "% of settings",
        lambda raw, cal: 100 * _above(raw, cal).mean(axis=1),
    ),
    "times by which their own standard deviation falls on average": (
        "times",
        lambda raw, cal: _mean_where(np.nan_to_num(_ratios(raw, cal)), np.isfinite(_ratios(raw, cal))),
    ),
}
"""The same of standard deviations over the cells of a setting, in place of means."""


def largest_shrinkage(datasets: NDArray[np.int64]) -> Statistic:
    """How many times the standard deviation over settings shrinks in the dataset where it does most.

    `datasets` numbers the dataset of each setting.
    """

    def statistic(raw: Floats, calibrated: Floats) -> Floats:
        parts = [datasets == number for number in np.unique(datasets)]
        ratios = np.array([_ratio(_spread(raw[:, part]), _spread(calibrated[:, part])) for part in parts])
        return np.where(np.isfinite(ratios).any(axis=0), np.fmax.reduce(ratios), np.nan)

    return statistic


def share_best(means: Floats, units: NDArray[np.int64], chosen: NDArray[np.bool_]) -> Floats:
    """Percent of the `chosen` columns of `means` that are the best of their unit, ties counted, per draw.

    `units` numbers the unit of each column, in rising order.
    """
    first = np.flatnonzero(np.r_[True, units[1:] != units[:-1]])
    best = np.maximum.reduceat(means, first, axis=1)[:, np.cumsum(np.r_[0, units[1:] != units[:-1]])]
    return np.asarray(100 * (~_above(best, means))[:, chosen].mean(axis=1))


def _above(one: Floats, other: Floats) -> NDArray[np.bool_]:
    """Where one mean is above the other by more than rounding."""
    return np.asarray(one - other > SCORE_TOLERANCE)


def _spread(means: Floats) -> Floats:
    """The standard deviation over settings, NaN for one."""
    few = means.shape[1] < 2
    return np.full(len(means), np.nan) if few else np.asarray(means.std(axis=1, ddof=1))


def _ratio(above: Floats, below: Floats) -> Floats:
    """One over the other, NaN where that is 0 but for rounding."""
    return np.asarray(np.divide(above, below, out=np.full(len(above), np.nan), where=below > SCORE_TOLERANCE))


def _ratios(above: Floats, below: Floats) -> Floats:
    """One over the other setting by setting, NaN where that is 0 but for rounding."""
    return _ratio(above.reshape(-1), below.reshape(-1)).reshape(above.shape)


def _mean_where(values: Floats, kept: NDArray[np.bool_]) -> Floats:
    """The mean of each row's `kept` values, NaN where there is none."""
    return _ratio(np.where(kept, values, 0.0).sum(axis=1), kept.sum(axis=1).astype(np.float64))
