"""Sources in words: a name of the frames goes in; what a sentence calls it comes out."""

import re

from opinionframe.calibration.baselines import LABEL_MEAN, QUESTION_MEAN
from opinionframe.schemas.source import PARTS, SEPARATOR
from opinionframe.schemas.vocabulary import UNIFORM
from opinionframe.tables.grid import ELICITATION_NAMES, PROMPT_NAMES, VARIANT_NAMES

BASELINES = {LABEL_MEAN: "label mean", QUESTION_MEAN: "question mean", UNIFORM: "uniform"}
KNOWS = {
    LABEL_MEAN: "the mean human answer to other questions with the same answer labels",
    QUESTION_MEAN: "the mean human answer to other questions with as many choices",
    UNIFORM: "the same share for every choice",
}
"""What each baseline is."""


def in_words(source: str) -> str:
    """A source as a sentence says it.

    >>> in_words("m|logprob|sd|standard|ridge")
    'm (log-prob., sociodemographic prompt, calibrated by ridge)'
    >>> in_words("label-mean")
    'label mean'
    """
    parts = dict(zip(PARTS, source.split(SEPARATOR, len(PARTS) - 1), strict=False))
    if len(parts) == 1:
        return BASELINES.get(source, source)
    asked = asked_in_words(parts.get("elicitation", ""), parts.get("prompt", ""), parts.get("variant", ""))
    calibrator = parts.get("calibrator")
    return f"{parts['model']} ({asked}, {f'calibrated by {calibrator}' if calibrator else 'raw'})"


def asked_in_words(elicitation: str, prompt: str, variant: str) -> str:
    """How a source was asked.

    >>> asked_in_words("verbalized", "base", "cot")
    'verbalized, base prompt, CoT'
    >>> asked_in_words("logprob", "sd", "few_shot-5 draw 2")
    'log-prob., sociodemographic prompt, few-shot of 5 drawn examples, draw 2'
    """
    words = [ELICITATION_NAMES.get(elicitation, elicitation).lower(), PROMPT_NAMES.get(prompt, prompt).lower()]
    drawn = re.fullmatch(r"few_shot-(\d+)( draw \d+)?", variant)
    named = f"few-shot of {drawn[1]} drawn examples{(drawn[2] or '').replace(' ', ', ', 1)}" if drawn else variant
    shown = [] if variant in ("", "standard") else [VARIANT_NAMES.get(named, named)]
    return ", ".join([*words, *shown])
