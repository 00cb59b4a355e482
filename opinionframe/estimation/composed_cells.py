"""The composites of a survey: people's shares and predictions of all cells go in; composites come out.

Totals come first. The groups of each attribute follow by themselves, since predictions err more among some attributes
than among others: they lean on their question's total where it is predicted, else on their own prediction.
"""

import numpy as np

from opinionframe.estimation.arrays import Floats, Ints, one_hot
from opinionframe.estimation.composite import Composite, composite, synthetic_groups

TOTAL = -1
"""The kind of the cell of everybody."""

LEAST = 0.05
"""The least share of people outside a group by which its distance from the total is scaled."""


def composed_cells(
    shares: Floats, size: Floats, predictions: Floats, question: Floats, kind: Ints, group: Ints
) -> Composite:
    """The composites of all cells; any leading axes of `shares` and `size` are draws.

    Args:
        shares: People's, shape (..., cells, choices).
        size: Effective respondents, shape (..., cells).
        predictions: Shape (cells, choices); NaN throughout for a cell without one, which stays as it is.
        question: A 1 in the column of each cell's question, shape (cells, questions).
        kind: The number of each cell's attribute, TOTAL for everybody, shape (cells,).
        group: The number of each cell's demographic, the same shape.
    """
    is_predicted = np.isfinite(predictions).all(axis=1)
    unknown = np.full(size.shape, np.nan)
    result = Composite(np.array(shares), unknown, unknown.copy(), np.array(shares))
    totals = np.flatnonzero((kind == TOTAL) & is_predicted)
    composed = result
    if len(totals):
        composed = composite(shares[..., totals, :], size[..., totals], predictions[totals], question[totals])
        _put(result, composed, totals)
    leans = question @ question[totals].sum(axis=0) > 0
    for number in np.unique(kind[kind != TOTAL]):
        groups = np.flatnonzero((kind == number) & is_predicted & leans)
        if len(groups):
            _put(result, _leaning(shares, size, predictions, question, group, groups, totals, composed), groups)
        alone = np.flatnonzero((kind == number) & is_predicted & ~leans)
        if len(alone):
            parts = shares[..., alone, :], size[..., alone], predictions[alone], question[alone]
            _put(result, composite(*parts), alone)
    return result


def _leaning(
    shares: Floats,
    size: Floats,
    predictions: Floats,
    question: Floats,
    group: Ints,
    groups: Ints,
    totals: Ints,
    composed: Composite,
) -> Composite:
    """The composites of groups with a synthetic estimate that leans on their total."""
    own = shares[..., groups, :], size[..., groups]
    of = question[groups] @ question[totals].T
    total = of.argmax(axis=1)
    synthetic = synthetic_groups(
        own, (shares[..., totals, :], composed), (predictions[groups], predictions[totals]), of
    )
    part = own[1] / np.maximum(size[..., totals], 1.0)[..., total]
    shared = np.minimum(composed.own_weight[..., total] * part, 1.0)
    names = np.unique(group[groups], return_inverse=True)[1].reshape(-1)
    rest = np.maximum(1 - part, LEAST)
    floor = np.nan_to_num(composed.error[..., total])
    return composite(*own, synthetic, of, shared, rest, one_hot(names, int(names.max()) + 1), floor)


def _put(result: Composite, part: Composite, places: Ints) -> None:
    for name in ("error", "own_weight"):
        getattr(result, name)[..., places] = getattr(part, name)
    for name in ("estimate", "typical"):
        getattr(result, name)[..., places, :] = getattr(part, name)
