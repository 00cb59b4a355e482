"""
How sure is a score, and how many questions do I need?
======================================================

Intervals of means that count questions as the sample, and the smallest gain that a study of so many questions would
find. The answers of SmolLM2-135M are real ones, kept in ``reports/data``.
"""

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet")
opinions = pl.concat([survey.opinions, answers], how="diagonal").pipe(
    of.calibrate, survey.codebook, method="ridge", seed=1
)
aligned = of.align(opinions, survey.codebook)
of.intervals(aligned).select("source", "alignment", "conf_low", "conf_high", "n", "n_clusters")

# %%
# Cells of one question are no independent observations. Of the two tests of the same differences, the paired one takes
# them as such:

tests = of.compare(aligned, seed=1)
of.tables.tests(tests)

# %%
# The smallest gain that would be found with a probability of 0.8:

of.minimum_detectable(aligned, questions=[18, 50, 100, 200]).select(
    "source", "questions", "std_error", "detectable"
).sort("source", "questions")

# sphinx_gallery_thumbnail_number = 2
