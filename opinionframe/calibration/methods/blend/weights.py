"""Weights of a blend: rows with shares by every member go in; the mixture nearest to human answers comes out."""

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

from opinionframe.calibration.methods.blend.shares import SHARE
from opinionframe.calibration.methods.cells import Floats, cells
from opinionframe.schemas.keys import ROW

WEIGHT = "weight of "
"""What the columns of weights begin with."""

STRENGTH = 0.7
"""What the error of a question counts, in units of the best member's, against moving the weights."""

NEAR = 0.02
"""Error of a distribution function below which the absolute loss is taken as quadratic."""

STEPS = 200
CONVERGED = 1e-12
"""How many Newton steps are taken at most, and the gain of one, in nats, from which on none is."""

ENOUGH = 1e-4
"""Share of its promised gain that a step has to bring."""

SMALLEST = 1e-12
NONE = 1e-9
"""No weight falls below the first, so that it has a logarithm; below the second it stops no step."""


def group_weights(
    shares: pl.DataFrame,
    codebook: pl.DataFrame,
    pulled_to: Mapping[str, float],
    by: list[str],
    strength: float = STRENGTH,
) -> pl.DataFrame:
    """One row per combination of `by` with the weight in (0, 1) of every member, summing to one.

    They are pulled to fixed ones, away from which each question moves them by `strength`.
    """
    rows = shares.drop_nulls("target").sort([*by, *dict.fromkeys(("source", *ROW))])
    fits = [
        {key: part[key][0] for key in by} | _weights(part, codebook, pulled_to, strength)
        for part in rows.partition_by(by, maintain_order=True)
    ]
    schema = {key: shares.schema[key] for key in by} | {WEIGHT + name: pl.Float64 for name in pulled_to}
    return pl.DataFrame(fits, schema=schema)


def _weights(
    rows: pl.DataFrame, codebook: pl.DataFrame, pulled_to: Mapping[str, float], strength: float
) -> dict[str, float]:
    """The weight of each member in `rows` of one source with `target`, sorted, each cell weighing by its trust."""
    table = cells(rows, codebook)
    inside = table.width > 0
    members = [table.compared(table.of_rows(rows[SHARE + name]))[inside] for name in pulled_to]
    weight = (table.trust[:, None] * table.width)[inside]
    centre = np.array(list(pulled_to.values()))
    by_questions = strength * rows["question"].n_unique()
    found = pulled_mixture(
        np.stack(members, axis=1), table.compared(table.target)[inside], weight, centre, by_questions
    )
    return dict(zip((WEIGHT + name for name in pulled_to), found.tolist(), strict=True))


def pulled_mixture(x: Floats, y: Floats, weight: Floats, centre: Floats, strength: float) -> Floats:
    """Weights w (M,), positive and summing to 1, of least `strength` * error(w) / error of the best + KL(w, centre).

    The error is the mean of |x w - y| by `weight`, quadratic where it is small; KL is the relative entropy of the
    weights to the `centre` (M,), in nats. Errors as shares of the best member's are log-likelihoods whose scale is
    that error, so that weights move as much where all members are good as where none is, and a member that is far off
    loses its weight by a factor for each question. By Newton steps on reweighted squares.

    `x` has the members' distribution functions in columns (R, M), `y` the human one (R,), as `weight`.

    Reference: Kivinen and Warmuth (1997), Exponentiated gradient versus gradient descent for linear predictors, for
    the entropy; Bissiri, Holmes and Walker (2016), A general framework for updating belief distributions.
    """
    share = weight / weight.sum()
    best = float((share @ _loss(x - y[:, None])).min())
    share = share * strength / max(best, SMALLEST)
    w: Floats = centre / centre.sum()
    for _ in range(STEPS):
        error = x @ w - y
        curved = x * (share / np.maximum(np.abs(error), NEAR))[:, None]
        slope = curved.T @ error + np.log(w / centre)
        direction = _along_simplex(curved.T @ x + np.diag(1 / w), slope)
        gain = -float(slope @ direction)
        if gain <= CONVERGED:
            break
        w = _stepped(w, direction, gain, lambda w: float(share @ _loss(x @ w - y) + w @ np.log(w / centre)))
    return w


def _loss(error: Floats) -> Floats:
    """The absolute error, made smooth where it is below NEAR."""
    size = np.abs(error)
    return np.asarray(np.where(size < NEAR, size**2 / (2 * NEAR) + NEAR / 2, size), dtype=np.float64)


def _along_simplex(curvature: Floats, slope: Floats) -> Floats:
    """The Newton step (M,) whose sum is zero: the weights keep theirs."""
    down, level = np.linalg.solve(curvature, np.column_stack([slope, np.ones(len(slope))])).T
    return np.asarray(level * (down.sum() / level.sum()) - down, dtype=np.float64)


def _stepped(w: Floats, direction: Floats, gain: float, objective: Callable[[Floats], float]) -> Floats:
    """The weights after a step that keeps them positive and lowers the objective, halved until it does."""
    shrinking = (direction < 0) & (w > NONE)
    share = min(1.0, 0.95 * float((w[shrinking] / -direction[shrinking]).min(initial=np.inf)))
    least = objective(w)
    while share > SMALLEST:
        moved = np.maximum(w + share * direction, SMALLEST)
        if objective(moved) <= least - ENOUGH * share * gain:
            return np.asarray(moved / moved.sum(), dtype=np.float64)
        share /= 2
    return w
