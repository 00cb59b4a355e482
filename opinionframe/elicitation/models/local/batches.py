"""Which prompts go through a model together: token counts go in, batches under a token budget come out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from opinionframe.elicitation.models.local.memory import free_memory

Outcome = TypeVar("Outcome")
CPU_TOKENS = 2048
"""Tokens of a batch that is read on a CPU: more is no faster there. Any batch may hold so many."""
CPU_WRITING = 1 << 17
"""While writing, each step handles one token of a row, so hundreds of rows go together, as far as memory goes."""
CPU_SHARE = 0.25
"""How much of a machine's free memory a batch may take; its other programs need the rest."""
GPU_SHARE = 0.6
"""The same on a GPU, where fragments and kernels' scratch need the rest."""
GPU_TOKENS = 1 << 18
GPU_READING = (8192, 3)
"""While reading, a batch of this many tokens, and of so many times what starting a pass costs, keeps a GPU busy."""
START = 1e12
"""Operations that a fast GPU does while Python starts one layer's kernels, some 1 ms."""


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


def token_budget(model: Any, device: str, *, writing: bool) -> int:
    """Tokens that a batch may hold: by free memory, which reading on a CPU hardly needs, and no more than help."""
    if device.startswith("cuda"):
        import torch

        least, starts = GPU_READING
        share, (free, _) = GPU_SHARE, torch.cuda.mem_get_info(torch.device(device))
        most = GPU_TOKENS if writing else min(max(least, starts * starting(model, device)), GPU_TOKENS)
    elif writing:
        share, free, most = CPU_SHARE, free_memory(), CPU_WRITING
    else:
        return CPU_TOKENS
    tokens = int(share * free / _bytes_per_token(model.config, model.dtype.itemsize))
    return min(max(tokens, CPU_TOKENS), most)


def starting(model: Any, device: str) -> int:
    """Tokens that a GPU reads while Python starts a pass; on a CPU a pass starts at once."""
    if not device.startswith("cuda"):
        return 0
    return int(START * model.config.get_text_config().num_hidden_layers / (2 * model.num_parameters()))


def _bytes_per_token(config: Any, itemsize: int) -> int:
    """Keys and values of all layers, and the activations of the widest one, which are let go layer by layer."""
    text = config.get_text_config()
    # A model of states alone has no heads, and keeps nothing per token.
    heads = getattr(text, "num_attention_heads", None) or 0
    width = getattr(text, "head_dim", None) or text.hidden_size // max(heads, 1)
    cache = 2 * text.num_hidden_layers * (getattr(text, "num_key_value_heads", None) or heads) * width
    inner = getattr(text, "intermediate_size", None) or 4 * text.hidden_size
    active = 8 * text.hidden_size + 4 * (max(inner) if isinstance(inner, list) else inner)
    return int(itemsize * (cache + active))


def fitting(
    groups: Sequence[list[int]], run: Callable[[list[int]], Outcome], out_of_memory: tuple[type[BaseException], ...]
) -> Iterator[tuple[list[int], Outcome]]:
    """`run` on each group, in halves where memory runs out; once it did, later groups start at the size that fitted."""
    most = max(map(len, groups), default=1)
    for group in groups:
        for start in range(0, len(group), most):
            part = group[start : start + most]
            for done, outcome in halving(part, run, out_of_memory):
                if len(done) < len(part):
                    most = min(most, len(done))
                yield done, outcome


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
    _release()
    middle = len(group) // 2
    yield from halving(group[:middle], run, out_of_memory)
    yield from halving(group[middle:], run, out_of_memory)


def _release() -> None:
    """Gives freed GPU memory back, so that the halves do not meet the fragments of the whole."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
