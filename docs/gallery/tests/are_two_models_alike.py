"""
Are two models equally good?
============================

A difference that is not significant is no proof that there is none. ``of.equivalence`` turns the burden of proof round:
a small p says that two sources differ by less than a margin. The answers of SmolLM2-135M, asked with and without
demographics, are real ones, kept in ``reports/data``.
"""

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet")
aligned = of.align(pl.concat([survey.opinions, answers], how="diagonal"), survey.codebook)
columns = ["source", "versus", "estimate", "conf_low", "conf_high", "p_value"]

# %%
# Does it matter whether the prompt says who is asked?

of.compare(aligned, pair="base-sd", method="cluster-robust t", seed=1).select(columns)

# %%
# By less than two points of alignment, and by less than half a point:

margins = [of.equivalence(aligned, margin=margin, pair="base-sd") for margin in (0.02, 0.005)]
pl.concat(margins).select(*columns, "margin")
