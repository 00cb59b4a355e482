"""The outcomes of reading a text: a `Reading`, and refusals."""

from __future__ import annotations

import re
from typing import NamedTuple

_REFUSAL = re.compile(
    r"\b(?:i(?:'m| am) (?:sorry|unable|not able|not comfortable)|as an ai\b|as a (?:large )?language model|"
    r"(?:i|we) (?:can(?:no|')t|can not|won't|will not|refuse|must decline|decline|am not able)|"
    r"i do(?:n't| not) (?:have|hold) (?:personal|any personal|opinions)|not appropriate (?:to|for)|"
    r"unable to (?:provide|answer|respond|fulfil))",
    re.IGNORECASE,
)
NONRESPONSE = re.compile(
    r"refus(?:ed|al)|don'?t know|do not know|no answer|prefer not to (?:say|answer)|no opinion|not sure|n/?a",
    re.IGNORECASE,
)


class Reading(NamedTuple):
    """What a text says.

    Attributes:
        status: `answered`, `refused`, `cut off`, `filtered` or `unparsable`.
        probs: The share of each option, in [0, 1] and summing to 1; None unless answered.
        raw_sum: What the shares summed to before, on the scale of 1.
        reason: Why there are no shares.
    """

    status: str
    probs: list[float] | None = None
    raw_sum: float | None = None
    reason: str | None = None


def unparsable(reason: str) -> Reading:
    """A text that does not clearly answer."""
    return Reading("unparsable", reason=reason)


def cut_off(reason: str) -> Reading:
    """A text that ends before its answer does."""
    return Reading("cut off", reason=reason)


def picked(index: int, n_options: int) -> Reading:
    """The whole share on option `index` (from 0)."""
    return Reading("answered", [float(i == index) for i in range(n_options)], 1.0)


def has_refusal(text: str) -> bool:
    """Whether the text declines to answer."""
    return bool(_REFUSAL.search(text.replace("’", "'")))
