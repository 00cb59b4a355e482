"""The output layer of a model held to the last token of each row: the logits of all others are never needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


@contextmanager
def last_tokens(head: Any, places: Sequence[int]) -> Iterator[None]:
    """Inside, the output layer `head` reads row i at `places[i]` alone, and a model's logits have one place per row."""
    import torch

    def pick(_head: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        states = inputs[0]
        rows = torch.arange(len(places), device=states.device)
        return (states[rows, torch.tensor(places, device=states.device)][:, None], *inputs[1:])

    hook = head.register_forward_pre_hook(pick, prepend=True)
    try:
        yield
    finally:
        hook.remove()
