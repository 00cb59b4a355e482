"""
Five labelled examples instead of all
=====================================

The paper's few-label experiments: draws of five labelled cells from which a calibrator learns, their scores averaged
over draws, and which groups lose most beside all labels. The answers of SmolLM2-135M are real ones, kept in
``reports/data``.
"""

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet")
opinions = pl.concat([survey.opinions, answers], how="diagonal")
drawn = of.draw_examples(opinions, survey.codebook, n=5, draws=3, seed=1)
opinions = of.calibrate(opinions, survey.codebook, method="linear", refits=False, seed=1)
opinions = of.calibrate_few(opinions, survey.codebook, drawn, method="linear", seed=1)
aligned = opinions.pipe(of.align, survey.codebook).pipe(of.over_draws)
of.summarize(aligned).select("source", "alignment", "std_dev")

# %%
# The groups that lose most:

of.tables.degraded(aligned, full="linear", few="linear-5", groups=survey.groups)

# sphinx_gallery_thumbnail_number = -1
