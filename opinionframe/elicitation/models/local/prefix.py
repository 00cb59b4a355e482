"""Beginnings that prompts share, read once: token rows go in, how much they share and which go together come out."""

from __future__ import annotations

from itertools import pairwise
from math import ceil
from typing import Any

from opinionframe.elicitation.models.local.batches import batches

WORTH_SHARING = 0.15
"""Below this share of all tokens, a second pass over the rest of each prompt costs what sharing saves."""
CLUSTER_ROWS = 24
"""A part smaller than this fills no batch of its own."""


def shared_plan(rows: list[list[int]], budget: int, start: int = 0) -> list[tuple[int, list[int]]]:
    """Batches as (shared length, indices): rows that begin alike together, each batch under `budget` tokens.

    Sharing takes two passes per batch in place of one, so it must save as many tokens as could be read in the time
    that it takes to `start` a pass.
    """
    return [
        (shared, [members[i] for i in group])
        for shared, members in _clusters(rows, list(range(len(rows))), budget, start)
        for group in shared_batches([rows[i] for i in members], shared, budget)
    ]


def shared_length(rows: list[list[int]], budget: int = 1, start: int = 0) -> int:
    """How many first tokens to read once per distinct beginning; 0 where it is not worth it.

    >>> shared_length([[1, 2, 3, 4], [1, 2, 3, 5], [1, 2, 3, 6]])
    3
    """
    length, saved = _best(rows)
    tokens = sum(map(len, rows))
    return length if saved >= max(WORTH_SHARING * tokens, start * ceil(tokens / budget)) else 0


def _best(rows: list[list[int]]) -> tuple[int, int]:
    """The length to share, and the tokens saved by it."""
    longest = min((len(row) for row in rows), default=1) - 1
    saved = {length: length * (len(rows) - len({tuple(row[:length]) for row in rows})) for length in _splits(rows)}
    best = max(((saved[length], length) for length in saved if length <= longest), default=(0, 0))
    return best[1], best[0]


def _clusters(rows: list[list[int]], members: list[int], budget: int, start: int) -> list[tuple[int, list[int]]]:
    """Rows parted where they first differ, as long as the parts are large and share more on their own.

    The templates of a study differ at once, and each shares another length among its own prompts.
    """
    mine = [rows[i] for i in members]
    common = _common(min(mine), max(mine))
    branches: dict[int, list[int]] = {}
    for i in members:
        branches.setdefault(rows[i][common] if common < len(rows[i]) else -1, []).append(i)
    large = [branch for branch in branches.values() if len(branch) >= CLUSTER_ROWS]
    rest = [i for branch in branches.values() if len(branch) < CLUSTER_ROWS for i in branch]
    parts = [part for part in (*large, rest) if part]
    further = 2 * start * (len(parts) - 1)
    if len(parts) < 2 or sum(_best([rows[i] for i in part])[1] for part in parts) <= _best(mine)[1] + further:
        return [(shared_length(mine, budget, start), members)]
    return [cluster for part in large for cluster in _clusters(rows, part, budget, start)] + (
        [(shared_length([rows[i] for i in rest], budget, start), rest)] if rest else []
    )


def _splits(rows: list[list[int]]) -> set[int]:
    """The lengths at which neighbours in sorted order part: any other length shares less."""
    ordered = sorted(rows)
    return {_common(one, two) for one, two in pairwise(ordered)}


def _common(one: list[int], two: list[int]) -> int:
    same = 0
    for a, b in zip(one, two, strict=False):
        if a != b:
            break
        same += 1
    return same


def shared_batches(rows: list[list[int]], shared: int, budget: int) -> list[list[int]]:
    """Indices grouped by beginning, so that beginnings and rests of a batch stay under `budget` tokens.

    >>> shared_batches([[1, 1, 5], [2, 2, 5], [1, 1, 6], [2, 2, 6]], shared=2, budget=4)
    [[0, 2], [1, 3]]
    """
    if not shared:
        return batches([len(row) for row in rows], budget)
    groups: list[list[int]] = []
    width = beginnings = 0
    last: list[int] = []
    for index in sorted(range(len(rows)), key=lambda i: (rows[i][:shared], -len(rows[i]), i)):
        new = not groups or rows[index][:shared] != last
        width_then = max(width, len(rows[index]) - shared)
        if not groups or (len(groups[-1]) + 1) * width_then + (beginnings + new) * shared > budget:
            groups.append([])
            width_then, beginnings, new = len(rows[index]) - shared, 0, True
        groups[-1].append(index)
        width, beginnings, last = width_then, beginnings + new, rows[index][:shared]
    return groups


def plain_cache(model: Any) -> bool:
    """Whether the model says that its cache is plain keys and values of every token."""
    config = model.config.get_text_config()
    kinds = getattr(config, "layer_types", None) or ["full_attention"]
    stateful = bool(getattr(model, "_is_stateful", False))
    return not stateful and set(kinds) == {"full_attention"} and not getattr(config, "sliding_window", None)
