"""
What did the model say, and what did people say?
================================================

The shares behind one score: a question, a group, the model before and after calibration. The answers of SmolLM2-135M
are real ones, kept in ``reports/data``.
"""

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet").filter(
    pl.col("source").str.contains("|sd|", literal=True)
)
opinions = pl.concat([survey.opinions, answers], how="diagonal").pipe(
    of.calibrate, survey.codebook, method="ridge", refits=False, seed=1
)
source = answers["source"][0]

# %%
# As a picture:

of.figures.cell(opinions, survey.codebook, "natspac", "sex=Female", source=source, groups=survey.groups)

# %%
# And as numbers, traced from the mean of a source down to one cell:

aligned = of.align(opinions, survey.codebook)
explanation = of.explain(aligned, opinions, source, question="natspac", demographic="sex=Female")
print(explanation)
explanation.distributions
