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


def _mean_where(values: Floats, kept: NDArray[np.bool_]) -> Floats:
    """The mean of each row's `kept` values, NaN where there is none."""
    return _ratio(np.where(kept, values, 0.0).sum(axis=1), kept.sum(axis=1).astype(np.float64))
