"""
A table by demographics
=======================

How well two ways of asking do in each group, raw beside calibrated, classes in their own order. The answers of
SmolLM2-135M are real ones, kept in ``reports/data``.
"""

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet")
opinions = pl.concat([survey.opinions, answers], how="diagonal").pipe(
    of.calibrate, survey.codebook, method="ridge", seed=1
)
aligned = of.align(opinions, survey.codebook)
tests = of.compare(aligned, by="demographic", seed=1)

# %%
# Arrows mark groups where calibrated answers differ from raw ones by the test clustered by question.

of.tables.demographics(aligned, tests, elicitation="logprob", prompt="sd", groups=survey.groups)
