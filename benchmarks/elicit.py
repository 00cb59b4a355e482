"""Prompts per second of a small model on a CPU: in batches, one at a time, and by lm-evaluation-harness."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec

import numpy as np
import torch
from timing import Row, side_by_side

import opinionframe as of
from opinionframe.elicit.local_forward import Forward
from opinionframe.elicit.model import Request, uniforms
from opinionframe.elicit.requests import planned_requests

PROMPTS = {"logprob": 16, "self_random": 4, "paraphrase": 16, "verbalized": 1}
"""Prompts of each method; self_random asks each five times and verbalized three times."""
DTYPE = "float32"


def run() -> list[Row]:
    """The four methods on SmolLM2-135M-Instruct, GSS questions asked of groups, and what no machine was there for."""
    survey = of.load("gss2018")
    model = of.LocalModel(dtype=DTYPE)
    found: list[Row] = []
    for elicitation, number in PROMPTS.items():
        asked = of.prompts(survey.opinions, survey.codebook, elicitation=elicitation, prompt="sd", seed=1)
        _, requests = planned_requests(asked.sample(number, seed=1), seed=1)
        found += _measured(elicitation, model, requests)
    lacking = dict.fromkeys(found[0], None) | {"benchmark": "elicit", "size": "135M, 1B and 8B on a GPU"}
    return [*found, lacking | {"note": "not measured"}]


def _measured(elicitation: str, model: of.LocalModel, requests: list[Request]) -> list[Row]:
    forward: Forward = model._forward  # noqa: SLF001 - the loop runs the same weights in the same precision
    _agree(model, forward, requests)
    routes = {
        "LocalModel, in batches": lambda: list(model.answer(requests)),
        "transformers, one at a time": lambda: [one(forward, request) for request in requests],
    }
    if requests[0].mode == "score" and find_spec("lm_eval"):
        routes["lm-evaluation-harness, batches of 16"] = partial(harness(forward), requests)
    lines = side_by_side("elicit", f"{elicitation}, {len(requests)} answers", routes)
    notes = f"{len(requests) / float(str(lines[0]['seconds'])):.3g} answers per second, {DTYPE}, SmolLM2-135M"
    return [line | {"note": notes} for line in lines]


def one(forward: Forward, request: Request) -> list[float] | str:
    """The obvious way: one prompt through the model, the labels' shares or a sampled answer read off."""
    tokens = forward.prompt(request.text, [request]).tokens
    ids = torch.tensor([tokens])
    with torch.inference_mode():
        if request.mode == "write":
            written = forward.model.generate(
                ids, attention_mask=torch.ones_like(ids), max_new_tokens=request.max_tokens, do_sample=True,
                temperature=request.temperature, pad_token_id=forward.tokenizer.eos_token_id,
            )  # fmt: skip
            return str(forward.tokenizer.decode(written[0, len(tokens) :]))
        share = forward.model(ids).logits[0, -1].double().softmax(-1).numpy()
    if request.mode == "score":
        return [float(share[forward.tokenizer.encode(label)[0]]) for label in request.labels]
    if request.temperature == 0:
        return str(forward.tokenizer.decode([int(share.argmax())]))
    heated = np.power(share, 1 / request.temperature).cumsum()
    return str(forward.tokenizer.decode([int(np.searchsorted(heated, next(uniforms(request)) * heated[-1]))]))


def harness(forward: Forward) -> Callable[[list[Request]], object]:
    """The log-likelihood of every label after every prompt, as lm-evaluation-harness asks for multiple choice."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    scorer = HFLM(pretrained=forward.model, tokenizer=forward.tokenizer, batch_size=16)

    def answer(requests: list[Request]) -> object:
        spelled = [(forward.prompt(request.text, [request]).spelled, request.labels) for request in requests]
        pairs = [(text, label) for text, labels in spelled for label in labels]
        asked = [Instance("loglikelihood", {}, pair, i) for i, pair in enumerate(pairs)]
        return scorer.loglikelihood(asked, disable_tqdm=True)

    return answer


def _agree(model: of.LocalModel, forward: Forward, requests: list[Request]) -> None:
    """Batches and the loop give the same label probabilities, to rounding."""
    if requests[0].mode == "score":
        batched = {reply.request: reply.masses for reply in model.answer(requests[:5])}
        for request in requests[:5]:
            np.testing.assert_allclose(one(forward, request), batched[request], atol=1e-4)
