"""
Does the model know the groups?
===============================

A model can score well and tell every group the same. Contrasts compare the differences between groups, their direction
and their size, with those of people, beside the bar that everybody answers alike. The answers of SmolLM2-135M are real
ones, kept in ``reports/data``.
"""

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet")
opinions = pl.concat([survey.opinions, answers], how="diagonal")

# %%
# With the base prompt, which says nothing of the group, direction is a coin's.

of.tables.contrasts(of.contrasts(opinions, survey.codebook))

# %%
# By attribute, for the prompt that does say it:

sd = opinions.filter((pl.col("source") == "human") | pl.col("source").str.contains("|sd|", literal=True))
contrasts = of.contrasts(sd, survey.codebook, by="attribute").filter(measure="direction")
contrasts.select("attribute", "estimate", "conf_low", "conf_high", "bar", "n")
