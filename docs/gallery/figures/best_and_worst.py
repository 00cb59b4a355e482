"""
Whom does the model tell best, and whom worst?
==============================================

Mean alignment by group, beside what equal shares would score there and what a perfect model could. The answers of
SmolLM2-135M are real ones, kept in ``reports/data``.
"""

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
answers = pl.read_parquet("../../../reports/data/gss2018-answers.parquet").filter(
    pl.col("source").str.contains("|sd|", literal=True)
)
aligned = of.align(pl.concat([survey.opinions, answers], how="diagonal"), survey.codebook)
groups = of.summarize(aligned, by=["source", "demographic"], overlap="keep").sort("alignment")

# %%
# The five groups that it tells worst. Skill counts from what equal shares score in the same group, so that a group
# whose answers lie near the middle is no easier than another.

groups.head(5).select("demographic", pl.col("alignment", "baseline", "ceiling", "skill").round(3))

# %%
# The five that it tells best:

groups.tail(5).reverse().select("demographic", pl.col("alignment", "baseline", "ceiling", "skill").round(3))
