"""
Which model answers best for my survey?
=======================================

Two ways of asking SmolLM2-135M, ``FakeModel``, which knows nothing, and three baselines that use no model, ranked with
intervals. The answers of SmolLM2 to the General Social Survey 2018 are real ones, kept in ``reports/data``; in your
study they come from ``of.elicit``.
"""

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet")
opinions = (
    pl.concat([survey.opinions, answers], how="diagonal")
    .pipe(of.elicit, survey.codebook, of.FakeModel(seed=1, name="knows-nothing"), prompt="sd", seed=1)
    .pipe(of.baselines, survey.codebook)
)
aligned = of.align(opinions, survey.codebook)

# %%
# Skill is 0 for equal shares on all options and 100 for people's own answers. Look at the baselines first: the label
# mean is what other questions with the same options got from people.

of.summarize(aligned).select("source", pl.col("alignment", "skill") * 100).sort("alignment", descending=True)

# %%
# The same as a picture. Intervals count the 18 questions as the sample.

of.figures.ranked(aligned)

# sphinx_gallery_thumbnail_number = -1
