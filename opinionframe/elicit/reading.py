"""One raw answer goes in, a `Reading` comes out. The grammar is versioned: a change of it is a change of results."""

from __future__ import annotations

import re
from typing import NamedTuple

PARSER_VERSION = 1


class Reading(NamedTuple):
    """What a text says: a status, the shares of the options (summing to 1) and what they summed to, or why not."""

    status: str
    probs: list[float] | None = None
    raw_sum: float | None = None
    reason: str | None = None


def read_answer(raw: str | None, elicitation: str, variant: str, options: list[str]) -> Reading:
    """Reads the answer to one prompt, whose `options` were listed in this order.

    >>> read_answer(" 2.", "self_random", "standard", ["yes", "no"]).probs
    [0.0, 1.0]
    """
    if elicitation == "verbalized" or variant == "cot":
        return Reading("unparsable", reason="only single indices are read by this version")
    found = re.fullmatch(r"\s*(\d+)\W*", raw or "")
    if found and 1 <= int(found[1]) <= len(options):
        return Reading("answered", [float(i == int(found[1])) for i in range(1, len(options) + 1)], 1.0)
    return Reading("unparsable", reason=f"no single index in [1,{len(options)}]")
