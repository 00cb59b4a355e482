"""Opinions in, Opinions with calibrated rows out: every cell predicted by a fit that saw none of its fold."""

from collections.abc import Sequence

import polars as pl

from opinionframe.calibration.folds import deal_folds, refuse_untrained
from opinionframe.calibration.in_engine import calibrate_relation
from opinionframe.calibration.methods.crossfit import CELLWISE, crossfit_cellwise, crossfit_default
from opinionframe.calibration.methods.forest import crossfit_forest
from opinionframe.calibration.methods.lines import PENALTIES, apply_linear, fit_linear
from opinionframe.calibration.methods.paper import crossfit_paper
from opinionframe.calibration.methods.simplex import onto_simplex
from opinionframe.calibration.own_columns import lean, own_name, with_own
from opinionframe.calibration.supervision import Supervision, collect_opinions, refuse_twice, supervise
from opinionframe.errors import check_option
from opinionframe.schemas.borders import codebook_border
from opinionframe.schemas.engine import is_relation
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.source import calibrated_name

METHODS = ("default", "no-model", *PENALTIES, "forest", "paper", *CELLWISE)


def calibrate(
    opinions: Frame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    method: str | Sequence[str] = "default",
    split: str = "question",
    folds: int = 10,
    by: str | list[str] = "source",
    reference: str = HUMAN,
    seed: int,
) -> Frame:
    """Appends out-of-fold calibrated rows, source `…|method`, to every elicited source. Collects.

    Every cell is predicted by a fit that saw no row of its fold; penalties are tuned inside the training folds.
    Predictions are distributions: clipped and renormalised, or on the simplex by construction.

    Args:
        opinions: Opinions with rows of `reference` and of sources `model|elicitation|prompt|variant`; for `linear`,
            `ridge` and `lasso` also a DuckDB or PySpark relation of such rows (extra `engine`).
        codebook: Codebook of its questions.
        method: One or several. The package's own: `default`, human answers to other questions, weighted by wording
            and answer labels, corrected by the model's answers (which stay raw where a single labelled question is
            left to learn from), and `no-model`, the same without the model. On whole
            distributions: `power` (a temperature and a mixture with uniform), `dirichlet` (log-ratios) and
            `cumulative` (a monotone map of the distribution function). Choice by choice, as in the paper: `linear`,
            `ridge`, `lasso`, `forest`, and `paper`, which chooses among the four on a development fold.
        split: What is held out together: `question` (the default), `row` (the paper's, through which the same
            question's other groups leak), `demographic`, `topic`, `dataset`, or a column of your own folds.
        folds: How many folds the units are dealt into.
        by: What shares a fit: a column, a part of the source, or several.
        reference: The source that supervises.
        seed: Deals the folds and grows the forests.

    Returns:
        Opinions: `opinions` and the calibrated rows, which keep the raw rows' `nonresponse`; for a relation one of the
        same engine, in which it is predicted when it is read.

    Raises:
        FrameError: A broken frame, or nothing to calibrate. OptionError: an unknown method or split.

    Reference: the paper's section 3.6; Hastie, Tibshirani and Friedman (2009), 7.10, for cross-fitting.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> asked = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base"], seed=1)
    >>> of.calibrate(asked, survey.codebook, method="linear", seed=1)["source"].n_unique()
    3
    """
    methods = [method] if isinstance(method, str) else list(method)
    for name in methods:
        check_option("method", name, METHODS)
    keys: list[str] = [by] if isinstance(by, str) else by
    if is_relation(opinions):
        book = codebook_border(codebook)
        return calibrate_relation(  # type: ignore[no-any-return]  # the frame types are those of Polars
            opinions, book, methods, split=split, folds=folds, by=tuple(keys), reference=reference, seed=seed
        )
    rows, book = collect_opinions(opinions, codebook)
    refuse_twice(rows["source"].unique(), methods)
    slim = lean(rows, [*keys, split])
    supervision = supervise(slim, book, [own_name(key, slim) for key in keys], reference)
    supervision = _with_folds(supervision, own_name(split, slim), folds, seed)
    new: list[pl.DataFrame] = [_calibrated(supervision, name, seed, rows) for name in methods]
    return same_kind(pl.concat([rows, *new], how="diagonal").lazy(), opinions)


def _with_folds(supervision: Supervision, split: str, folds: int, seed: int) -> Supervision:
    rows, human = supervision.rows, supervision.human
    dealt = deal_folds(rows, supervision.codebook, split, folds, seed, others=human)
    numbered = [
        frame.drop("fold", strict=False).join(dealt, on=["question", "demographic"], how="left", maintain_order="left")
        for frame in (rows, human)
    ]
    refuse_untrained(numbered[0].group_by("group", "fold").agg(n=pl.col("target").count()))
    return Supervision(numbered[0], numbered[1], supervision.codebook)


def _calibrated(supervision: Supervision, method: str, seed: int, rows: pl.DataFrame) -> pl.DataFrame:
    predicted = onto_simplex(_predicted(supervision, method, seed)).collect()
    return with_own(predicted, rows).with_columns(calibrated_name(method).alias("source"))


def _predicted(supervision: Supervision, method: str, seed: int) -> pl.LazyFrame:
    if method in PENALTIES:
        rows = supervision.rows.lazy()
        return apply_linear(rows, fit_linear(rows, method), on=["group", "fold"])
    if method in CELLWISE:
        return crossfit_cellwise(supervision, method).lazy()
    if method == "paper":
        return crossfit_paper(supervision, seed).lazy()
    if method == "forest":
        return crossfit_forest(supervision, seed).lazy()
    return crossfit_default(supervision, seed, human_only=method == "no-model").lazy()
