"""
For which groups does calibration help?
=======================================

Calibrated minus raw alignment in each group, in points, with intervals that hold for all groups at once. The answers of
SmolLM2-135M are real ones, kept in ``reports/data``.
"""

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet").filter(
    pl.col("source").str.contains("|sd|", literal=True)
)
opinions = pl.concat([survey.opinions, answers], how="diagonal").pipe(
    of.calibrate, survey.codebook, method="ridge", seed=1
)
aligned = of.align(opinions, survey.codebook)

# %%
# Ages, parties and sexes. A filled point is a group whose interval leaves out 0.

drawn = aligned.filter(pl.col("demographic").str.contains("^(age|party|sex)="))
tests = of.compare(drawn, by="demographic", method="cluster-robust t", simultaneous=True, seed=1)
of.figures.forest(tests, groups=survey.groups, title="SmolLM2-135M, ridge minus raw")
