"""
Tables for the appendix
=======================

What was asked of whom, in which words, and how much of it could be read. Who answers is ``FakeModel``, which has no
opinions.
"""

import opinionframe as of

survey = of.load("gss2018")
prompts = of.prompts(survey.opinions, survey.codebook, elicitation=["logprob", "verbalized"], prompt="base")
answers = of.ask(prompts, of.FakeModel(seed=1), seed=1)

# %%
# Questions and groups of each data set:

of.tables.datasets(survey.codebook, survey.opinions, groups=survey.groups)

# %%
# One example of each template:

of.tables.prompts(prompts)

# %%
# The share of prompts that got a readable answer:

of.tables.extraction(of.extraction(answers, prompts, survey.codebook))
