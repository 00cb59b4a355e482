"""
What if a model answers only some questions?
============================================

What was refused or could not be read might have been anything. Bounds say how well a source could have scored at worst
and at best, and the ceiling what the size of the survey leaves open. SmolLM2-135M put two percent of its probability on
the options at all; its answers are real ones, kept in ``reports/data``.
"""

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet")
opinions = pl.concat([survey.opinions, answers], how="diagonal")
bounds = of.bounds(opinions, survey.codebook)
bounds.group_by("source").agg(pl.col("coverage", "worst", "alignment", "best").mean().round(3)).sort("source")

# %%
# In print, beside the scores:

of.tables.alignment(of.align(opinions, survey.codebook), bounds=bounds)

# %%
# What a perfect model would be expected to score in groups of this size, and what a second sample of people would:

of.ceiling(opinions, survey.codebook, by="demographic").sort("ceiling").head(5).select(
    "demographic", "n", "ceiling", "second_sample"
)
