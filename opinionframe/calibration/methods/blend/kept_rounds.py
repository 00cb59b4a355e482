"""Shares of rounds of pairs, kept: what weights, intervals and members by themselves need is fitted once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.methods.blend.shares import SHARE, in_rounds
from opinionframe.calibration.methods.by_scale import ByScale
from opinionframe.calibration.supervision import Pair, Supervision

ROUNDS = "rounds of pairs"
"""Under which name the last ones are kept."""

Schedule = list[list[Pair]]


@dataclass(frozen=True)
class Rounds:
    """The shares of rounds of pairs: `of` which schedule, only fold and seed, by which `members`, of which `rows`."""

    of: tuple[Schedule, int | None, int]
    members: tuple[Calibrator, ...]
    rows: pl.DataFrame
    shares: list[pl.DataFrame]


def rounds_of_members(
    members: tuple[Calibrator, ...], supervision: Supervision, schedule: Schedule, seed: int
) -> list[pl.DataFrame]:
    """The shares of each round, as `in_rounds` gives them. The last ones are kept beside the supervision."""
    last = _last(supervision, schedule, seed)
    if last is None or last.members != members:
        shares = list(in_rounds(members, supervision, schedule, seed))
        of = (schedule, supervision.only, seed)
        last = supervision.kept[ROUNDS] = Rounds(of, members, supervision.rows, shares)
    return last.shares


def crossfit_rounds(
    calibrator: Calibrator, supervision: Supervision, schedule: Sequence[Sequence[Pair]], seed: int
) -> Iterator[NDArray[np.float64]]:
    """`crossfit_rounds` of a calibrator; where a blend has made them as its member, those, which are on the simplex."""
    pairs = [list(each) for each in schedule]
    last = _last(supervision, pairs, seed)
    name = None if last is None else _name_among(last.members, calibrator)
    if last is None or name is None:
        yield from calibrator.crossfit_rounds(supervision, pairs, seed)
        return
    for shares in last.shares:
        # A calibrator by itself tells of every group and round; these are through.
        yield shares[SHARE + name].to_numpy()


def _last(supervision: Supervision, schedule: Schedule, seed: int) -> Rounds | None:
    """What is kept, if it is of these rows, rounds and seed."""
    last = supervision.kept.get(ROUNDS)
    is_of_these = (
        isinstance(last, Rounds)
        and last.of == (schedule, supervision.only, seed)
        and last.rows.equals(supervision.rows)
    )
    return last if is_of_these else None  # type: ignore[return-value]  # as was asked


def _name_among(members: Sequence[Calibrator], calibrator: Calibrator) -> str | None:
    """The name of the member that a calibrator is, or whose road for ordinal questions it is."""
    for member in members:
        if member is calibrator or (isinstance(member, ByScale) and member.ordered is calibrator):
            return member.name
    return None
