"""The two halves of calibration: `fit` on one survey, `apply` to any other."""

from collections.abc import Sequence

import polars as pl

from opinionframe.calibration.in_engine import apply_relation, fit_relation
from opinionframe.calibration.methods.lines import INNER_FOLDS
from opinionframe.calibration.methods.registry import Method, appliable, calibrator_of, refuse_unordered
from opinionframe.calibration.methods.simplex import onto_simplex
from opinionframe.calibration.saved import Calibration, refuse_strangers
from opinionframe.calibration.supervision import (
    Plan,
    elicited_rows,
    fit_keys,
    refuse_repeated,
    supervise,
    with_tuning_folds,
)
from opinionframe.errors import check_option, check_source
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.doors import takes_relations
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.own_columns import lean, with_own
from opinionframe.schemas.source import calibrated_name
from opinionframe.schemas.to_polars import is_relation
from opinionframe.schemas.vocabulary import HUMAN

TUNED_BY = ("question", "battery", "topic", "dataset")
"""What can be held out where a fit for other questions is tuned."""


@takes_relations
def fit(
    opinions: pl.DataFrame | pl.LazyFrame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    method: Method = "default",
    by: str | Sequence[str] | None = None,
    split: str = "question",
    reference: str = HUMAN,
    seed: int,
) -> Calibration:
    """Fits a calibrator to all labelled cells, for answers to *other* questions. Collects.

    To score a calibrator on the same questions, use `calibrate`, which predicts out of fold. Penalties of lines and
    weights of `default` are tuned across what `split` says, those of corrections in `kriging` across questions, as in
    `calibrate`; a single question leaves the largest penalty, so that `ridge` and `lasso` give uniform.

    Args:
        opinions: Opinions with rows of `reference` and of sources `model|elicitation|prompt|variant`; for `linear`,
            `ridge` and `lasso` also a DuckDB or PySpark relation of such rows.
        codebook: Codebook of its questions.
        method: As in `calibrate`, one that keeps its parameters. `paper` lets ninths of the labelled questions choose
            in turn, and fits what they choose to all. A calibrator of your own has to be registered, so that `apply`
            finds it by its name.
        by: What shares a fit: a column, a part of the source, `dataset` of the codebook, or several. Where it is not
            given, a source, and where the codebook has several datasets, a source in each of them, as in the paper;
            `by="source"` pools them.
            `apply` refuses questions of datasets that a fit by dataset has not seen.
        split: What is held out together, in at most ten folds, where penalties and the weights of `default` are tuned:
            `question`, `battery`, `topic` or `dataset`, as in `calibrate`. Choose what the questions that the fit is
            for have in common with its own: `topic` where theirs are of other topics. With labels in fewer than four
            folds the weights stay fixed ones, with a warning where the questions would have been enough.
        reference: The source that supervises.
        seed: Deals the folds in which penalties are tuned, and grows the forests.

    Returns:
        Calibration: parameters as a frame, to be looked at, saved, or handed to `apply`.

    Raises:
        FrameError: A broken frame, nothing to learn from, or a source whose labels are all in one fold of a `split` by
            other than question. OptionError: a method without parameters, or a split that is none of these or has a
            single unit.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> asked = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base"], seed=1)
    >>> of.fit(asked, survey.codebook, method="power", seed=1).parameters["name"].to_list()
    ['power', 'mixture']
    """
    calibrator = appliable(method)
    book = codebook_border(codebook)
    check_option("split", split, TUNED_BY)
    plan = Plan(fit_keys(by, book, split), reference, split=split, seed=seed)
    if is_relation(opinions):
        return fit_relation(opinions, book, calibrator, plan)
    supervision = supervise(opinions_border(opinions, book).collect(), book, plan)
    refuse_unordered([calibrator], supervision.rows["question"], book)
    if split != "question":  # whose folds each method deals by itself
        supervision = with_tuning_folds(supervision, plan, INNER_FOLDS)
    remembered = (supervision.human, book) if calibrator.needs_people else (supervision.human.clear(), book.clear())
    return Calibration(calibrator.name, plan.by, calibrator.fit(supervision, seed), *remembered, split)


@takes_relations
def apply(
    opinions: Frame, codebook: pl.DataFrame | pl.LazyFrame, calibration: Calibration, *, reference: str = HUMAN
) -> Frame:
    """Appends rows calibrated with a fit, source `…|method`, to the elicited sources that it knows. Collects.

    Args:
        opinions: Opinions of any survey; human rows are not needed, and not looked at. For a fit of `linear`, `ridge`
            or `lasso` also a DuckDB or PySpark relation.
        codebook: Codebook of its questions.
        calibration: What `fit` returned.
        reference: The source that is not calibrated.

    Returns:
        Opinions: `opinions` and the calibrated rows; for a relation one of the same engine.

    Raises:
        FrameError: A broken frame, a source the calibration was not fitted to, or rows that are calibrated already.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> asked = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base"], seed=1)
    >>> learnt = of.fit(asked, survey.codebook, method="power", seed=1)
    >>> of.apply(asked, survey.codebook, learnt)["source"].n_unique()
    3
    """
    check_source("reference", reference)
    calibrator = calibrator_of(calibration.method)
    plan = Plan(calibration.by, reference)
    book = codebook_border(codebook)
    if is_relation(opinions):
        return apply_relation(opinions, book, calibrator, calibration, plan)  # type: ignore[no-any-return]
    rows = opinions_border(opinions, book).collect()
    refuse_repeated(rows["source"].unique(), [calibration.method])
    elicited = elicited_rows(lean(rows, plan.by), plan, book)
    refuse_strangers(elicited, calibration)
    refuse_unordered([calibrator], elicited["question"], book)
    predicted = onto_simplex(calibrator.predict(elicited, book, calibration).lazy()).collect()
    calibrated_rows = with_own(predicted, rows).with_columns(calibrated_name(calibration.method).alias("source"))
    return same_kind(pl.concat([rows, calibrated_rows], how="diagonal").lazy(), opinions)
