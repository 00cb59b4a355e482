"""Which members matter: rows of several sources go in; the weight of each, and what is lost without it, come out."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.held_out_people import crossfitted
from opinionframe.calibration.methods.blend.shares import SHARE
from opinionframe.calibration.methods.blend.weights import WEIGHT
from opinionframe.calibration.methods.cells import Floats
from opinionframe.calibration.methods.registry import Method, calibrator_of, refuse_unordered
from opinionframe.calibration.scored_cells import ScoredCells, scored_cells
from opinionframe.calibration.stacking.members import Stack
from opinionframe.calibration.stacking.pooled import Mixtures, Pool, members_by_name, pools, with_mixtures
from opinionframe.calibration.stacking.stack import fitted, mixture_of, stacks_with_folds
from opinionframe.calibration.stacking.together import Together, fold_weights, members_of
from opinionframe.calibration.supervision import Plan, Supervision, fit_keys, row_numbers, supervise, with_folds
from opinionframe.errors import OptionError
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.keys import CHOICE, GROUP, ROW
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.vocabulary import HUMAN


class Mixture(Calibrator):
    """A mixture as it is."""

    name, title = "mixture", "mixture"

    def crossfit(self, supervision: Supervision, seed: int) -> pl.DataFrame:  # noqa: ARG002  nothing is drawn
        """The rows, whose `prob` is that of the mixture."""
        return supervision.rows


@takes_frames
def member_weights(  # noqa: PLR0913  each says one thing of the mixtures
    opinions: Frame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    together: Mixtures = "together",
    stacked: bool = False,
    method: Method | None = None,
    split: str = "question",
    folds: int = 10,
    by: str | Sequence[str] | None = None,
    reference: str = HUMAN,
    seed: int,
) -> Frame:
    """How much each source counts in `calibrate(…, together=…)` or in `stack`, and what is lost without it. Collects.

    Args:
        opinions: Opinions with rows of `reference` and of the members, sources `model|elicitation|prompt|variant`.
        codebook: Codebook of its questions.
        together: The mixtures, as in `calibrate`.
        stacked: Whether they are mixed by the weights of `stack` instead, in cells that every member has.
        method: What calibrates the mixtures before they are scored, as in `calibrate`: it is fitted once more for
            every member and fold. `None` scores the mixtures themselves, which is quick; a member that calibration
            makes up for then seems to matter more than it does. Stacks are scored as they are.
        split: What is held out together, as in `calibrate`.
        folds: How many folds the units are dealt into.
        by: What shares weights, as in `calibrate`, or in `stack`.
        reference: The source that supervises.
        seed: Deals the folds.

    Returns:
        One row per mixture, group and member, the heaviest first: `mixture`; `group` (what shares weights); `member` (a
        source, or an anchor such as `uniform`); `weight`, in [0, 1], fitted to all labelled cells, and the least and
        largest of the folds, `weight_low` and `weight_high`; `cells`, how many of the mixture the member answered;
        `loss`, by how much the mean out-of-fold alignment of the mixture falls where its weights are fitted without the
        member, in [-1, 1], and its `std_error` over questions. A loss within two errors of 0 says that the others make
        up for the member. A member that another one resembles loses little, though the two may matter.

    Raises: FrameError for fewer than two sources, or a pattern that names none. OptionError for an unfit name, or a
        `method` of stacks.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> opinions = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base", "sd"], seed=1)
    >>> weights = member_weights(opinions, survey.codebook, seed=1)
    >>> weights["member"].sort().to_list(), round(weights["weight"].sum(), 9)
    (['fake|logprob|base|standard', 'fake|logprob|sd|standard', 'uniform'], 1.0)
    """
    book = codebook_border(codebook)
    rows = opinions_border(opinions, book).collect()
    plan = Plan(fit_keys(None if stacked else by, book, split, rows), reference, split, folds, seed)
    if stacked:
        table = _of_stacks(rows, book, together, by, method, plan)
    else:
        table = _of_mixtures(rows, book, pools(rows, together, reference), method, plan)
    answered = rows.group_by(member="source").agg(pl.struct(GROUP).n_unique().alias("answered"))
    columns = ["mixture", "group", "member", "weight", "weight_low", "weight_high", "cells", "loss", "std_error"]
    cells = pl.min_horizontal("cells", pl.col("answered").fill_null(pl.col("cells")))
    listed = table.join(answered, on="member", how="left").with_columns(cells).select(columns)
    order = ["mixture", "group", "weight", "member"]
    return same_kind(listed.sort(order, descending=[False, False, True, False]).lazy(), opinions)


def _of_mixtures(
    rows: pl.DataFrame, book: pl.DataFrame, mixtures: Sequence[Pool], method: Method | None, plan: Plan
) -> pl.DataFrame:
    """One row per group and member of every mixture; `cells` are those of the mixture."""
    folded = with_folds(supervise(with_mixtures(rows, mixtures, plan), book, plan), plan)
    calibrator = Mixture() if method is None else calibrator_of(method)
    refuse_unordered([calibrator], folded.rows["question"], book)
    return pl.concat(
        _of_mixture(each, replace(folded, rows=folded.rows.filter(source=each.name)), calibrator, plan.seed)
        for each in mixtures
    )


def _of_stacks(
    rows: pl.DataFrame,
    book: pl.DataFrame,
    together: Mixtures,
    by: str | Sequence[str] | None,
    method: Method | None,
    plan: Plan,
) -> pl.DataFrame:
    """One row per stack, dataset and member; `cells` are those that every member has."""
    if method is not None:
        raise OptionError("method= calibrates what is mixed anew for every fold; a stack is scored as it is. Leave it.")
    named = {together: None} if isinstance(together, str) else members_by_name(together)
    plan = replace(plan, by=())
    stacks = [mix for name, sources in named.items() for mix in stacks_with_folds(rows, book, sources, name, by, plan)]
    return pl.concat(_of_stack(mix, book, plan.split) for mix in stacks)


def _of_stack(mix: Stack, book: pl.DataFrame, split: str) -> pl.DataFrame:
    """One row per member of one stack."""
    whole = replace(mix, partial=mix.partial.clear())
    source, group = pl.lit(mix.name).alias("source"), mix.dataset or mix.name
    rows = mix.rows.select(*CHOICE, "target", "fold").unique(CHOICE).sort(CHOICE).with_columns(source)
    cells = scored_cells(rows, book)

    def scores(stack: Stack) -> Floats:
        mixture = mixture_of(stack, fitted(stack, book, split))
        return cells.scores(mixture["prob"].to_numpy()[row_numbers(rows, mixture)])

    every = scores(whole)
    groups = np.full(len(every), group, dtype=object)
    weights = fitted(whole, book, split).select(pl.lit(group).alias("group"), "fold", "weight", member="source")
    losses = pl.concat(
        _losses(name, every - scores(whole.without(name)), cells, groups) for name in weights["member"].unique().sort()
    )
    return _summary(weights, losses, mix.name, mix.rows.select(GROUP).n_unique())


def _of_mixture(pool: Pool, supervision: Supervision, calibrator: Calibrator, seed: int) -> pl.DataFrame:
    """One row per group and member of one mixture: its weights, and what is lost without it."""
    cells = scored_cells(supervision.rows, supervision.codebook)
    group = np.empty(len(cells.question), dtype=object)
    group[cells.cell] = supervision.rows["group"].to_numpy()[cells.row]
    every = _scores(pool, supervision, cells, calibrator, seed)
    losses = pl.concat(
        _losses(name, every - _scores(_without(pool, name), supervision, cells, calibrator, seed), cells, group)
        for name in (*pool.members, *pool.anchors)
    )
    return _summary(_weights(pool, supervision, seed), losses, pool.name, pool.rows.select(GROUP).n_unique())


def _weights(pool: Pool, supervision: Supervision, seed: int) -> pl.DataFrame:
    """One row per group, fold and member with its weight; fold null where it is fitted to all labelled cells."""
    [members] = members_of(supervision, [pool], seed)
    held_out = [None, *supervision.predicted_folds]
    fits = pl.concat(
        fold_weights(members, fold, supervision.codebook).with_columns(fold=pl.lit(fold, pl.UInt32))
        for fold in held_out
    )
    long = fits.unpivot(index=["group", "fold"], variable_name="member", value_name="weight")
    return long.with_columns(pl.col("member").str.strip_prefix(WEIGHT))


def _summary(weights: pl.DataFrame, losses: pl.DataFrame, mixture: str, cells: int) -> pl.DataFrame:
    """One row per group and member: the weight fitted to all labelled cells, the range of the folds, and the loss."""
    of_fold = pl.col("weight").filter(pl.col("fold").is_not_null())
    of_members = weights.group_by("group", "member").agg(
        pl.col("weight").filter(pl.col("fold").is_null()).first(),
        of_fold.min().alias("weight_low"),
        of_fold.max().alias("weight_high"),
    )
    return of_members.join(losses, on=["group", "member"], how="left").with_columns(
        mixture=pl.lit(mixture), cells=pl.lit(cells, pl.UInt32)
    )


def _without(pool: Pool, name: str) -> Pool:
    """The mixture without one of its members or anchors."""
    members, anchors = (tuple(each for each in names if each != name) for names in (pool.members, pool.anchors))
    return replace(pool, shares=pool.shares.drop(SHARE + name, strict=False), members=members, anchors=anchors)


def _scores(pool: Pool, supervision: Supervision, cells: ScoredCells, calibrator: Calibrator, seed: int) -> Floats:
    """The out-of-fold alignment of every cell, shape (N,); NaN where no member is left."""
    left = pool.shares.filter(pl.any_horizontal(pl.col(SHARE + name).is_not_null() for name in pool.members))
    rows = supervision.rows.join(left, on=list(ROW), how="semi", maintain_order="left")
    predicted = crossfitted(Together(calibrator, [pool]), replace(supervision, rows=rows), seed)
    prob = np.append(predicted["prob"].to_numpy(), 0.0)
    number = row_numbers(supervision.rows, predicted)
    scores = cells.scores(prob[number])
    lacks = np.bincount(cells.cell, number[cells.row] < 0, len(scores)) > 0
    return np.where(lacks, np.nan, scores)


def _losses(name: str, differences: Floats, cells: ScoredCells, group: NDArray[np.object_]) -> pl.DataFrame:
    """One row per group: the mean of the differences of its cells, and its standard error over questions."""
    table = pl.DataFrame({"group": group, "question": cells.question, "difference": differences}).fill_nan(None)
    centred = pl.col("difference") - pl.col("difference").mean().over("group")
    questions = table.with_columns(centred.alias("centred")).group_by("group", "question", maintain_order=True)
    sums = questions.agg(pl.col("centred").sum(), pl.col("difference").sum(), pl.col("difference").count().alias("n"))
    clusters, total = pl.len(), pl.col("n").sum()
    spread = ((pl.col("centred") ** 2).sum() * clusters / (clusters - 1)).sqrt() / total
    return sums.group_by("group", maintain_order=True).agg(
        pl.lit(name).first().alias("member"),
        (pl.col("difference").sum() / total).alias("loss"),
        pl.when(clusters > 1).then(spread).alias("std_error"),
    )
