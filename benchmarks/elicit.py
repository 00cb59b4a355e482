"""Answers per second of local models by the four methods: in batches, one at a time, and by lm-evaluation-harness."""

from __future__ import annotations

from elicit_compare import compared
from elicit_requests import METHODS, requests_of
from elicit_trial import Amount
from timing import ROUNDS, Row

import opinionframe as of

AMOUNTS = {
    "logprob": Amount(192, looped=32, harnessed=32),
    "self_random": Amount(96, looped=40, harnessed=48),
    "paraphrase": Amount(128, looped=32, harnessed=32),
    "verbalized": Amount(24, looped=6, harnessed=16),
}
"""Of the 846 prompts of the study (4,230 paraphrases)."""
TINY = {
    "logprob": Amount(6, looped=3, harnessed=4, batch=4),
    "self_random": Amount(2, looped=3, harnessed=4, batch=4),
    "paraphrase": Amount(4, looped=4, harnessed=4, batch=4),
    "verbalized": Amount(1, looped=1, harnessed=2, batch=2),
}
"""A handful of prompts of each method, the others answering a part of them."""


def run(*, tiny: bool = False) -> list[Row]:
    """SmolLM2-135M-Instruct on the CPU in float32."""
    model = of.LocalModel(device="cpu", dtype="float32")
    amounts, rounds = (TINY, 1) if tiny else (AMOUNTS, ROUNDS)
    found: list[Row] = []
    for method in METHODS:
        amount = amounts[method]
        found += compared(method, model, requests_of(method, amount.prompts), amount, rounds)
    return found
