"""Anchors: folded rows go in; what is known without a model, by fits that saw no held-out fold, comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from opinionframe.calibration.alike import alike_choices
from opinionframe.calibration.baselines import LABEL_MEAN, PRIOR_QUESTIONS
from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.folds import FEWEST, rounds
from opinionframe.calibration.methods.blend.shares import SHARE
from opinionframe.calibration.methods.cells import Floats
from opinionframe.calibration.methods.registry import NO_MODEL, calibrator_of
from opinionframe.calibration.methods.simplex import onto_simplex
from opinionframe.calibration.supervision import Supervision, row_numbers
from opinionframe.errors import OptionError
from opinionframe.schemas.keys import CELL, ROW
from opinionframe.schemas.vocabulary import UNIFORM

ANCHORS = (UNIFORM, LABEL_MEAN, NO_MODEL)
"""What may be a member of a mixture beside sources, by name."""


class LabelMeans(Calibrator):
    """The mean human distribution of other questions with the same answer labels, shrunk to that of as many choices.

    As the baseline `label-mean`, but from questions outside the fold alone.
    """

    name, title, needs_people = LABEL_MEAN, "label mean", True

    def crossfit(self, supervision: Supervision, seed: int) -> pl.DataFrame:  # noqa: ARG002  nothing is drawn
        """The rows with `prob` predicted, each fold from human answers outside it."""
        rows, human = supervision.rows, supervision.human
        return pl.concat(
            _label_means(rows.filter(fold=fold), human.filter(pl.col("fold").ne_missing(fold)), supervision.codebook)
            for fold in supervision.predicted_folds
        )


@dataclass(frozen=True)
class Anchors:
    """Shares of anchors in rows, shape (R,), by anchor and by the fold that is held out beside the row's own.

    Null is held out where no fold is beside the own one.
    """

    shares: Mapping[str, Mapping[int | None, Floats]]

    def beside(self, rows: pl.DataFrame, fold: int | None) -> pl.DataFrame:
        """`rows`, those that the anchors were made for, with a column of shares for each, by fits without the fold."""
        values = {SHARE + name: pl.Series(own.get(fold, own[None])) for name, own in self.shares.items()}
        return rows.with_columns(**values)


def anchors_of(supervision: Supervision, names: Sequence[str], seed: int) -> Anchors:
    """The shares of the anchors `names` in the rows of `supervision`, each pair of folds held out.

    Raises: OptionError where an anchor is fitted and there are fewer than four folds.
    """
    fitted = [name for name in names if name != UNIFORM]
    folds = supervision.rows["fold"].unique().sort().to_list()
    if fitted and len(folds) < FEWEST:
        raise OptionError(
            f"The anchors {', '.join(fitted)} are fitted without a cell's fold and another one, which takes at least "
            f"{FEWEST} folds, not {len(folds)}. Use more folds, or leave these anchors out."
        )
    uniform = supervision.rows.select((1 / pl.len().over(CELL)).alias("prob"))["prob"].to_numpy()
    by_name: dict[str, dict[int | None, Floats]] = {UNIFORM: {None: uniform}} if UNIFORM in names else {}
    for name in fitted:
        calibrator = LabelMeans() if name == LABEL_MEAN else calibrator_of(name)
        by_name[name] = _without_pairs(calibrator, supervision, folds, seed)
    return Anchors(by_name)


def _without_pairs(
    calibrator: Calibrator, supervision: Supervision, folds: list[int], seed: int
) -> dict[int | None, Floats]:
    """For each held-out fold the shares (R,) by fits without it and the row's own fold; for none, without the own."""
    rows = supervision.rows
    alone = calibrator.crossfit(supervision, seed).lazy().select(*ROW, "prob").collect()
    own = _on_simplex(rows, alone["prob"].to_numpy()[row_numbers(rows, alone)])
    shares: dict[int | None, Floats] = {None: own} | {fold: own.copy() for fold in folds}
    fold_of = rows["fold"].to_numpy()
    schedule = rounds(folds)
    for pairs, values in zip(schedule, calibrator.crossfit_rounds(supervision, schedule, seed), strict=True):
        refitted = _on_simplex(rows, values)
        for pair in pairs:
            for one, other in (pair, pair[::-1]):
                shares[one][fold_of == other] = refitted[fold_of == other]
    return shares


def _on_simplex(rows: pl.DataFrame, prob: np.ndarray) -> Floats:
    own = rows.lazy().select(*CELL, prob=pl.lit(pl.Series(prob)))
    return onto_simplex(own).collect()["prob"].to_numpy()


def _label_means(rows: pl.DataFrame, human: pl.DataFrame, codebook: pl.DataFrame) -> pl.DataFrame:
    """`rows` with `prob` the shrunk mean over the questions of `human`, their own left out."""
    alike = alike_choices(codebook).collect()
    own = (
        human.group_by("question", "choice", maintain_order=True)
        .agg(pl.col("prob").mean().alias("own"))
        .sort("question", "choice")
    )
    means = own.join(alike, on=["question", "choice"], maintain_order="left")
    choices = rows.select("question", "choice").unique().join(alike, on=["question", "choice"])
    for kind in ("labels", "k"):
        sums = means.group_by("nominal", kind, "slot", maintain_order=True).agg(
            pl.col("own").sum().alias(f"total {kind}"), pl.len().alias(f"questions {kind}")
        )
        choices = choices.join(sums, on=["nominal", kind, "slot"], how="left")
    choices = choices.join(own, on=["question", "choice"], how="left").with_columns(
        *(
            (pl.col(f"{what} {kind}").fill_null(0) - less).alias(f"{what} {kind}")
            for kind in ("labels", "k")
            for what, less in (("total", pl.col("own").fill_null(0.0)), ("questions", pl.col("own").is_not_null()))
        )
    )
    by_size = (
        pl.when((pl.col("questions k") > 0) & ~pl.col("nominal"))
        .then(pl.col("total k") / pl.col("questions k"))
        .otherwise(1 / pl.col("k"))
    )
    shrunk = (pl.col("total labels") + PRIOR_QUESTIONS * by_size) / (pl.col("questions labels") + PRIOR_QUESTIONS)
    shares = choices.select("question", "choice", prob=shrunk)
    return (
        rows.drop("prob")
        .join(shares, on=["question", "choice"], how="left", maintain_order="left")
        .select(rows.columns)
    )
