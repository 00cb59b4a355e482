"""
Does my split leak?
===================

If a question's other groups stay in training, a predictor with no model at all looks its answers up. ``of.audit_split``
says how far it gets, and which questions are worded almost alike. The answers of SmolLM2-135M are real ones, kept in
``reports/data``.
"""

import warnings

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet")
opinions = pl.concat([survey.opinions, answers], how="diagonal")

# %%
# ``leak`` is what a split gives away, in alignment: by rows, as in the paper, eight of the thirteen
# points that the label mean lacks.

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    splits = [
        of.audit_split(opinions, survey.codebook, split=split, seed=1) for split in ("row", "demographic", "question")
    ]
pl.concat(splits).select("split", "looked_up", "no_model", "label_mean", "leak")

# %%
# No split helps against one thing, of which the audit warns.

print(caught[0].message)
