"""
How many labels does calibration take?
======================================

The alignment of calibrated answers against the number of labelled cells that a calibrator learns from, beside the raw
answers and what the labels say without a model. The answers of SmolLM2-135M are real ones, kept in ``reports/data``.
"""

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet").filter(
    pl.col("source").str.contains("|sd|", literal=True)
)
opinions = pl.concat([survey.opinions, answers], how="diagonal")
curve = of.learning_curve(
    opinions, survey.codebook, method=["linear", "power"], sizes=[1, 3, 10, 30, 100, 300], draws=20, seed=1
)

# %%

of.figures.learning(curve, y="alignment", title="SmolLM2-135M on questions that it did not learn from")
