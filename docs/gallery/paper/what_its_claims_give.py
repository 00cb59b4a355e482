"""
Do the paper's claims hold for my study?
========================================

Each claim of the text beside what the paper's own printed cells give and what a study of yours finds, with intervals
clustered by question. The study here is SmolLM2-135M on the General Social Survey 2018, whose answers are real ones,
kept in ``reports/data``.
"""

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet")
opinions = pl.concat([survey.opinions, answers], how="diagonal").pipe(
    of.calibrate, survey.codebook, method="ridge", refits=False, seed=1
)
study = of.paper.claims(of.align(opinions, survey.codebook), survey.codebook, seed=1)
study.select("claim", "estimate", "conf_low", "conf_high", "unit").head(6)

# %%
# A setting is a model, an elicitation and a prompt: a study of two says little of how settings differ.

of.tables.audit(of.paper.audit().filter(kind="claim"), study)

# sphinx_gallery_thumbnail_number = -1
