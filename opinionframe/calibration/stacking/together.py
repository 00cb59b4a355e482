"""Many sources calibrated as one: rows of members go in; one source, by weights that no test cell enters, comes out.

`of.stack` mixes once; here the mixture is made anew for every fold that is predicted, so that neither its weights nor
what calibrates it have seen that fold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.methods.blend.shares import SHARE
from opinionframe.calibration.methods.blend.weights import WEIGHT, group_weights
from opinionframe.calibration.stacking.anchors import Anchors, anchors_of
from opinionframe.calibration.stacking.pooled import Pool
from opinionframe.calibration.supervision import Supervision, groups
from opinionframe.schemas.keys import ROW

STRENGTH = 0.05
"""What the error of a question counts, in units of the best member's, against moving weights: chosen on half of topics.
"""

MOST = 100
"""How many questions count at most: errors before calibration are not those after it, however many tell them."""

STEEP = 4
"""The power of a member's mean absolute error that the weight to which it is pulled falls with."""

EXACT = 1e-3
"""The least error that counts, so that a member that is right everywhere has a finite weight."""

ANCHORED = 0.02
"""The weight to which each anchor is pulled."""

STANDS_IN = 1e-6
"""Added to every weight, so that a cell that only members without weight answered gets their mean."""


@dataclass(frozen=True)
class Members:
    """The shares of the members of one mixture in its folded rows, for any fold that is held out."""

    pool: Pool
    rows: pl.DataFrame
    anchors: Anchors

    def without(self, fold: int | None) -> pl.DataFrame:
        """The rows with a column of shares for each member and anchor, these by fits that saw no answer of the fold."""
        return self.anchors.beside(self.rows, fold)


def members_of(supervision: Supervision, pools: Sequence[Pool], seed: int) -> list[Members]:
    """The members of every mixture, in rows of `supervision`."""
    found = []
    for pool in pools:
        own = supervision.rows.filter(source=pool.name)
        rows = own.join(pool.shares, on=list(ROW), how="left", maintain_order="left")
        found.append(Members(pool, rows, anchors_of(replace(supervision, rows=own, told=None), pool.anchors, seed)))
    return found


class Together(Calibrator):
    """A calibrator of sources that are mixed of several, by weights fitted to all folds but the predicted one."""

    def __init__(self, calibrator: Calibrator, pools: Sequence[Pool]) -> None:
        self.name, self.title = calibrator.name, f"{calibrator.title}, of several sources together"
        self.needs_people, self.needs_order = calibrator.needs_people, calibrator.needs_order
        self._calibrator, self._pools = calibrator, pools

    def crossfit(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """The rows with `prob` predicted, each fold from mixtures and a fit that saw none of it."""
        quiet = replace(supervision, told=None)
        mixtures = members_of(supervision, self._pools, seed)
        parts = []
        for fold in supervision.predicted_folds:
            parts_of_fold = [
                mixed(each.without(fold), fold_weights(each, fold, supervision.codebook)) for each in mixtures
            ]
            rows = pl.concat(part.select(supervision.rows.columns) for part in parts_of_fold)
            refitted = self._calibrator.crossfit(replace(quiet, rows=rows, only=fold), seed).lazy()
            parts.append(refitted.filter(fold=fold).select(rows.columns).collect())
        return pl.concat(supervision.watched(groups(pl.concat(parts))))


def fold_weights(members: Members, fold: int | None, codebook: pl.DataFrame) -> pl.DataFrame:
    """One row per group with the weight of every member and anchor, fitted to the labelled cells outside the fold.

    A member that was not asked a question is stood in for by the others, first by the weights that it is pulled to.
    """
    training = members.without(fold).filter(pl.col("fold").ne_missing(fold)).drop_nulls("target")
    parts = training.sort("group", maintain_order=True).partition_by("group", maintain_order=True)
    return pl.concat(_weights_of_group(part, codebook, members.pool) for part in parts)


def _weights_of_group(training: pl.DataFrame, codebook: pl.DataFrame, pool: Pool) -> pl.DataFrame:
    """One row: the `group` and the weights of its members, pulled to those of their errors."""
    away = ((pl.col(SHARE + name) - pl.col("target")).abs().mean().alias(name) for name in pool.members)
    errors = training.select(away).row(0, named=True)
    worst = max((error for error in errors.values() if error is not None), default=1.0)
    worth = {name: max(worst if error is None else error, EXACT) ** -STEEP for name, error in errors.items()}
    share = (1 - ANCHORED * len(pool.anchors)) / sum(worth.values())
    pulled_to = {name: share * value for name, value in worth.items()} | dict.fromkeys(pool.anchors, ANCHORED)
    start = {WEIGHT + name: value for name, value in pulled_to.items()}
    weights = pl.DataFrame([{"group": training["group"][0]} | start])
    strength = STRENGTH * min(1.0, MOST / training["question"].n_unique())
    return group_weights(_stood_in(training, weights), codebook, pulled_to, ["group"], strength)


def mixed(shares: pl.DataFrame, weights: pl.DataFrame) -> pl.DataFrame:
    """`shares` with `prob` their mixture by the weights of their group, which those who answered share."""
    names = [name.removeprefix(WEIGHT) for name in weights.columns if name.startswith(WEIGHT)]
    own = {name: pl.col(WEIGHT + name) + STANDS_IN for name in names}
    present = (pl.when(pl.col(SHARE + name).is_not_null()).then(own[name]) for name in names)
    total = pl.sum_horizontal(own[name] * pl.col(SHARE + name) for name in names)
    return shares.join(weights, on="group", how="left", maintain_order="left").with_columns(
        prob=total / pl.sum_horizontal(present)
    )


def _stood_in(shares: pl.DataFrame, weights: pl.DataFrame) -> pl.DataFrame:
    """`shares` with the mixture of the others where a member has none."""
    columns = [name for name in shares.columns if name.startswith(SHARE)]
    whole = mixed(shares, weights).with_columns(pl.coalesce(name, "prob").alias(name) for name in columns)
    return whole.select(shares.columns)
