"""
Mix several models, and see what each is worth
==============================================

One source made of all others, by weights learnt on other questions. The answers of SmolLM2-135M are real ones, kept in
``reports/data``; beside them is ``FakeModel``, which has no opinions, to see whether it is found out.
"""

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet")
opinions = pl.concat([survey.opinions, answers], how="diagonal").pipe(
    of.elicit, survey.codebook, of.FakeModel(seed=1), prompt="sd", seed=1
)
members = {"mix": ["SmolLM2*", "fake*"]}
weights = of.member_weights(opinions, survey.codebook, together=members, seed=1)

# %%
# The weight of each member, and what the mixture loses without it:

weights.select("member", "weight", "weight_low", "weight_high", "loss", "std_error")

# %%
# The mixture, calibrated, among the others:

mixed = of.calibrate(opinions, survey.codebook, method="power", together=members, refits=False, seed=1)
of.figures.ranked(mixed.pipe(of.baselines, survey.codebook).pipe(of.align, survey.codebook))

# sphinx_gallery_thumbnail_number = -1
