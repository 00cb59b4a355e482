"""
What will it cost?
==================

Calls, tokens and cost before anything is asked: prices are those of a million tokens in and out, here 0.15 and 0.60
dollars. Nothing is sent.
"""

import polars as pl

import opinionframe as of

survey = of.load("gss2018")
prompts = of.prompts(survey.opinions, survey.codebook, elicitation=["logprob", "verbalized"], prompt=["base", "sd"])
plan = of.dry_run(prompts, prices=(0.15, 0.60))
plan.select("elicitation", "prompt", "prompts", "calls", "tokens_in_high", "cost_low", "cost_high")

# %%
# In all, from the least to the most; the most counts on a thought before each answer.

plan.select(pl.col("calls", "cost_low", "cost_high").sum())
