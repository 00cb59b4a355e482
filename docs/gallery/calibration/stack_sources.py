"""
Stack what is calibrated already
================================

A stack mixes sources of a cell by weights learnt on other questions, calibrated ones and anchors that use no model
among them. The answers of SmolLM2-135M are real ones, kept in ``reports/data``.
"""

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet").filter(
    pl.col("source").str.contains("|sd|", literal=True)
)
opinions = pl.concat([survey.opinions, answers], how="diagonal").pipe(
    of.calibrate, survey.codebook, method=["ridge", "power"], refits=False, seed=1
)
source = answers["source"][0]
members = [source, f"{source}|ridge", f"{source}|power", "label-mean", "uniform"]
stacked = of.stack(opinions, survey.codebook, sources=members, seed=1)

# %%
# What each member counts, fitted to all questions; ``fold`` has the weights without each part of them.

weights = of.stack_weights(opinions, survey.codebook, sources=members, seed=1)
weights.filter(pl.col("fold").is_null()).select("source", "weight").sort("weight", descending=True)

# %%
# The stack beside its members:

of.figures.ranked(stacked.pipe(of.baselines, survey.codebook).pipe(of.align, survey.codebook))

# sphinx_gallery_thumbnail_number = -1
