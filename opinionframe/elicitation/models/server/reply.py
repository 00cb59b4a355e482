"""What a chat completion says: the JSON of a server goes in, a reply comes out, with an error if unusable."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from opinionframe.elicitation.models.protocol import Reply, Request, whole_text
from opinionframe.elicitation.models.server.retry import NoChoiceError, NoScoreError, RefusedError

ROUNDED = 1.01
"""The most that probabilities may sum to: servers round logarithms, of 20 tokens and more."""
_MOST_TOKENS = 2**32 - 1
_TEXT_PARTS = ("text", "output_text", None)
"""Types of the parts that are the answer, not thoughts, images or refusals."""


def read_json(content: bytes) -> Mapping[str, Any]:
    """The completion that a server sent.

    Raises: RefusedError, for a refusal; NoChoiceError, for anything else.
    """
    try:
        completion = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise NoChoiceError(f"the server sent no JSON: {content[:100]!r}") from error
    _choice(completion)
    return completion  # type: ignore[no-any-return]


def _choice(completion: object) -> Mapping[str, Any]:
    """The first choice of a completion. Raises NoChoiceError, with what the server says in place of one."""
    if not isinstance(completion, dict):
        raise NoChoiceError(f"the server sent {type(completion).__name__} in place of a completion")
    choices = completion.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else choices
    if not isinstance(choice, dict) or not ({"message", "text"} & {key for key in choice if choice[key] is not None}):
        said = completion.get("error")
        if (status := _refused_with(said)) is not None:
            raise RefusedError(status, completion)
        raise NoChoiceError(f"the server sent no choice{f', but: {said}' if said else ''}"[:500])
    return choice


def _refused_with(said: object) -> int | None:
    """The status of an error within an answer that asking again cannot mend."""
    code = said.get("code", said.get("status")) if isinstance(said, dict) else None
    status = int(code) if isinstance(code, str) and code.isdigit() else code
    is_final = isinstance(status, int) and 400 <= status < 500 and status not in (408, 409, 425, 429)
    return status if is_final else None


def read_completion(completion: Mapping[str, Any], request: Request) -> Reply:
    """The reply in a completion, checked for what was asked: servers drop parameters without a word.

    Raises: NoScoreError, where a score was asked and no log-probabilities came back; NoChoiceError.
    """
    choice = _choice(completion)
    reply = _score(choice, request) if request.mode == "score" else _text(choice, request)
    tokens_in, tokens_out = tokens_of(completion)
    return replace(reply, tokens_in=tokens_in, tokens_out=tokens_out, finish=_finish(choice.get("finish_reason")))


def tokens_of(completion: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Tokens read and written for a completion, where the server counts them."""
    usage = completion.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    return _count(counts.get("prompt_tokens")), _count(counts.get("completion_tokens"))


def summed_tokens(counts: Iterable[tuple[int | None, int | None]]) -> dict[str, int | None]:
    """The tokens of a reply from the `tokens_of` each completion that was paid for it: sums of those that are known.

    >>> summed_tokens([(9, None), (9, 1)])
    {'tokens_in': 18, 'tokens_out': 1}
    """
    known = [[count for count in side if count is not None] for side in zip(*counts, strict=True)]
    return {name: sum(side) if side else None for name, side in zip(("tokens_in", "tokens_out"), known, strict=True)}


def _text(choice: Mapping[str, Any], request: Request) -> Reply:
    message = choice.get("message")
    fields = message if isinstance(message, dict) else {"content": message or choice.get("text")}
    content = _content(fields.get("content"))
    if content is None:
        return Reply(request, error=f"the server sent content of an unknown form: {str(fields['content'])[:100]}")
    return Reply(request, whole_text(content or _content(fields.get("refusal")) or ""))


def _content(content: object) -> str | None:
    """The text of a message's content, or of its parts; None where it has another form."""
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, dict):
        return _content([content])
    if not isinstance(content, list):
        return None
    texts: list[str] = []
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif not isinstance(part, dict):
            return None
        elif part.get("type") in _TEXT_PARTS:
            text = part.get("text")
            text = text.get("value") if isinstance(text, dict) else text
            if not isinstance(text, str):
                return None
            texts.append(text)
        elif part.get("type") == "refusal":
            texts.append(str(part.get("refusal") or ""))
    return "".join(texts)


def _score(choice: Mapping[str, Any], request: Request) -> Reply:
    top = _first_token(choice.get("logprobs"))
    if not top:
        raise NoScoreError(f"sent no top_logprobs with the text {_text(choice, request).raw!r:.100}")
    shares: dict[str, float] = {}
    for token, logprob in dict.fromkeys(top):
        share = _share(logprob)
        if share is None and token.strip() in request.labels:
            return Reply(request, error=f"the server sent {logprob!r} as the log-probability of {token.strip()!r}")
        shares[token] = shares.get(token, 0.0) + (share or 0.0)
    if missing := _split_labels(shares, request.labels):
        return Reply(request, error=f"this model spells {missing} in several tokens; use self_random for this question")
    total = math.fsum(shares.values())
    if total > ROUNDED:
        return Reply(request, error=f"the server sent probabilities that sum to {total:.4g}")
    masses = dict.fromkeys(request.labels, 0.0)
    for token, share in shares.items():
        if token.strip() in masses:
            masses[token.strip()] += share / max(total, 1.0)
    likeliest = max(shares, key=lambda token: shares[token])
    return Reply(request, whole_text(likeliest), tuple(masses.values()))


def _first_token(logprobs: object) -> list[tuple[str, Any]]:
    """Tokens at the first place with their log-probabilities, in the form of chats or of completions."""
    if not isinstance(logprobs, dict):
        return []
    chat, completion = logprobs.get("content"), logprobs.get("top_logprobs")
    if isinstance(chat, list) and chat and isinstance(chat[0], dict):
        top = chat[0].get("top_logprobs")
    else:
        top = completion[0] if isinstance(completion, list) and completion else None
    if isinstance(top, dict):
        top = [{"token": token, "logprob": logprob} for token, logprob in top.items()]
    entries: Sequence[Any] = top if isinstance(top, list) else []
    return [
        (str(entry["token"]), _hashable(entry.get("logprob")))
        for entry in entries
        if isinstance(entry, dict) and entry.get("token") is not None
    ]


def _hashable(logprob: object) -> object:
    return logprob if isinstance(logprob, float | int | str | None) else repr(logprob)


def _share(logprob: object) -> float | None:
    """The probability of a logarithm; null is that of 0, as JSON has no other way to say it. None for no number."""
    if logprob is None:
        return 0.0
    try:
        value = float(logprob)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return None if math.isnan(value) else math.exp(min(value, 1.0))


def _split_labels(shares: Mapping[str, float], labels: tuple[str, ...]) -> str | None:
    """Labels of two digits, where no token of two digits came back although their first digit did."""
    long = [label for label in labels if len(label) > 1]
    tokens = {token.strip() for token in shares}
    if not long or any(len(token) > 1 and token.isdigit() for token in tokens):
        return None
    return long[0] if any(label[0] in tokens for label in long) else None


def _finish(reason: object) -> str | None:
    """Why the server ended the text, where it says so in a word."""
    return reason if isinstance(reason, str) else None


def _count(tokens: object) -> int | None:
    """A count of tokens, where it is one."""
    return tokens if type(tokens) is int and 0 <= tokens <= _MOST_TOKENS else None
