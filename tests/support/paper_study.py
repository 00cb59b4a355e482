"""A miniature of the paper's study: three surveys of invented people, and models that are not the same.

Run as a program with the path of a study file it runs that study, so that a test can kill it.
"""

import os
import sys
import time
import zlib
from pathlib import Path

import numpy as np
from survey_files import oqa_writer, wgm_writer, wvs_writer

import opinionframe as of

PEOPLE = 240
TRUST = ["Q11A", "Q11B", "Q11C", "Q11D", "Q11E", "Q11F"]
VALUES = ["Q2", "Q3", "Q4", "Q5", "Q6", "Q27"]
OWN = {
    f"OWN{number}": (f"How safe is place {number}?", ["Very", "Somewhat", "Not"], "[1.0, 2.0, 3.0]")
    for number in range(6)
}
IDEOLOGIES = ["Very conservative", "Conservative", "Moderate"]

STUDY = """
title = "Miniature"
seed = 1
output = "out"

[[survey]]
reader = "wgm"
path = "wgm2018.csv"
demographics = ["sex", "world region"]
questions = ["Q11A", "Q11B", "Q11C", "Q11D", "Q11E", "Q11F"]
featured = "world region"

[[survey]]
reader = "opinionqa"
path = "human_resp"
demographics = ["sex", "ideology"]
featured = "ideology"

[[survey]]
reader = "wvs"
path = "WVS_Cross-National_Wave_7.csv"
demographics = ["sex", "income"]
questions = ["Q2", "Q3", "Q4", "Q5", "Q6", "Q27"]
featured = "income"

[elicit]
elicitation = ["paraphrase", "self_random", "verbalized"]
prompt = ["base", "sd"]
parser = "paper"
journal = "journal"

[calibrate]
method = ["linear"]
split = "row"
folds = 5
variant = ["standard"]

[compare]
overlap = "leave out"

[paper]
main = ["Large", "OLMo-Instruct"]
stages = ["OLMo-Base", "OLMo-SFT", "OLMo-DPO", "OLMo-Instruct"]
draws = 2
shown = 2
sizes = [1, 5, 10]

[[model]]
kind = "differing"
name = "org/large"
label = "Large"
elicitation = ["paraphrase", "self_random", "verbalized", "logprob"]
variant = ["standard", "few_shot"]

[[model]]
kind = "differing"
name = "org/olmo-base"
label = "OLMo-Base"
elicitation = ["verbalized"]

[[model]]
kind = "differing"
name = "org/olmo-sft"
label = "OLMo-SFT"
elicitation = ["verbalized"]

[[model]]
kind = "differing"
name = "org/olmo-dpo"
label = "OLMo-DPO"
elicitation = ["verbalized"]

[[model]]
kind = "differing"
name = "org/olmo-instruct"
label = "OLMo-Instruct"
variant = ["standard", "cot"]
"""


class Differing(of.FakeModel):
    """A FakeModel whose answers depend on its name; some lists of percentages sum to 160.

    Its answers are those of `model` where the study names `org/model`, as with models of the Hub and of servers.
    It takes the seconds in the environment's PAUSE for each answer.
    """

    def __init__(self, *, name="differing", seed):
        super().__init__(seed=seed + zlib.crc32(name.encode()), name=name.rsplit("/", 1)[-1])
        self._pause = float(os.environ.get("PAUSE", "0"))

    def answer(self, requests):
        for reply in super().answer(requests):
            time.sleep(self._pause)
            yield reply

    def _percentages(self, shares):
        scale = 160 if shares[0] > 0.6 else 100
        return "[" + ", ".join(f"{scale * share:.1f}" for share in shares) + "]"


def write_surveys(folder: Path) -> None:
    """The files of three surveys in `folder`, as their readers want them."""
    rng = np.random.default_rng(5)
    people = [{"sex": int(rng.integers(1, 3)), "class": int(rng.integers(1, 4))} for _ in range(PEOPLE)]

    def answer(person, n_choices):
        lean = 0.5 * person["class"] + 0.4 * person["sex"]
        return int(np.clip(round(rng.normal(lean + 0.6, 1.0)), 1, n_choices))

    wgm = [
        {"Gender": each["sex"], "Regions_Report": each["class"] + 6, **{q: answer(each, 4) for q in TRUST}}
        for each in people
    ]
    wgm_writer(folder)(wgm, suffix=".csv")
    wvs = [{"Q260": each["sex"], "Q288R": each["class"], **{q: answer(each, 4) for q in VALUES}} for each in people]
    wvs_writer(folder)(wvs)
    oqa = [
        {
            "SEX": ["Male", "Female"][each["sex"] - 1],
            "POLIDEOLOGY": IDEOLOGIES[each["class"] - 1],
            **{question: options[answer(each, 3) - 1] for question, (_, options, _) in OWN.items()},
        }
        for each in people
    ]
    oqa_writer(folder)(oqa, questions=OWN)


def register() -> None:
    """Makes `differing` a kind of model."""
    of.register_model("differing", Differing)


if __name__ == "__main__":
    from opinionframe.study import read_study, run_study

    register()
    run_study(read_study(Path(sys.argv[1])))
