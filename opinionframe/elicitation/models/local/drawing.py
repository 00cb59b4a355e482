"""Draws from many tokens: weights and levels go in, the token at each level comes out."""

from __future__ import annotations

from typing import Any

from opinionframe.errors import ModelError

CHUNK = 256
"""Tokens that are summed as one before the sums of those of one chunk are made: a vocabulary is read once."""
ALMOST = 1 - 2**-52
"""A level this near to the whole is not behind the last token that has any weight."""


def at_levels(weights: Any, levels: Any) -> Any:
    """The first token up to which the sum of a row's weights exceeds `levels` x their whole: shape (rows, draws).

    `weights` are of shape (rows, vocabulary), from 0 on; `levels`, of shape (rows, draws), are float64 in [0, 1).

    Raises: ModelError, where weights are no numbers, as those of a model that overflows its precision.
    """
    import torch

    rows, tokens = weights.shape
    chunked = torch.nn.functional.pad(weights, (0, -tokens % CHUNK)).view(rows, -1, CHUNK)
    sums = chunked.sum(-1).double()
    whole = sums.sum(-1, keepdim=True)
    if broken := int((~whole.isfinite()).sum()):
        raise ModelError(
            f"The model gives {broken} of {rows} prompts no probabilities of a next token (NaN or infinity): its "
            "precision may be too small for it. Load it with dtype='float32'."
        )
    chunk, before = _reached(sums, levels * whole)
    inside = chunked[torch.arange(rows, device=weights.device)[:, None], chunk].double()
    place, _ = _reached(inside, before[:, :, None])
    return chunk * CHUNK + place[:, :, 0]


def _reached(parts: Any, sought: Any) -> tuple[Any, Any]:
    """The part in which the running sum exceeds what is `sought`, and how much of that is left there."""
    import torch

    ends = parts.cumsum(-1)
    sought = torch.minimum(sought, ends[..., -1:] * ALMOST)
    place = torch.searchsorted(ends, sought, right=True)
    return place, sought - (ends.gather(-1, place) - parts.gather(-1, place))
