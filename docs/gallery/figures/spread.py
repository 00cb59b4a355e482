"""
Does a higher mean hide worse cells?
====================================

The mean alignment of each source against its standard deviation over cells: calibration can raise the one and should
lower the other. The answers of SmolLM2-135M are real ones, kept in ``reports/data``.
"""

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet")
opinions = (
    pl.concat([survey.opinions, answers], how="diagonal")
    .pipe(of.calibrate, survey.codebook, method=["ridge", "power"], refits=False, seed=1)
    .pipe(of.baselines, survey.codebook)
)

# %%
# A line leads from raw to calibrated answers; points further right are better, lower ones more even.

of.figures.spread(of.align(opinions, survey.codebook))
