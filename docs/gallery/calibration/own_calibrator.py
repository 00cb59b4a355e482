"""
I have a calibrator of my own
=============================

A calibrator learns parameters from labelled rows and predicts others; folds, checks and the simplex are not its task.
This one moves every answer to equal shares. The answers of SmolLM2-135M are real ones, kept in ``reports/data``.
"""

import polars as pl

import opinionframe as of

UNIFORM = 1 / pl.len().over("question", "demographic", "source")


class Shrunk(of.Calibrator):
    """Every answer moved to uniform, keeping the share of its distance that errs least."""

    name, title = "shrunk", "shrinkage to uniform"

    def fit(self, supervision, seed):
        """The share of the distance that is kept, by group of rows."""
        labelled = supervision.rows.drop_nulls("target").with_columns(x=pl.col("prob") - UNIFORM)
        slope = (pl.col("x") * (pl.col("target") - UNIFORM)).sum() / (pl.col("x") ** 2).sum()
        kept = labelled.select("group", value=slope.over("group").fill_nan(0.0)).unique()
        return kept.select("group", name=pl.lit("kept"), at=pl.lit(None, pl.Float64), value="value")

    def predict(self, rows, codebook, calibration):
        """The rows, moved."""
        kept = calibration.parameters.select("group", kept="value")
        moved = UNIFORM + pl.col("kept") * (pl.col("prob") - UNIFORM)
        return rows.join(kept, on="group", how="left").with_columns(prob=moved).drop("kept")


survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet")
opinions = pl.concat([survey.opinions, answers], how="diagonal")
calibrated = of.calibrate(opinions, survey.codebook, method=[Shrunk(), "power"], refits=False, seed=1)
of.summarize(of.align(calibrated, survey.codebook)).select("source", "alignment", "skill")

# %%
# It works wherever a name does: here, beside a placebo. ``of.register_calibrator(Shrunk())`` lets study files name it.

of.tables.diagnosis(of.diagnose(opinions, survey.codebook, method=Shrunk(), seed=1))

# sphinx_gallery_thumbnail_number = -1
