"""Weights of a blend: rows with shares by every member go in; the mixture nearest to human answers comes out."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from opinionframe.calibration.methods.blend.shares import SHARE
from opinionframe.calibration.methods.cells import Floats, cells

WEIGHT = "weight of "
"""What the columns of weights begin with."""

PULL = 3.0
"""How many questions speak for the weights that fitted ones are pulled to: chosen on half of the topics."""

STEPS = 8
"""Reweighting steps from squared to absolute error."""

NEAR = 0.02
"""Error of a distribution function below which the absolute loss is taken as quadratic."""

ZERO = 1e-9
"""By how much a weight may be negative, or its gradient, from rounding."""


def group_weights(
    shares: pl.DataFrame, codebook: pl.DataFrame, pulled_to: Mapping[str, float], by: list[str], pull: float = PULL
) -> pl.DataFrame:
    """One row per combination of `by` with the weight in [0, 1] of every member, summing to one.

    They are pulled to fixed ones, as if `pull` questions more spoke for these.
    """
    fits = [
        {key: part[key][0] for key in by} | _weights(part, codebook, pulled_to, pull)
        for part in shares.sort(by).partition_by(by, maintain_order=True)
    ]
    schema = {key: shares.schema[key] for key in by} | {WEIGHT + name: pl.Float64 for name in pulled_to}
    return pl.DataFrame(fits, schema=schema)


def _weights(
    shares: pl.DataFrame, codebook: pl.DataFrame, pulled_to: Mapping[str, float], pull: float
) -> dict[str, float]:
    """The weight of each member in `shares`, rows of one source with `target`, each cell weighing by its trust."""
    rows = shares.drop_nulls("target").sort("source", "question", "demographic", "choice")
    table = cells(rows, codebook)
    inside = table.width > 0
    members = [table.compared(table.of_rows(rows[SHARE + name]))[inside] for name in pulled_to]
    weight = (table.trust[:, None] * table.width)[inside]
    centre = np.array(list(pulled_to.values()))
    by_question = pull / rows["question"].n_unique()
    found = nearest_pulled_mixture(
        np.stack(members, axis=1), table.compared(table.target)[inside], weight, centre, by_question
    )
    return dict(zip((WEIGHT + name for name in pulled_to), found.tolist(), strict=True))


def nearest_pulled_mixture(x: Floats, y: Floats, weight: Floats, centre: Floats, pull: float) -> Floats:
    """Weights (M,), in [0, 1] and summing to 1, of least sum of weight |x w - y| and of a ridge around `centre` (M,).

    The ridge weighs `pull` times what a member moves the mixture at the centre by, on average, in the same sum. By
    iterated reweighting of the squared error, so that the absolute error is least. `x` (R, M); `y`, `weight` (R,).
    """
    away = x - (x @ centre)[:, None]
    w = centre
    for _ in range(STEPS):
        scale = weight / np.maximum(np.abs(x @ w - y), NEAR)
        ridge = pull * (scale[:, None] * away**2).sum(axis=0).mean() + ZERO
        gram = x.T @ (scale[:, None] * x) + ridge * np.eye(len(centre))
        w = _least_on_simplex(gram, x.T @ (scale * y) + ridge * centre)
    return w


def _least_on_simplex(gram: Floats, right: Floats) -> Floats:
    """The point of the simplex of least w'Gw/2 - r'w, `gram` positive definite, by an active set.

    Members of negative weight leave one by one; whoever then lowers the loss comes back.
    Reference: Nocedal and Wright (2006), Numerical Optimization, section 16.5.
    """
    inside = np.ones(len(right), dtype=bool)
    w = np.full(len(right), 1 / len(right))
    for _ in range(4 * len(right)):
        own = np.flatnonzero(inside)
        both = np.linalg.solve(gram[np.ix_(own, own)], np.column_stack([right[own], np.ones(len(own))]))
        level = (1 - both[:, 0].sum()) / both[:, 1].sum()
        w = np.zeros(len(right))
        w[own] = both[:, 0] + level * both[:, 1]
        if w.min() < -ZERO:
            inside[int(w.argmin())] = False
            continue
        gain = np.where(inside, -np.inf, right - gram @ w + level)
        if gain.max() <= ZERO:
            break
        inside[int(gain.argmax())] = True
    clipped: Floats = np.maximum(w, 0.0)
    nearest: Floats = clipped / clipped.sum()
    return nearest
