"""The blending calibrator: labelled rows go in; a mixture of calibrators, raw answers and uniform comes out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.folds import FEWEST, deal_folds, rounds
from opinionframe.calibration.methods.blend.kept_rounds import rounds_of_members
from opinionframe.calibration.methods.blend.shares import SHARE, out_of_fold, with_free, with_member
from opinionframe.calibration.methods.blend.weights import WEIGHT, group_weights
from opinionframe.calibration.saved import PARAMETERS, Calibration
from opinionframe.calibration.supervision import Pair, Supervision, groups
from opinionframe.errors import FrameError, OpinionFrameWarning, examples, warn_user
from opinionframe.schemas.keys import GROUP

INNER_FOLDS = 10
"""Folds of whole questions across which the weights of a fit that is kept are fitted, where it says no other split."""

WEIGHTS = "weights of folds"
"""Under which name the last ones are kept."""

BLOCK = 20_000
"""Rows of whole groups whose weights are fitted at a time: a row takes 2 KB there."""

PLACE = "place of the row"

BELONGS = ": "
"""Between the name of a member and that of its parameter."""


class Blend(Calibrator):
    """A mixture of calibrators, of the raw answer and of uniform, by weights in [0, 1] that sum to one.

    The weights of a source are those of least Wasserstein distance (of nominal questions, total variation) to human
    answers that neither the members' fits nor the mixed cell's own fold have seen, pulled to fixed ones: with few
    labelled questions they stay near these, and a source with labels in fewer than four folds keeps them. A mixture
    errs no more than its members do on average, so that none of them has to be right.

    Reference: Breiman (1996), Stacked regressions; van der Laan, Polley and Hubbard (2007), Super Learner.
    """

    needs_people = True

    def __init__(self, name: str, title: str, members: Mapping[Calibrator, float], free: Mapping[str, float]) -> None:
        """`members` and what is `free` (`raw`, `uniform`), with the positive weight that its own is pulled to.

        The weights sum to one.
        """
        self.name, self.title = name, title
        self._members = tuple(members)
        self._pulled_to = {member.name: weight for member, weight in members.items()} | dict(free)

    def fit(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """The weights, and the parameters of every member, of every group."""
        folded = _with_inner_folds(supervision, seed)
        shares = [] if folded is None else [out_of_fold(self._members, folded, seed)]
        weights = self._weights(supervision, shares, ["group"])
        own = weights.unpivot(index="group", variable_name="name", value_name="value")
        fits = [
            member.fit(supervision, seed).with_columns(name=pl.lit(member.name + BELONGS) + pl.col("name"))
            for member in self._members
        ]
        return pl.concat([own.select("group", "name", pl.lit(None, pl.Float64).alias("at"), "value"), *fits]).select(
            pl.col(name).cast(dtype) for name, dtype in PARAMETERS.items()
        )

    def predict(self, rows: pl.DataFrame, codebook: pl.DataFrame, calibration: Calibration) -> pl.DataFrame:
        """`rows` with `prob` mixed from what the members predict.

        Raises: FrameError for a calibration without weights.
        """
        weights = calibration.parameters.filter(pl.col("name").str.starts_with(WEIGHT))
        if weights.is_empty():
            raise FrameError(
                f"The calibration by {calibration.method!r} holds no weights of a blend. Before version 0.2.0 the "
                "default was kriging alone: fit anew, or apply dataclasses.replace(calibration, method='kriging')."
            )
        shares = with_free(rows)
        for member in self._members:
            begins = member.name + BELONGS
            own = calibration.parameters.filter(pl.col("name").str.starts_with(begins))
            parameters = own.with_columns(pl.col("name").str.strip_prefix(begins))
            fit = replace(calibration, method=member.name, parameters=parameters)
            shares = with_member(shares, member.name, member.predict(rows, codebook, fit))
        return self._mixed(shares, weights.pivot("name", index="group", values="value"), ["group"]).select(rows.columns)

    def crossfit(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """The rows with `prob` mixed, each fold by weights and fits of members that saw none of it."""
        quiet = replace(supervision, told=None)
        weights = self._fold_weights(quiet, seed)
        mixed = self._mixed(out_of_fold(self._members, quiet, seed), weights, ["group", "fold"])
        return pl.concat(supervision.watched(groups(mixed.select(supervision.rows.columns))))

    def crossfit_rounds(
        self, supervision: Supervision, schedule: Iterable[Iterable[Pair]], seed: int
    ) -> Iterator[NDArray[np.float64]]:
        """For each round `prob` with the folds of pairs joined, the weights those that leave out a row's own fold.

        Only the members are fitted anew: whether the other fold of a pair enters the weights moves them little.
        """
        quiet = replace(supervision, told=None)
        weights = self._fold_weights(quiet, seed)
        for shares in rounds_of_members(self._members, quiet, [list(pairs) for pairs in schedule], seed):
            mixed = self._mixed(shares, weights, ["group", "fold"])
            for _ in supervision.watched([mixed] * mixed["group"].n_unique()):
                pass
            yield mixed["prob"].to_numpy()

    def _fold_weights(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """The weights of every group and fold. The last ones are kept beside the supervision: intervals need them too.

        Groups are taken a block at a time, since every row is in as many rounds as there are other folds.
        """
        last = supervision.kept.get(WEIGHTS)
        of = (self._members, self._pulled_to, supervision.only, seed)
        if not isinstance(last, _Weights) or last.of != of or not last.rows.equals(supervision.rows):
            weights = self._weights(supervision, self._without_pairs(supervision, seed), ["group", "fold"])
            last = supervision.kept[WEIGHTS] = _Weights(of, supervision.rows, weights)
        return last.weights

    def _without_pairs(self, supervision: Supervision, seed: int) -> Iterator[pl.DataFrame]:
        """The labelled rows once for every *other* fold, `fold`, with shares by fits that saw neither it nor their own.

        One block of groups after the other; none where no group has labels in enough folds. Where one fold alone has
        to be predicted, it is the only other. Folds without any label are others too: from fits that miss a row's own
        fold, nothing of theirs is missing.
        """
        able = _with_enough_folds(supervision)
        if able is None:
            return
        folds, only = able.rows.drop_nulls("target")["fold"].unique().sort().to_list(), supervision.only
        schedule = rounds(folds) if only is None else [[(only, fold)] for fold in folds if fold != only]
        shares = rounds_of_members(self._members, able, schedule, seed)
        unlabelled = able.rows.filter(~pl.col("fold").is_in(folds)).select("fold").unique()
        with_own = only is None and not unlabelled.is_empty()
        out_of_own = out_of_fold(self._members, able, seed) if with_own else None
        for block in _blocks(able.rows):
            labelled = (each[block].drop_nulls(["partner", "target"]) for each in shares)
            mixed = pl.concat(labelled).select(pl.exclude("fold", "partner"), fold="partner")
            if only is not None:
                mixed = mixed.filter(fold=only)
            if out_of_own is not None:
                own = out_of_own[block].drop_nulls("target").drop("fold")
                mixed = pl.concat([mixed, own.join(unlabelled, how="cross")])
            yield mixed

    def _weights(self, supervision: Supervision, shares: Iterable[pl.DataFrame], by: list[str]) -> pl.DataFrame:
        """One row per combination of `by` with every member's weight; the fixed ones where `shares` lack it."""
        keys = supervision.rows.select(by).unique().sort(by)
        fixed = keys.with_columns(pl.lit(weight).alias(WEIGHT + name) for name, weight in self._pulled_to.items())
        fitted = [group_weights(part, supervision.codebook, self._pulled_to, by) for part in shares]
        return pl.concat([*fitted, fixed.join(pl.concat(fitted), on=by, how="anti")]) if fitted else fixed

    def _mixed(self, shares: pl.DataFrame, weights: pl.DataFrame, on: list[str]) -> pl.DataFrame:
        """`shares` with `prob` their mixture by the weights of the same keys `on`."""
        weighted = (pl.col(WEIGHT + name) * pl.col(SHARE + name) for name in self._pulled_to)
        return shares.join(weights, on=on, how="left", maintain_order="left").with_columns(
            prob=pl.sum_horizontal(weighted)
        )


