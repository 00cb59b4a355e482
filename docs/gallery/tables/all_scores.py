"""
Every source and baseline in one table
======================================

Scores of a model's answers, of these after calibration, and of what one knows without a model, with intervals that
count the questions as the sample. Who answers here is ``FakeModel``, which has no opinions.
"""

import opinionframe as of

survey = of.load("gss2018")
opinions = (
    survey.opinions.pipe(of.elicit, survey.codebook, of.FakeModel(seed=1), prompt="sd", seed=1)
    .pipe(of.calibrate, survey.codebook, method="ridge", seed=1)
    .pipe(of.baselines, survey.codebook)
)
aligned = of.align(opinions, survey.codebook)

# %%
# The means, as a frame:

of.summarize(aligned).select("source", "alignment", "skill")

# %%
# The same in print. ``.save("scores.tex")`` writes it for a paper.

of.tables.settings(aligned)

# %%
# And as a picture.

# sphinx_gallery_thumbnail_number = -1
of.figures.ranked(aligned)
