"""How large errors are in units not seen: errors of cells and their units go in; a quantile for a new unit comes out.

Cells of one unit (a topic, a question) err alike, so that fifty cells of ten topics tell less than fifty topics. What
is exchangeable are units.
"""

from math import ceil

import numpy as np

from opinionframe.estimation.arrays import Floats, Ints

ROUNDING = 1e-9
"""A count that is whole but for the rounding of floats is taken as it is."""


def fewest_units(conf: float) -> int:
    """Units that a quantile at `conf` takes: with fewer, the largest error of a new one is beyond all seen too often.

    >>> fewest_units(0.8), fewest_units(0.9), fewest_units(0.95)
    (4, 9, 19)
    """
    return ceil(conf / (1 - conf) - ROUNDING)


def left_out_quantiles(errors: Floats, unit: Ints, numbers: Ints, conf: float, *, guaranteed: bool) -> Floats:
    """For each unit of `numbers`, the quantile of the errors of all others, shape (numbers,); infinite past the last.

    Args:
        errors: Of cells that people answered, 0 or more, shape (cells,).
        unit: The number of each one's unit, from 0, shape (cells,).
        numbers: Units that are predicted; one without errors has nothing to leave out.
        conf: Share of cells of new units whose error it is to hold.
        guaranteed: Whether by the finite-sample bound for any dependence, or by what the errors' own dependence is
            worth.
    """
    order = np.argsort(errors, kind="stable")
    ranked, ranked_unit = errors[order], unit[order]
    quantile = guaranteed_quantile if guaranteed else pooled_quantile
    return np.array([quantile(ranked[kept], ranked_unit[kept], conf) for kept in (ranked_unit != n for n in numbers)])


def pooled_quantile(ranked: Floats, unit: Ints, conf: float) -> float:
    """The quantile of pooled cells, as if there were one more unit, which errs beyond all.

    `ranked` rises, and `unit` numbers each cell's unit from 0. Every cell counts alike. That one more unit has the mass
    1 / (m + 1), m the number of independent cells that would tell the share below the quantile as well: found from how
    much it differs between units, at least the units that equal ones would have to be, at most the cells. Where each
    unit has one cell, it is the quantile of split conformal prediction, the ceil((n + 1) conf)-th of n, and guaranteed;
    else right to first order in the number of units.

    Reference: Dunn, Wasserman and Ramdas (2023), Distribution-Free Prediction Sets for Two-Layer Hierarchical Models
    (pooled distribution functions); Kish (1965), Survey Sampling, for what dependent cells tell.

    >>> pooled_quantile(np.arange(1.0, 20.0), np.arange(19), 0.9)
    18.0
    """
    cells = len(ranked)
    size = np.bincount(unit)
    seen = min(ceil(conf * cells - ROUNDING), cells)
    hits = np.bincount(unit[:seen], minlength=len(size))
    variance = _between_units(hits - seen / cells * size, size)
    as_units = cells**2 / float((size.astype(np.float64) ** 2).sum())
    worth = conf * (1 - conf) / variance if variance > 0 else np.inf
    independent = min(max(worth, as_units), cells)
    place = ceil(conf * cells * (independent + 1) / independent - ROUNDING)
    return float(ranked[place - 1]) if place <= cells else np.inf


def _between_units(excess: Floats, size: Ints) -> float:
    """The variance of the share below the quantile, by leaving out each unit in turn; infinite for a single one.

    `excess` is how many more cells of a unit lie below than of all, and `size` its cells. A large unit draws the share
    to its own, so that its own excess hides how far it strays; without it, it shows.
    """
    present = size > 0
    others = size.sum() - size[present]
    units = len(others)
    return (units - 1) / units * float(((excess[present] / others) ** 2).sum()) if units > 1 else np.inf


def guaranteed_quantile(ranked: Floats, unit: Ints, conf: float) -> float:
    """The quantile that holds the error of a cell of a new unit with `conf` or more, however cells of units depend.

    `ranked` rises, and `unit` numbers each cell's unit from 0. Every unit counts alike, the new one among them, whose
    error is beyond all.

    Reference: Lee, Barber and Willett (2023), Distribution-Free Inference with Hierarchical Data.

    >>> guaranteed_quantile(np.array([0.1, 0.2, 0.3, 0.4]), np.array([0, 1, 0, 1]), 0.6)
    0.4
    """
    size = np.bincount(unit)
    below = np.cumsum(1 / size[unit]) / (np.count_nonzero(size) + 1)
    place = int(np.searchsorted(below, conf - ROUNDING))
    return float(ranked[place]) if place < len(ranked) else np.inf
