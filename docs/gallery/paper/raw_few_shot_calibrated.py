"""
Do examples in the prompt help more than calibration?
=====================================================

Raw, few-shot and calibrated answers of the same model, tested as triples: an omnibus test first, and pairs only where
it finds something. Who answers is ``FakeModel``, which has no opinions, so that only calibration can help.
"""

import opinionframe as of

survey = of.load("gss2018")
model, variants = of.FakeModel(seed=1), ["standard", "few_shot"]
opinions = of.elicit(survey.opinions, survey.codebook, model, prompt="sd", variant=variants, seed=1)
opinions = of.calibrate(opinions, survey.codebook, method="ridge", refits=False, seed=1)
aligned = of.align(opinions, survey.codebook)
tests = of.anova(aligned, variant="few_shot")
tests.select("triple", "source", "versus", "method", "estimate", "p_adjusted").head(4)

# %%
# In print, as in the paper's Table 4, marked by the tests that count questions as the sample:

of.tables.triples(aligned, tests, variant="few_shot")

# sphinx_gallery_thumbnail_number = -1
