"""What a chat completion says: the response of a server goes in, a reply comes out, with an error if unusable."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from opinionframe.elicitation.models.protocol import Reply, Request
from opinionframe.errors import ModelError


def read_completion(completion: Any, request: Request, where: str) -> Reply:
    """The reply in a completion, checked for what was asked: servers drop parameters without a word.

    Raises: ModelError, where a score was asked and no log-probabilities came back.
    """
    choices = completion.choices
    usage = getattr(completion, "usage", None)
    reply = _score(choices[0], request, where) if request.mode == "score" else _text(choices[0].message, request)
    return replace(
        reply,
        tokens_in=getattr(usage, "prompt_tokens", None),
        tokens_out=getattr(usage, "completion_tokens", None),
        finish=getattr(choices[0], "finish_reason", None),
    )


def _text(message: Any, request: Request) -> Reply:
    return Reply(request, message.content or getattr(message, "refusal", None) or "")


def _score(choice: Any, request: Request, where: str) -> Reply:
    content = getattr(getattr(choice, "logprobs", None), "content", None)
    top = getattr(content[0], "top_logprobs", None) if content else None
    if not top:
        raise ModelError(
            f"{where} sent no top_logprobs, which elicitation='logprob' needs. "
            "Use elicitation='self_random', or a server that gives them (vLLM, SGLang, llama.cpp)."
        )
    shares = {entry.token: math.exp(entry.logprob) for entry in reversed(top)}
    if missing := _split_labels(shares, request.labels):
        return Reply(request, error=f"this model spells {missing} in several tokens; use self_random for this question")
    masses = dict.fromkeys(request.labels, 0.0)
    for token, share in shares.items():
        if token.strip() in masses:
            masses[token.strip()] += share
    return Reply(request, top[0].token, tuple(masses.values()))


def _split_labels(shares: dict[str, float], labels: tuple[str, ...]) -> str | None:
    """Labels of two digits, where no token of two digits came back although their first digit did."""
    long = [label for label in labels if len(label) > 1]
    tokens = {token.strip() for token in shares}
    if not long or any(len(token) > 1 and token.isdigit() for token in tokens):
        return None
    return long[0] if any(label[0] in tokens for label in long) else None
