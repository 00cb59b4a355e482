"""How each method's fit becomes rows of parameters, and how those predict."""

import polars as pl

from opinionframe.calibration.folds import deal_folds
from opinionframe.calibration.methods.cells import cells
from opinionframe.calibration.methods.crossfit import CELLWISE, Parameters
from opinionframe.calibration.methods.kriging.correction import MIDDLE, Correction, fit_correction, predict_correction
from opinionframe.calibration.methods.kriging.smoother import fit_prior
from opinionframe.calibration.methods.kriging.surface import surface
from opinionframe.calibration.methods.lines import PENALTIES, apply_linear, whole_fit
from opinionframe.calibration.saved import PARAMETERS, Calibration, read_scalars, scalars
from opinionframe.calibration.supervision import Supervision, groups

FITTED = ("default", "no-model", *PENALTIES, *CELLWISE)
"""The methods whose fit is a frame of parameters; `forest` and `paper` only predict out of fold."""

INNER_FOLDS = 10
LINE = ("intercept", "slope")
NOBODY = pl.lit(None, dtype=pl.Float64)
"""The target and its n_eff where answers are calibrated that no human gave."""


def fit_parameters(supervision: Supervision, method: str, seed: int) -> pl.DataFrame:
    """The parameters of one of FITTED for every group of rows."""
    if method in PENALTIES:
        return _fit_lines(supervision, method, seed)
    if method in CELLWISE:
        return _fit_cellwise(supervision, method)
    return _fit_default(supervision, method, seed)


def predict_rows(rows: pl.DataFrame, codebook: pl.DataFrame, calibration: Calibration) -> pl.DataFrame:
    """`rows` with `prob` predicted, not yet on the simplex."""
    if calibration.method in PENALTIES:
        return _apply_lines(rows, calibration)
    if calibration.method in CELLWISE:
        return _apply_cellwise(rows, codebook, calibration)
    return _apply_default(rows, codebook, calibration)


def _fit_lines(supervision: Supervision, method: str, seed: int) -> pl.DataFrame:
    questions = supervision.rows["question"].n_unique()
    dealt = deal_folds(supervision.rows, supervision.codebook, "question", min(INNER_FOLDS, questions), seed)
    pairs = supervision.rows.join(dealt, on=["question", "demographic"])
    return line_parameters(whole_fit(pairs.lazy(), method))


def line_parameters(fits: pl.LazyFrame) -> pl.DataFrame:
    """Fitted lines, one row per group, as rows of parameters. Collects."""
    values = fits.collect().sort("group").drop("n").rows(named=True)
    return pl.concat(scalars(row.pop("group"), row) for row in values)


def line_table(calibration: Calibration) -> pl.DataFrame:
    """The fitted lines of a calibration, one row per group: `intercept` and `slope`."""
    return calibration.parameters.filter(pl.col("name").is_in(LINE)).pivot("name", index="group", values="value")


def _apply_lines(rows: pl.DataFrame, calibration: Calibration) -> pl.DataFrame:
    return apply_linear(rows.lazy(), line_table(calibration).lazy(), on=["group"]).collect()


def _fit_cellwise(supervision: Supervision, method: str) -> pl.DataFrame:
    fits = []
    for rows in groups(supervision.rows):
        found = CELLWISE[method].fit(cells(rows, supervision.codebook).known())
        fits.append(_written(rows["group"][0], found))
    return pl.concat(fits)


def _written(group: str, found: Parameters) -> pl.DataFrame:
    if "x" not in found:
        return scalars(group, dict(found))
    return pl.DataFrame({"group": group, "name": "knot", "at": found["x"], "value": found["y"]}, schema=PARAMETERS)


def _read(parameters: pl.DataFrame, group: str) -> Parameters:
    knots = parameters.filter(group=group, name="knot").sort("at")
    if knots.is_empty():
        return read_scalars(parameters, group)
    return {"x": knots["at"].to_list(), "y": knots["value"].to_list()}


def _apply_cellwise(rows: pl.DataFrame, book: pl.DataFrame, calibration: Calibration) -> pl.DataFrame:
    method, predicted = CELLWISE[calibration.method], []
    for part in groups(rows):
        found = _read(calibration.parameters, part["group"][0])
        table = cells(part.with_columns(target=NOBODY, n_eff=NOBODY), book)
        predicted.append(part.with_columns(prob=table.rows(method.predict(table, found))))
    return pl.concat(predicted)


def _fit_default(supervision: Supervision, method: str, seed: int) -> pl.DataFrame:
    whole = surface(supervision.human, supervision.rows, supervision.codebook)
    known = whole.trust > 0
    prior = fit_prior(whole, known)
    fits = []
    for rows in groups(supervision.rows):
        shares = whole.shares(rows)
        found = fit_correction(whole, prior, shares, known, seed=seed, human_only=method == "no-model")
        fits.append(scalars(rows["group"][0], found.coefficients | {MIDDLE: found.middle}))
    return pl.concat(fits)


def _apply_default(rows: pl.DataFrame, book: pl.DataFrame, calibration: Calibration) -> pl.DataFrame:
    """The baseline comes from the human rows of the fit's own questions; a question never sees its own.

    A question that both codebooks have, with another number of choices, is another question.
    """
    learnt = calibration.codebook.join(book, on="question", how="anti")
    alike = _sizes(calibration.codebook).join(_sizes(book), on=["question", "len"], how="semi")
    remembered = pl.concat([learnt.select("question").unique(), alike.select("question")])
    human = calibration.human.join(remembered, on="question", how="semi")
    whole = surface(human, rows, pl.concat([book, learnt], how="diagonal"))
    prior = fit_prior(whole, whole.trust > 0)
    predicted = []
    for part in groups(rows):
        found = read_scalars(calibration.parameters, part["group"][0])
        correction = Correction({k: v for k, v in found.items() if k != MIDDLE}, found[MIDDLE])
        values = predict_correction(whole, prior, correction, whole.shares(part))
        predicted.append(part.with_columns(prob=pl.Series(values[whole.place(part)])))
    return pl.concat(predicted)


def _sizes(codebook: pl.DataFrame) -> pl.DataFrame:
    return codebook.group_by("question").len()