@dataclass(frozen=True)
class _Weights:
    """The weights of groups and folds: `of` which members, fixed weights, only fold and seed, fitted to which rows."""

    of: tuple[tuple[Calibrator, ...], dict[str, float], int | None, int]
    rows: pl.DataFrame
    weights: pl.DataFrame


def _blocks(rows: pl.DataFrame) -> Iterator[pl.Series]:
    """The numbers of the rows of some groups together, BLOCK or a little more at a time, until all are through."""
    numbers = rows.select("group").with_row_index(PLACE).sort("group", PLACE)
    size = numbers.group_by("group", maintain_order=True).len()
    number = (size["len"].cum_sum() - 1) // BLOCK
    of_group = size.select("group", block=number)
    parts = numbers.join(of_group, on="group", maintain_order="left").partition_by("block", maintain_order=True)
    return (part[PLACE] for part in parts)


def _with_enough_folds(supervision: Supervision) -> Supervision | None:
    """The rows of groups with labels in four folds and more; None where there is no such group."""
    folds = supervision.rows.drop_nulls("target").group_by("group").agg(pl.col("fold").n_unique())
    able = folds.filter(pl.col("fold") >= FEWEST)
    if able.is_empty():
        return None
    return replace(supervision, rows=supervision.rows.join(able, on="group", how="semi", maintain_order="left"))


def _with_inner_folds(supervision: Supervision, seed: int) -> Supervision | None:
    """The groups whose labels fill four folds and more: those of the supervision, or of questions; None without any."""
    labelled = supervision.rows.drop_nulls("target")
    if supervision.split:
        _warn_of_few_folds(labelled, supervision.split)
        return _with_enough_folds(replace(supervision, rows=labelled))
    folds = min(INNER_FOLDS, labelled["question"].n_unique())
    if folds < FEWEST:
        return None
    dealt = deal_folds(labelled, supervision.codebook, "question", folds, seed, others=supervision.human)
    rows = labelled.drop("fold", strict=False).join(dealt, on=GROUP, how="left", maintain_order="left")
    human = supervision.human.drop("fold", strict=False).join(dealt, on=GROUP, how="left", maintain_order="left")
    return _with_enough_folds(replace(supervision, rows=rows, human=human, split="question"))


def _warn_of_few_folds(labelled: pl.DataFrame, split: str) -> None:
    """Warns of groups that keep the fixed weights though they have questions enough to weigh by."""
    units = labelled.group_by("group").agg(pl.col("fold", "question").n_unique())
    few = units.filter(pl.col("fold") < FEWEST, pl.col("question") >= FEWEST).select("group").sort("group")
    if few.height:
        warn_user(
            f"{few.height} of {units.height} fits have labels in fewer than {FEWEST} folds of split={split!r}, e.g. "
            f"{examples(few.rows())}: the weights of their blend stay fixed ones. With split='question' single ones "
            "weigh them, which says less of questions of another kind.",
            OpinionFrameWarning,
        )
