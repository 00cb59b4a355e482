"""
Read what the model wrote
=========================

Every answer is on record as it arrives, raw text and all. A run that was stopped goes on from there, and what is on
record is neither asked nor paid for again. Who answers is ``FakeModel``, which has no opinions.
"""

import tempfile

import polars as pl

import opinionframe as of

survey, model = of.load("gss2018"), of.FakeModel(seed=1)
folder = f"{tempfile.mkdtemp()}/journal"
human = survey.opinions.filter(pl.col("demographic").is_in(["all", "sex=Female"]))
prompts = of.prompts(human, survey.codebook, elicitation=["verbalized", "self_random"], prompt="sd")
answers = of.ask(prompts, model, journal=folder, seed=1)
of.Journal(folder)

# %%
# Raw text beside what was read in it:

answers.join(prompts.select("prompt_id", "question", "elicitation"), on="prompt_id").select(
    "elicitation", "question", "draw", "raw", "status", "probs"
).sort("elicitation", "question", "draw", descending=True).head(6)

# %%
# How much could be read, by elicitation:

of.extraction(answers, prompts).select("source", "extracted")

# %%
# Asked again, nothing is left to ask:

of.dry_run(prompts, model=model, journal=folder, seed=1).select("elicitation", "calls", "on_record")

# %%
# And the answers as rows of opinions, beside the human ones:

rows = of.to_opinions(answers, prompts, survey.codebook)
of.align(pl.concat([human, rows], how="diagonal"), survey.codebook).pipe(of.summarize).select("source", "alignment")
