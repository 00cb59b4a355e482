"""Replies that asking on cannot mend: a server's refusals are counted, and stop the run with its own words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any

from opinionframe.elicitation.models.protocol import Request
from opinionframe.errors import ModelError

FEW = 3
"""So many equal refusals of one kind of request, and no answer to that kind, are the rule and no exception.
Until the first answer there are so many requests under way at most, so that a refused run costs no more."""
NOT_ACCEPTED = {
    401: "the key is not accepted",
    403: "this key may not use this model",
    404: "there is no such model or path",
}
NOT_PAID = 402
_QUOTA = re.compile(r"quota|billing|credit balance|insufficient (?:funds|balance|credit)", re.IGNORECASE)
_LATER = re.compile(r"(?:retry|try again) (?:in|after)|per (?:minute|second)", re.IGNORECASE)
_CHANGING = re.compile(r"[0-9a-f]{8,}|\d+", re.IGNORECASE)
LONGEST = 400
"""Characters of a server's words that are repeated."""


class Refusals:
    """The refusals of one run.

    Args:
        where: The model and its address, for the message.
        without_key: Takes the key out of a text.
    """

    def __init__(self, where: str, without_key: Callable[[str], str]) -> None:
        self._where, self._without_key = where, without_key
        self._answered: set[Hashable] = set()
        self._counts: Counter[tuple[Hashable, str]] = Counter()

    def has_answered(self, kind: Hashable) -> bool:
        """Whether a request of this kind ever got an answer."""
        return kind in self._answered

    def answered(self, kind: Hashable) -> None:
        """Notes an answer to a request of this kind."""
        self._answered.add(kind)

    def unscored(self, kind: Hashable, error: Exception) -> str:
        """What to say of a score that came without log-probabilities, however often it was asked.

        Raises: ModelError, where a few of this kind did and none had any. One or two may be what an earlier run lacked.
        """
        said = f"the server {error}"
        if kind in self._answered:
            return self._without_key(said)
        remedy = (
            ", which elicitation='logprob' needs. Use elicitation='self_random', or a server that gives them "
            "(vLLM, SGLang, llama.cpp)."
        )
        self._counts[kind, "unscored"] += 1
        if self._counts[kind, "unscored"] >= FEW:
            raise ModelError(self._without_key(f"{self._where} {error}{remedy}"))
        return self._without_key(said + remedy)

    def refused(self, kind: Hashable, error: Any) -> None:
        """Notes that a request of this kind was refused.

        Raises: ModelError, where the others would be refused likewise: a key, a model or a path that is not
            accepted, money that has run out, or a few equal refusals and no answer to that kind of request.
        """
        said, status = words(error, self._without_key), error.status_code
        if status in NOT_ACCEPTED:
            reason = NOT_ACCEPTED[status]
            raise ModelError(
                f"{self._where} answered {status}: {reason}. It says: {said} Check model, base_url and the key."
            )
        paid = status == NOT_PAID or is_out_of_quota(error)
        alike = (None if paid else kind, f"{status} {_CHANGING.sub('#', said)}")
        self._counts[alike] += 1
        if self._counts[alike] >= FEW and (paid or kind not in self._answered):
            remedy = (
                "Pay or raise the limit, and run the same again."
                if paid
                else "Change what it refuses: leave a parameter out with leave_out=['temperature'], or call the "
                "ceiling on tokens limit='max_completion_tokens'."
            )
            raise ModelError(
                f"{self._where} refused {self._counts[alike]} requests alike and nothing else is asked. "
                f"It answers {status}: {said} {remedy}"
            )


def kind_of(request: Request) -> Hashable:
    """What requests have in common that a server takes or refuses alike."""
    return request.mode, request.temperature, bool(request.stop)


def is_out_of_quota(error: Any) -> bool:
    """Whether a 429 says that a budget is spent, which waiting does not mend, rather than that one was too fast."""
    if error.status_code != 429:
        return False
    said = words(error)
    if "insufficient_quota" in said:
        return True
    later = error.response.headers.get("retry-after") or _LATER.search(said)
    return bool(_QUOTA.search(said)) and not later


def words(error: Any, without_key: Callable[[str], str] = str) -> str:
    """What the server says for itself, without the key, as one line that ends like a sentence."""
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else body
    message = inner.get("message") or inner.get("detail") if isinstance(inner, dict) else inner
    code = inner.get("code") if isinstance(inner, dict) else None
    text = " ".join(str(message or getattr(error, "message", "") or error).split())
    coded = without_key(f"{text} ({code})" if isinstance(code, str) and code not in text else text)
    short = coded if len(coded) <= LONGEST else coded[:LONGEST] + "…"
    return short if short.endswith((".", "!", "?", "…")) else short + "."
