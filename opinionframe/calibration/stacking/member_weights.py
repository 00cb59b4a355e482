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
from opinionframe.calibration.stacking.pooled import Mixtures, Pool, pools
from opinionframe.calibration.stacking.together import Together, fold_weights, members_of
from opinionframe.calibration.supervision import Plan, Supervision, fit_keys, row_numbers, supervise, with_folds
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.keys import GROUP, ROW
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.vocabulary import HUMAN


class Mixture(Calibrator):
    """A mixture as it is."""

    name, title = "mixture", "mixture"

    def crossfit(self, supervision: Supervision, seed: int) -> pl.DataFrame:  # noqa: ARG002  nothing is drawn
        """The rows, whose `prob` is that of the mixture."""
        return supervision.rows


def member_weights(
    opinions: Frame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    together: Mixtures = "together",
    method: Method | None = None,
    split: str = "question",
    folds: int = 10,
    by: str | Sequence[str] | None = None,
    reference: str = HUMAN,
    seed: int,
) -> Frame:
    """How much each source counts in `calibrate(…, together=…)`, and what is lost without it. Collects.

    Args:
        opinions: Opinions with rows of `reference` and of the members, sources `model|elicitation|prompt|variant`.
        codebook: Codebook of its questions.
        together: The mixtures, as in `calibrate`.
        method: What calibrates the mixtures before they are scored, as in `calibrate`: it is fitted once more for
            every member and fold. `None` scores the mixtures themselves, which is quick; a member that calibration
            makes up for then seems to matter more than it does.
        split: What is held out together, as in `calibrate`.
        folds: How many folds the units are dealt into.
        by: What shares weights, as in `calibrate`.
        reference: The source that supervises.
        seed: Deals the folds.

    Returns:
        One row per mixture, group and member, the heaviest first: `mixture`; `group` (what shares weights); `member` (a
        source, or an anchor such as `uniform`); `weight`, in [0, 1], fitted to all labelled cells, and the least and
        largest of the folds, `weight_low` and `weight_high`; `cells`, how many of the mixture the member answered;
        `loss`, by how much the mean out-of-fold alignment of the mixture falls where its weights are fitted without the
        member, in [-1, 1], and its `std_error` over questions. A loss within two errors of 0 says that the others make
        up for the member. A member that another one resembles loses little, though the two may matter.

    Raises: FrameError for fewer than two sources, or a pattern that names none. OptionError for an unfit name.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> opinions = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base", "sd"], seed=1)
    >>> weights = member_weights(opinions, survey.codebook, seed=1)
    >>> weights["member"].sort().to_list(), round(weights["weight"].sum(), 9)
    (['fake|logprob|base|standard', 'fake|logprob|sd|standard', 'uniform'], 1.0)
    """
    book = codebook_border(codebook)
    rows = opinions_border(opinions, book).collect()
    plan = Plan(fit_keys(by, book, split, rows), reference, split, folds, seed)
    mixtures: list[Pool] = pools(rows, together, reference)
    people = rows.filter(pl.col("source") == reference)
    pooled = pl.concat([people, *(each.rows for each in mixtures)], how="diagonal")
    folded = with_folds(supervise(pooled, book, plan), plan)
    answered = rows.group_by(member="source").agg(pl.struct(GROUP).n_unique().alias("cells"))
    calibrator = Mixture() if method is None else calibrator_of(method)
    refuse_unordered([calibrator], folded.rows["question"], book)
    table = pl.concat(
        _of_mixture(each, replace(folded, rows=folded.rows.filter(source=each.name)), calibrator, seed)
        for each in mixtures
    )
    every = {each.name: each.rows.select(GROUP).n_unique() for each in mixtures}
    cells = pl.col("cells").fill_null(pl.col("mixture").replace_strict(every, return_dtype=pl.UInt32))
    columns = ["mixture", "group", "member", "weight", "weight_low", "weight_high", "cells", "loss", "std_error"]
    listed = table.join(answered, on="member", how="left").with_columns(cells).select(columns)
    order = ["mixture", "group", "weight", "member"]
    return same_kind(listed.sort(order, descending=[False, False, True, False]).lazy(), opinions)


def _of_mixture(pool: Pool, supervision: Supervision, calibrator: Calibrator, seed: int) -> pl.DataFrame:
    """One row per group and member of one mixture: its weights, and what is lost without it."""
    weights = _weights(pool, supervision, seed)
    cells = scored_cells(supervision.rows, supervision.codebook)
    group = np.empty(len(cells.question), dtype=object)
    group[cells.cell] = supervision.rows["group"].to_numpy()[cells.row]
    every = _scores(pool, supervision, cells, calibrator, seed)
    losses = pl.concat(
        _losses(name, every - _scores(_without(pool, name), supervision, cells, calibrator, seed), cells, group)
        for name in (*pool.members, *pool.anchors)
    )
    return weights.join(losses, on=["group", "member"], how="left").with_columns(mixture=pl.lit(pool.name))


def _weights(pool: Pool, supervision: Supervision, seed: int) -> pl.DataFrame:
    """One row per group and member: the weight fitted to all labelled cells, and the range of the folds."""
    [members] = members_of(supervision, [pool], seed)
    held_out = [None, *supervision.predicted_folds]
    fits = pl.concat(
        fold_weights(members, fold, supervision.codebook).with_columns(fold=pl.lit(fold, pl.UInt32))
        for fold in held_out
    )
    of_fold = pl.col("weight").filter(pl.col("fold").is_not_null())
    return (
        fits.unpivot(index=["group", "fold"], variable_name="member", value_name="weight")
        .with_columns(pl.col("member").str.strip_prefix(WEIGHT))
        .group_by("group", "member")
        .agg(
            pl.col("weight").filter(pl.col("fold").is_null()).first(),
            of_fold.min().alias("weight_low"),
            of_fold.max().alias("weight_high"),
        )
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
