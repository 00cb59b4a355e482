"""
How far off may a prediction be?
================================

Around the calibrated prediction for a question that nobody asked a group, the limits between which the truth lies in
nine of ten new questions. The answers of SmolLM2-135M are real ones, kept in ``reports/data``.
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
regions = of.prediction_regions(opinions, survey.codebook, split="question")

# %%
# By party: beside each group stands how many respondents would be as near to the truth, ``worth`` in the frame.

by_party = regions.filter(pl.col("demographic").str.starts_with("party="))
of.figures.regions(by_party, survey.codebook, "natspac", groups=survey.groups)

# %%
# In print, for the share of one choice:

of.tables.regions(by_party, survey.codebook, questions=["natspac"], choice=1, groups=survey.groups)
