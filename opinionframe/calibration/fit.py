"""The two halves of calibration: `fit` on one survey, `apply` to any other."""

import polars as pl

from opinionframe.calibration.engine_sums import fit_relation
from opinionframe.calibration.in_engine import apply_relation
from opinionframe.calibration.methods.fitted import FITTED, fit_parameters, predict_rows
from opinionframe.calibration.methods.simplex import onto_simplex
from opinionframe.calibration.own_columns import lean, own_name, with_own
from opinionframe.calibration.saved import Calibration, refuse_strangers
from opinionframe.calibration.supervision import collect_opinions, elicited_rows, refuse_twice, supervise
from opinionframe.errors import check_option
from opinionframe.schemas.borders import codebook_border
from opinionframe.schemas.engine import is_relation
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.source import calibrated_name


def fit(
    opinions: pl.DataFrame | pl.LazyFrame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    method: str = "default",
    by: str | list[str] = "source",
    reference: str = HUMAN,
    seed: int,
) -> Calibration:
    """Fits a calibrator to all labelled cells, for answers to *other* questions. Collects.

    To score a calibrator on the same questions, use `calibrate`, which predicts out of fold. Penalties are
    tuned across whole questions.

    Args:
        opinions: Opinions with rows of `reference` and of sources `model|elicitation|prompt|variant`; for `linear`,
            `ridge` and `lasso` also a DuckDB or PySpark relation of such rows (extra `engine`).
        codebook: Codebook of its questions.
        method: One of `default`, `no-model`, `power`, `dirichlet`, `cumulative`, `linear`, `ridge` and `lasso`, as
            in `calibrate`; `forest` and `paper` only predict out of fold.
        by: What shares a fit: a column, a part of the source, or several.
        reference: The source that supervises.
        seed: Deals the folds in which penalties are tuned.

    Returns:
        Calibration: parameters as a frame, to be looked at, saved, or handed to `apply`.

    Raises:
        FrameError: A broken frame, or nothing to learn from. OptionError: a method without parameters.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> asked = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base"], seed=1)
    >>> of.fit(asked, survey.codebook, method="power", seed=1).parameters["name"].to_list()
    ['power', 'mixture']
    """
    check_option("method", method, FITTED)
    keys = (by,) if isinstance(by, str) else tuple(by)
    if is_relation(opinions):
        return fit_relation(opinions, codebook_border(codebook), method, keys, reference, seed)
    rows, book = collect_opinions(opinions, codebook)
    slim = lean(rows, keys)
    supervision = supervise(slim, book, [own_name(key, slim) for key in keys], reference)
    memory = (
        (supervision.human, book) if method in ("default", "no-model") else (supervision.human.clear(), book.clear())
    )
    return Calibration(method, keys, fit_parameters(supervision, method, seed), *memory)


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
    if is_relation(opinions):
        return apply_relation(opinions, codebook_border(codebook), calibration, reference)  # type: ignore[no-any-return]
    given, book = collect_opinions(opinions, codebook)
    refuse_twice(given["source"].unique(), [calibration.method])
    slim = lean(given, calibration.by)
    rows = elicited_rows(slim, [own_name(key, slim) for key in calibration.by], reference)
    refuse_strangers(rows, calibration)
    predicted = onto_simplex(predict_rows(rows, book, calibration).lazy()).collect()
    new = with_own(predicted, given).with_columns(calibrated_name(calibration.method).alias("source"))
    return same_kind(pl.concat([given, new], how="diagonal").lazy(), opinions)
