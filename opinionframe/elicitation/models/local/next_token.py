"""Answers of one token: prompts go in, label probabilities and draws of one forward pass come out."""

from __future__ import annotations

import numpy as np

from opinionframe.elicitation.models.local.forward import Floats, Forward, LocalPrompt
from opinionframe.elicitation.models.local.labels import are_single_tokens
from opinionframe.elicitation.models.protocol import OFF_OPTIONS, Reply, Request, uniforms


def is_brief(forward: Forward, prompt: LocalPrompt, request: Request) -> bool:
    """Whether the next token tells the answer: a score, or a pick among one-token labels without a thought before."""
    if request.mode == "pick":
        return not forward.thinks and are_single_tokens(forward.tokenizer, prompt.tail, request.labels)
    return request.mode == "score"


def answer_next(forward: Forward, prompts: list[LocalPrompt], shared: int = 0) -> list[Reply]:
    """Replies to all requests: scores, and draws from softmax(logits / temperature).

    A draw is one token of the whole vocabulary: a label, or the beginning of something else, which is no answer.
    """
    rows = [prompt.tokens for prompt in prompts]
    shares = forward.next_token(rows, shared)
    scores = _scores(forward, prompts, rows, shares)
    return [
        _reply(forward, request, shares[i], scores.get((i, request)), len(prompt.tokens))
        for i, prompt in enumerate(prompts)
        for request in prompt.requests
    ]


def _scores(
    forward: Forward, prompts: list[LocalPrompt], rows: list[list[int]], shares: Floats
) -> dict[tuple[int, Request], tuple[float, ...]]:
    """The label probabilities of each prompt and score request, the prompts of one label tree together."""
    members: dict[tuple[str, tuple[str, ...]], list[tuple[int, Request]]] = {}
    for i, prompt in enumerate(prompts):
        for request in prompt.requests:
            if request.mode == "score":
                members.setdefault((prompt.tail, request.labels), []).append((i, request))
    scores: dict[tuple[int, Request], tuple[float, ...]] = {}
    for (tail, labels), keys in members.items():
        index = [i for i, _ in keys]
        masses = forward.label_masses([rows[i] for i in index], shares[index], forward.tree(tail, labels))
        scores.update(zip(keys, map(tuple, masses.tolist()), strict=True))
    return scores


def _reply(
    forward: Forward, request: Request, share: Floats, masses: tuple[float, ...] | None, tokens_in: int
) -> Reply:
    token = int(share.argmax()) if masses is not None else drawn_token(share, request)
    raw = forward.tokenizer.decode([token])
    is_whole = masses is not None or token in forward.end_tokens or raw.strip() in request.labels
    return Reply(request, raw, masses, tokens_in, 1, finish="stop" if is_whole else OFF_OPTIONS)


def drawn_token(share: Floats, request: Request) -> int:
    """One token, fixed by seed, text and draw alone: the same in any batch."""
    if request.temperature == 0:
        return int(share.argmax())
    heated = np.power(share, 1 / request.temperature).cumsum()
    drawn = next(uniforms(request)) * heated[-1]
    return int(np.searchsorted(heated, drawn, side="right").clip(0, len(share) - 1))
