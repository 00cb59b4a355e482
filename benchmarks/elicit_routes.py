"""Ways of answering the same requests with the same weights: one prompt at a time, and lm-evaluation-harness."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from opinionframe.elicitation.models.local.forward import Forward
from opinionframe.elicitation.models.protocol import Request, uniforms

Answer = list[float] | str
"""The labels' probabilities, or what was written."""


def sampling(request: Request) -> dict[str, Any]:
    """How transformers draws from softmax(logits / temperature) of the whole vocabulary, as a request asks for."""
    if request.temperature == 0:
        return {"do_sample": False}
    # Left to itself, transformers draws from the 50 likeliest alone.
    return {"do_sample": True, "temperature": request.temperature, "top_k": 0}


class Loop:
    """The obvious way: one prompt through the model, the labels' shares or a sampled answer read off.

    `written` counts the tokens of the texts.
    """

    def __init__(self, forward: Forward) -> None:
        self.written = 0
        self._forward = forward

    def answer(self, requests: list[Request]) -> list[Answer]:
        """The answers, in the requests' order; every draw reads its prompt again."""
        with torch.inference_mode():
            return [self._write(request) if request.mode == "write" else self._read(request) for request in requests]

    def _read(self, request: Request) -> Answer:
        tokenizer = self._forward.tokenizer
        share = self._forward.model(self._ids(request)).logits[0, -1].double().softmax(-1).cpu().numpy()
        if request.mode == "score":
            return [float(share[tokenizer.encode(label)[0]]) for label in request.labels]
        if request.temperature == 0:
            return str(tokenizer.decode([int(share.argmax())]))
        heated = np.power(share, 1 / request.temperature).cumsum()
        return str(tokenizer.decode([int(np.searchsorted(heated, next(uniforms(request)) * heated[-1]))]))

    def _write(self, request: Request) -> Answer:
        tokenizer, ids = self._forward.tokenizer, self._ids(request)
        said = self._forward.model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=request.max_tokens,
            pad_token_id=tokenizer.eos_token_id, **sampling(request),
        )[0, ids.shape[1] :]  # fmt: skip
        self.written += _without(said, self._forward.end_tokens)
        return str(tokenizer.decode(said, skip_special_tokens=True))

    def _ids(self, request: Request) -> torch.Tensor:
        tokens = self._forward.prompt(request.text, [request]).tokens
        return torch.tensor([tokens], device=self._forward.device)


class Harness:
    """lm-evaluation-harness on the same model, given the prompts as we render them; `written` counts tokens.

    A score is the log-likelihood of each label, as it asks for multiple choice; it reads a prompt once for labels of
    one token. Anything else is `generate_until` with the request's temperature and length. A pick is held to one
    token, which is all we draw of one; each draw is an instance of its own, as its `repeats` are.
    """

    def __init__(self, forward: Forward, batch: int) -> None:
        from lm_eval.models.huggingface import HFLM

        self.written = 0
        self._forward = forward
        # It ties the output layer to the embedding anew, but in bfloat16 ours is a float32 copy, which shall stay.
        forward.model.tie_weights = lambda *_args, **_settings: None
        try:
            self._model = HFLM(pretrained=forward.model, tokenizer=forward.tokenizer, batch_size=batch)
        finally:
            del forward.model.tie_weights
        self._generate = self._model._model_generate  # noqa: SLF001 - its texts do not tell how many tokens they took
        self._model._model_generate = self._counted  # type: ignore[method-assign]  # noqa: SLF001 - as above

    def answer(self, requests: list[Request]) -> list[Answer]:
        """The answers, in the requests' order; all are of the first one's mode."""
        texts = [self._forward.prompt(request.text, [request]).spelled for request in requests]
        return self._score(texts, requests) if requests[0].mode == "score" else self._write(texts, requests)

    def _score(self, texts: list[str], requests: list[Request]) -> list[Answer]:
        from lm_eval.api.instance import Instance

        pairs = [(text, label) for text, request in zip(texts, requests, strict=True) for label in request.labels]
        asked = [Instance("loglikelihood", {}, pair, i) for i, pair in enumerate(pairs)]
        found = iter(np.exp([said for said, _ in self._model.loglikelihood(asked, disable_tqdm=True)]).tolist())
        return [[next(found) for _ in request.labels] for request in requests]

    def _write(self, texts: list[str], requests: list[Request]) -> list[Answer]:
        from lm_eval.api.instance import Instance

        asked = [
            Instance("generate_until", {}, (text, _settings(request)), i)
            for i, (text, request) in enumerate(zip(texts, requests, strict=True))
        ]
        return [str(said) for said in self._model.generate_until(asked, disable_tqdm=True)]

    def _counted(self, context: torch.Tensor, **settings: Any) -> torch.Tensor:
        written: torch.Tensor = self._generate(context, **settings)
        self.written += _without(written[:, context.shape[1] :], self._forward.end_tokens)
        return written


def _settings(request: Request) -> dict[str, Any]:
    length = 1 if request.mode == "pick" else request.max_tokens
    return {**sampling(request), "max_gen_toks": length, "until": list(request.stop)}


def _without(tokens: torch.Tensor, ends: set[int]) -> int:
    """How many of `tokens` belong to an answer: neither its end nor the filling behind it."""
    return int((~torch.isin(tokens, torch.tensor(sorted(ends), device=tokens.device))).sum())
