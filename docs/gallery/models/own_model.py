"""
I have a model of my own
========================

An object with a name, a revision, parameters and ``answer`` is a model: no base class is needed. This one prefers the
middle of every scale.
"""

import opinionframe as of
from opinionframe.elicitation import Reply


class Middling:
    """Prefers the middle of the scale, the more the larger `pull` is."""

    revision = "1"

    def __init__(self, pull):
        self.name, self.parameters = "middling", {"pull": pull}  # both are part of the journal's key

    def answer(self, requests):
        """A reply to each request, in any order."""
        for request in requests:
            last = len(request.labels) - 1
            weights = [1 / (1 + self.parameters["pull"] * abs(2 * place - last)) for place in range(last + 1)]
            yield Reply(request, masses=tuple(weight / sum(weights) for weight in weights))


survey = of.load("gss2018")
opinions = of.elicit(survey.opinions, survey.codebook, Middling(2.0), prompt="base", seed=1)
of.figures.cell(opinions, survey.codebook, "natspac")

# %%
# It needs no more to be scored like any other. ``of.register_model("middling", Middling)`` lets study files name it.

opinions.pipe(of.baselines, survey.codebook, which="uniform").pipe(of.align, survey.codebook).pipe(of.summarize).select(
    "source", "alignment", "skill"
)
