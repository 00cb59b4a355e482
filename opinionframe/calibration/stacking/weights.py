"""Stacking weights: members' rows go in; weights on the simplex of the mixture nearest to human answers come out."""

import numpy as np
import polars as pl

from opinionframe.calibration.methods.cells import Floats, cells

STEPS = 20
"""Reweighting steps from squared to absolute error."""

NEAR = 0.01
"""Error of a distribution function below which the absolute loss is taken as quadratic."""

DESCENTS = 2_000
"""The most gradient steps of one reweighting."""

CONVERGED = 1e-10
"""Change of every weight below which a search has ended."""


def fit_weights(rows: pl.DataFrame, codebook: pl.DataFrame) -> dict[str, float]:
    """The weight in [0, 1] of each source in `rows` (with `target`, `n_eff`), of least Wasserstein distance.

    For nominal questions that is the total variation distance. Cells weigh by the trust in their label. Equal
    weights where no cell has one.
    """
    labelled = rows.filter(pl.col("target").is_not_null()).sort("source")
    cells_of = {
        part["source"][0]: cells(part, codebook) for part in labelled.partition_by("source", maintain_order=True)
    }
    if not cells_of:
        names = rows["source"].unique().sort().to_list()
        return dict.fromkeys(names, 1 / len(names))
    first = next(iter(cells_of.values()))
    inside = first.width > 0
    x = np.stack([member.compared(member.prob)[inside] for member in cells_of.values()], axis=1)
    weight = (first.trust[:, None] * first.width)[inside]
    weights = nearest_mixture(x, first.compared(first.target)[inside], weight)
    return dict(zip(cells_of, weights.tolist(), strict=True))


def nearest_mixture(x: Floats, y: Floats, weight: Floats) -> Floats:
    """Weights (M,), in [0, 1] and summing to 1, of least sum of weight |x w - y|; `x` (R, M), `y` and `weight` (R,).

    By iterated reweighting of the squared error, so that the absolute error is least.
    """
    w = np.full(x.shape[1], 1 / x.shape[1])
    scale = weight
    for _ in range(STEPS):
        before = w
        w = _least_squares(x.T @ (scale[:, None] * x), x.T @ (scale * y), w)
        if np.abs(w - before).max() < CONVERGED:
            break
        scale = weight / np.maximum(np.abs(x @ w - y), NEAR)
    return w


def _least_squares(gram: Floats, right: Floats, start: Floats) -> Floats:
    """The point of the simplex of least w'Gw/2 - r'w, by accelerated projected gradient steps.

    Reference: Beck and Teboulle (2009), with a restart where the momentum points uphill.
    """
    length = 1 / np.linalg.norm(gram, 2)
    w, ahead, momentum = start, start, 1.0
    for _ in range(DESCENTS):
        new = onto_simplex(ahead - length * (gram @ ahead - right))
        if np.abs(new - w).max() < CONVERGED:
            return new
        uphill = (ahead - new) @ (new - w) > 0
        following = 1.0 if uphill else (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = new if uphill else new + (momentum - 1) / following * (new - w)
        w, momentum = new, following
    return w


def onto_simplex(values: Floats) -> Floats:
    """The point nearest to `values` (M,) with no negative part and sum one, shape (M,).

    Reference: Duchi et al. (2008), figure 1.
    """
    falling = np.sort(values)[::-1]
    excess = (np.cumsum(falling) - 1) / np.arange(1, len(values) + 1)
    threshold = excess[np.flatnonzero(falling > excess)[-1]]
    nearest: Floats = np.maximum(values - threshold, 0.0)
    return nearest
