"""What is asked: part of a study, GSS questions to groups of people, by each of the four methods."""

from __future__ import annotations

import opinionframe as of
from opinionframe.elicitation.models.protocol import Request
from opinionframe.elicitation.requests import planned_requests

METHODS = ("logprob", "self_random", "paraphrase", "verbalized")
SEED = 1


def requests_of(method: str, prompts: int) -> list[Request]:
    """All answers to so many prompts drawn from the study, in random order, so that a part is like the whole.

    Of a prompt, self_random wants five answers and verbalized three.
    """
    survey = of.load("gss2018")
    asked = of.prompts(survey.opinions, survey.codebook, elicitation=method, prompt="sd", seed=SEED)
    return planned_requests(asked.sample(prompts, seed=SEED, shuffle=True), seed=SEED, thinks=False)[1]
