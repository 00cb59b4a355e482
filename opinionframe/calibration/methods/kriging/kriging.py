"""Kriging: human answers to other questions, interpolated by wording and labels, then corrected by the model's answers.

Each question's distribution function is predicted from those of other questions, weighted by how alike their wordings
and answer labels are (`smoother`: ordinary kriging over questions); what the source says moves that baseline
(`correction`: a robust ridge over a dozen features, the external drift).
"""

import polars as pl

from opinionframe.calibration.methods.calibrator import Calibrator
from opinionframe.calibration.methods.kriging.correction import MIDDLE, Correction, fit_correction, predict_correction
from opinionframe.calibration.methods.kriging.smoother import fit_prior
from opinionframe.calibration.methods.kriging.surface import surface
from opinionframe.calibration.saved import Calibration, read_scalars, scalars
from opinionframe.calibration.supervision import Supervision, groups


class Kriging(Calibrator):
    """The package's own calibrator; with `human_only`, the bar for it, in which the model's answers take no part."""

    needs_people = True

    def __init__(self, name: str, *, human_only: bool = False) -> None:
        self.name = name
        self.title = "kriging over questions" + (", without a model" if human_only else "")
        self._human_only = human_only

    def fit(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """The coefficients of the correction of every group of rows."""
        whole = surface(supervision.human, supervision.rows, supervision.codebook)
        known = whole.trust > 0
        prior = fit_prior(whole, known)
        fits = []
        for rows in groups(supervision.rows):
            shares = whole.shares(rows)
            correction = fit_correction(whole, prior, shares, known, seed=seed, human_only=self._human_only)
            fits.append(scalars(rows["group"][0], correction.coefficients | {MIDDLE: correction.middle}))
        return pl.concat(fits)

    def predict(self, rows: pl.DataFrame, codebook: pl.DataFrame, calibration: Calibration) -> pl.DataFrame:
        """The baseline comes from the human rows of the fit's own questions; a question never sees its own.

        A question that both codebooks have, with another number of choices, is another question.
        """
        learnt = calibration.codebook.join(codebook, on="question", how="anti")
        alike = _sizes(calibration.codebook).join(_sizes(codebook), on=["question", "len"], how="semi")
        remembered = pl.concat([learnt.select("question").unique(), alike.select("question")])
        human = calibration.human.join(remembered, on="question", how="semi")
        whole = surface(human, rows, pl.concat([codebook, learnt], how="diagonal"))
        prior = fit_prior(whole, whole.trust > 0)
        predicted = []
        for part in groups(rows):
            parameters = read_scalars(calibration.parameters, part["group"][0])
            coefficients = {name: value for name, value in parameters.items() if name != MIDDLE}
            correction = Correction(coefficients, parameters[MIDDLE])
            values = predict_correction(whole, prior, correction, whole.shares(part))
            predicted.append(part.with_columns(prob=pl.Series(values[whole.place(part)])))
        return pl.concat(predicted)

    def crossfit(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """The rows with `prob` predicted; a fold's human rows enter neither its baseline nor its corrections."""
        human, codebook = supervision.human, supervision.codebook
        whole = surface(human, supervision.rows, codebook)
        parts = {rows["group"][0]: rows for rows in groups(supervision.rows)}
        shares = {name: whole.shares(rows) for name, rows in parts.items()}
        predicted = []
        for fold in sorted(supervision.rows["fold"].unique()):
            known = whole.cells(human.filter(pl.col("fold").ne_missing(fold)))
            prior = fit_prior(whole, known)
            for name, rows in parts.items():
                held_out = rows.filter(fold=fold)
                correction = fit_correction(whole, prior, shares[name], known, seed=seed, human_only=self._human_only)
                values = predict_correction(whole, prior, correction, shares[name])
                predicted.append(held_out.with_columns(prob=pl.Series(values[whole.place(held_out)])))
        return pl.concat(predicted)


def _sizes(codebook: pl.DataFrame) -> pl.DataFrame:
    return codebook.group_by("question").len()
