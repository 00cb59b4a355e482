"""Answers of one token: prompts go in, label probabilities and draws of one forward pass come out."""

from __future__ import annotations

from typing import Any

from opinionframe.elicitation.models.local.drawing import at_levels
from opinionframe.elicitation.models.local.forward import Forward, LocalPrompt
from opinionframe.elicitation.models.protocol import OFF_OPTIONS, Reply, Request, uniforms


def is_brief(forward: Forward, prompt: LocalPrompt, request: Request) -> bool:
    """Whether the next token tells the answer: a score, or a pick among one-token labels without a thought before."""
    if request.mode == "pick":
        return not forward.thinks and forward.are_tokens(prompt.tail, request.labels)
    return request.mode == "score"


def answer_next(forward: Forward, prompts: list[LocalPrompt], shared: int = 0) -> list[Reply]:
    """Replies to all requests: scores, and draws from softmax(logits / temperature).

    A draw is one token of the whole vocabulary: a label, or the beginning of something else, which is no answer.
    """
    rows = [prompt.tokens for prompt in prompts]
    shares = forward.next_token(rows, shared)
    asked = [(i, request) for i, prompt in enumerate(prompts) for request in prompt.requests]
    scores = _scores(forward, prompts, shares, shared)
    return [
        _reply(forward, request, token, scores.get((i, request)), len(rows[i]))
        for (i, request), token in zip(asked, drawn_tokens(shares, asked), strict=True)
    ]


def _scores(
    forward: Forward, prompts: list[LocalPrompt], shares: Any, shared: int
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
        rows = [prompts[i].tokens for i in index]
        masses = forward.label_masses(rows, shares[index], forward.tree(tail, labels), shared)
        scores.update(zip(keys, map(tuple, masses.tolist()), strict=True))
    return scores


def _reply(forward: Forward, request: Request, token: int, masses: tuple[float, ...] | None, tokens_in: int) -> Reply:
    raw = forward.text(token)
    is_whole = masses is not None or token in forward.end_tokens or raw.strip() in request.labels
    return Reply(request, raw, masses, tokens_in, 1, finish="stop" if is_whole else OFF_OPTIONS)


def drawn_tokens(shares: Any, asked: list[tuple[int, Request]]) -> list[int]:
    """A token for each (row, request): the likeliest for a score or without temperature, else one drawn.

    A draw is fixed by seed, text and draw alone: the same in any batch. All draws of a row at one temperature are
    looked up in one sum over its tokens.
    """
    import torch

    likeliest: list[int] = shares.argmax(-1).tolist()
    tokens = [likeliest[i] for i, _ in asked]
    draws: dict[tuple[int, float], list[int]] = {}
    for place, (i, request) in enumerate(asked):
        if request.mode != "score" and request.temperature > 0:
            draws.setdefault((i, request.temperature), []).append(place)
    if not draws:
        return tokens
    heats = torch.tensor([1 / heat for _, heat in draws], dtype=shares.dtype, device=shares.device)
    drawn_from = shares[[i for i, _ in draws]]
    # Beside the likeliest, or all of them would be 0 to a high power, and the last token of the vocabulary be drawn.
    weights = (drawn_from / drawn_from.amax(-1, keepdim=True)) ** heats[:, None]
    most = max(map(len, draws.values()))
    levels = [[next(uniforms(asked[place][1])) for place in places] for places in draws.values()]
    level = torch.tensor([row + [0.0] * (most - len(row)) for row in levels], dtype=shares.dtype, device=shares.device)
    found = at_levels(weights, level).tolist()
    for places, row in zip(draws.values(), found, strict=True):
        for place, token in zip(places, row, strict=False):
            tokens[place] = token
    return tokens
