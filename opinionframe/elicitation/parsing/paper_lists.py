"""Lists as the paper reads them: a text goes in, the shares of the one list of numbers in it come out, renormalised.

The paper discards what is no distribution in the format that it asked for and renormalises the others (section 3.2).
So any list of as many non-negative numbers as there are options is one, whatever it sums to: places, ranks and scales
too, which the strict parser refuses.
"""

from __future__ import annotations

import re
from math import inf

import polars as pl

from opinionframe.elicitation.parsing.outcome import Reading, unparsable

RENORMALISED = "renormalised as in the paper"
"""How the reason of a reading begins that only the paper's parser makes."""

_LIST = re.compile(r"\[([^\[\]]*)\]")
_PART = re.compile(r"['\"]?([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,2})?) ?(%?)['\"]?", re.IGNORECASE)


def read_list(text: str, n_options: int) -> Reading:
    """The shares in the one list of `n_options` numbers in `text`: each over their sum.

    >>> read_list("[70, 40, 30, 30]", 4).reason
    'renormalised as in the paper, from a sum of 1.7'
    >>> read_list("[7, 2, -1]", 3).reason
    'a list has numbers below 0'
    """
    blocks = _LIST.findall(text) or [text]
    lists = [numbers for block in blocks if (numbers := _numbers(block)) and len(numbers[0]) == n_options]
    if not lists:
        return unparsable(f"no list of {n_options} numbers")
    if any(numbers != lists[0] for numbers in lists):
        return unparsable("several different lists of numbers")
    values, has_percent = lists[0]
    whole = sum(values)
    if min(values) < 0:
        return unparsable("a list has numbers below 0")
    if not 0 < whole < inf:
        return unparsable("a list sums to 0 or is beyond counting")
    total = whole / (100 if has_percent or max(values) > 1 else 1)
    reason = f"{RENORMALISED}, from a sum of {total:g}"
    return Reading("answered", [value / whole for value in values], round(total, 9), reason)


def is_renormalised() -> pl.Expr:
    """Whether only the paper's parser reads an answer."""
    reason = pl.col("reason").fill_null("")
    return (pl.col("status") == "answered") & reason.str.starts_with(RENORMALISED)


def _numbers(block: str) -> tuple[list[float], bool] | None:
    """The numbers that a block lists, and whether one has a % sign; None where it holds anything else."""
    parts = [_PART.fullmatch(part.strip()) for part in block.strip().rstrip(",").split(",")]
    numbers = [(float(part[1]), bool(part[2])) for part in parts if part]
    if len(numbers) < len(parts):
        return None
    return [number for number, _ in numbers], any(percent for _, percent in numbers)
