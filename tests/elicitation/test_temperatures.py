"""Temperatures by elicitation: what is asked for is what a model is told, and what is on record is told apart by it."""

import math

import pytest

import opinionframe as of
from opinionframe.errors import OptionError

SURVEY = of.load("gss2018")
SAMPLED = ["self_random", "paraphrase", "verbalized"]


class Telling(of.FakeModel):
    """A model that remembers at which temperature each text was asked."""

    def __init__(self) -> None:
        super().__init__(seed=1, name="telling")
        self.asked: list[tuple[str, float]] = []

    def answer(self, requests):
        self.asked += [(request.mode, request.temperature) for request in requests]
        return super().answer(requests)


def asked(tmp_path=None, **options) -> set[tuple[str, float]]:
    model = Telling()
    human = SURVEY.opinions.filter(demographic="all")
    options = {"elicitation": SAMPLED, "prompt": "base", "seed": 1} | options
    of.elicit(human, SURVEY.codebook, model, journal=tmp_path, **options)
    return set(model.asked)


def test_ours_unless_others_are_given():
    """self_random and paraphrase are picked, at 0.7 and greedily; verbalized shares are written at 0.7."""
    assert asked() == {("pick", 0.7), ("pick", 0.0), ("write", 0.7)}
    assert asked(temperature={"paraphrase": 0.3, "verbalized": 0}) == {("pick", 0.7), ("pick", 0.3), ("write", 0.0)}


def test_answers_on_record_are_those_of_their_temperature(tmp_path):
    first = asked(tmp_path, elicitation="verbalized")
    assert first == {("write", 0.7)}
    assert asked(tmp_path, elicitation="verbalized") == set()
    assert asked(tmp_path, elicitation="verbalized", temperature={"verbalized": 1.5}) == {("write", 1.5)}
    prompts = of.prompts(SURVEY.opinions, SURVEY.codebook, elicitation="verbalized", prompt="base")
    plans = [
        of.dry_run(prompts, model=Telling(), journal=tmp_path, seed=1, temperature=heat)["on_record"].item()
        for heat in (None, {"verbalized": 1.5}, {"verbalized": 0.1})
    ]
    assert plans == [54, 54, 0]


@pytest.mark.parametrize("heat", [-0.1, 2.1, math.nan, math.inf, True, "0.7", None])
def test_what_is_no_temperature_is_refused(heat):
    with pytest.raises(
        OptionError, match=r"temperature\['paraphrase'\]=.* is no temperature. Give a number from 0 to 2"
    ):
        asked(temperature={"paraphrase": heat})


def test_log_probabilities_have_none():
    with pytest.raises(OptionError, match="temperature='logprob' is not known. Allowed: paraphrase, self_random"):
        asked(temperature={"logprob": 1.0})
