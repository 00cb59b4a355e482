"""Which prompts go through a model together: token counts go in, batches under a token budget come out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Outcome = TypeVar("Outcome")
CPU_BUDGET = 2048
"""Tokens of a batch on a CPU: more is no faster there."""


def batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Indices grouped so that rows x longest row stays under `budget`, longest first: memory runs out at once or never.

    >>> batches([3, 9, 4, 2], budget=10)
    [[1], [2, 0], [3]]
    """
    groups: list[list[int]] = []
    width = 0
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if not groups or (len(groups[-1]) + 1) * width > budget:
            groups.append([])
            width = lengths[index]
        groups[-1].append(index)
    return groups


def halving(
    group: list[int], run: Callable[[list[int]], Outcome], out_of_memory: tuple[type[BaseException], ...]
) -> Iterator[tuple[list[int], Outcome]]:
    """`run(group)`, in halves where memory runs out, and halves of halves; one row that does not fit is an error."""
    try:
        outcome = run(group)
    except out_of_memory:
        if len(group) == 1:
            raise
    else:
        yield group, outcome
        return
    middle = len(group) // 2
    yield from halving(group[:middle], run, out_of_memory)
    yield from halving(group[middle:], run, out_of_memory)
