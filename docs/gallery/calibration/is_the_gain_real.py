"""
Is the gain from calibration real?
==================================

A calibrator that has seen human answers to other questions scores well even with noise for a model. ``of.diagnose``
puts every calibrated source beside a placebo, which knows nothing of the question, and beside human answers alone. The
answers of SmolLM2-135M are real ones, kept in ``reports/data``.
"""

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet")
opinions = pl.concat([survey.opinions, answers], how="diagonal")
diagnosis = of.diagnose(opinions, survey.codebook, method="ridge", seed=1)

# %%
# With 18 questions and so small a model there is none: the ridge hardly reads the answers any more, and falls short of
# human answers to other questions alone.

diagnosis.select("source", "raw", "alignment", "over_placebo", "over_no_model", "verdict")

# %%
# In print, with each verdict explained:

of.tables.diagnosis(diagnosis)

# sphinx_gallery_thumbnail_number = -1
