"""Answers per second of local models by the four methods: in batches, one at a time, and by lm-evaluation-harness."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from elicit_compare import compared
from elicit_requests import METHODS, requests_of
from elicit_trial import Amount
from timing import ROUNDS, Row

import opinionframe as of

DTYPES: tuple[Literal["float32", "bfloat16"], ...] = ("float32", "bfloat16")
AMOUNTS = {
    "logprob": Amount(192, looped=32, harnessed=32),
    "self_random": Amount(96, looped=40, harnessed=48),
    "paraphrase": Amount(128, looped=32, harnessed=32),
    "verbalized": Amount(48, looped=6, harnessed=48, batch=48),
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
    """SmolLM2-135M-Instruct on the CPU, in float32 and in bfloat16, of which `auto` takes the faster."""
    amounts, rounds = (TINY, 1) if tiny else (AMOUNTS, ROUNDS)
    return [row for dtype in DTYPES for row in _rows(of.LocalModel(device="cpu", dtype=dtype), amounts, rounds)]


def _rows(model: of.LocalModel, amounts: dict[str, Amount], rounds: int) -> Iterable[Row]:
    for method in METHODS:
        amount = amounts[method]
        yield from compared(f"{method}, {model.dtype}", model, requests_of(method, amount.prompts), amount, rounds)
