"""Gaps of members: shares of several sources go in; what one would have said where it has no answer comes out."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.calibration.methods.cells import Floats
from opinionframe.schemas.keys import GROUP


def filled(wide: pl.DataFrame, members: list[str]) -> pl.DataFrame:
    """`wide`, one row per choice and a column of shares per member, with the cells filled that a member has not.

    A member that answered a question for some groups is taken to differ from the others there as it does where both
    answered: within a question and choice, shares are a mean over members for each group, and a departure of each
    member (the additive two-way layout, fitted by least squares to the cells that are there). Of a question that it
    was not asked at all nothing is known of a member: there it stays null. Shares are in [0, 1] and sum to 1.

    Reference: Yates (1933), The analysis of replicated experiments when the field results are incomplete.

    >>> wide = pl.DataFrame(
    ...     {
    ...         "question": ["q"] * 4,
    ...         "demographic": ["sex=Female", "sex=Female", "sex=Male", "sex=Male"],
    ...         "choice": [1, 2, 1, 2],
    ...         "a": [0.5, 0.5, 0.3, 0.7],
    ...         "b": [0.7, 0.3, None, None],
    ...     }
    ... )
    >>> filled(wide, ["a", "b"])["b"].round(6).to_list()
    [0.7, 0.3, 0.5, 0.5]
    """
    shares = wide.select(pl.col(members).cast(pl.Float64)).to_numpy()
    slot = wide.select(pl.struct("question", "choice").rank("dense")).to_series().to_numpy().astype(np.int64) - 1
    cell = wide.select(pl.struct(GROUP).rank("dense")).to_series().to_numpy().astype(np.int64) - 1
    has_answer = ~np.isnan(shares)
    asked = _sums(has_answer.astype(np.float64), slot)[slot] > 0
    lacks = asked & ~has_answer
    if not lacks.any():
        return wide
    guessed = np.maximum(_two_way(shares, has_answer, slot), 0.0)
    total = _sums(guessed, cell)[cell]
    guessed = np.divide(guessed, total, out=np.full_like(guessed, np.nan), where=total > 0)
    values = np.where(lacks, guessed, shares)
    return wide.with_columns(pl.Series(name, values[:, place]).fill_nan(None) for place, name in enumerate(members))


def _two_way(shares: Floats, has_answer: NDArray[np.bool_], slot: NDArray[np.int64]) -> Floats:
    """The shares (R, M) that a mean of each row and a departure of each member within a `slot` (R,) give.

    Least squares leave the departures of members that no chain of shared rows links apart by any constant: there each
    part's mean, weighted by answers, is 0.
    """
    answers = has_answer.astype(np.float64)
    known = np.where(has_answer, shares, 0.0)
    count = np.maximum(answers.sum(axis=1), 1.0)
    of_member = _sums(answers, slot)
    shared = np.stack([_sums(answers * (own / count)[:, None], slot) for own in answers.T], axis=1)
    linked = (shared > 0) | np.eye(len(answers.T), dtype=bool)
    for _ in range(len(answers.T).bit_length()):
        linked = (linked.astype(np.float64) @ linked) > 0
    pinned = (
        linked * of_member[:, :, None] * of_member[:, None, :] / np.maximum(of_member.sum(axis=1), 1.0)[:, None, None]
    )
    own_answers = np.where(of_member > 0, of_member, 1.0)[:, :, None] * np.eye(len(answers.T))
    away = _sums(answers * (known - (known.sum(axis=1) / count)[:, None]), slot)
    departure: Floats = np.linalg.solve(own_answers - shared + pinned, away[..., None])[slot, :, 0]
    mean = (known - answers * departure).sum(axis=1) / count
    fitted: Floats = mean[:, None] + departure
    return fitted


def _sums(values: Floats, part: NDArray[np.int64]) -> Floats:
    """The sums of rows (R, M) over each part, shape (parts, M)."""
    return np.stack([np.bincount(part, column) for column in values.T], axis=1)
