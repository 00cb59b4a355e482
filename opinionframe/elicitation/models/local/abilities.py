"""What a model can do, tried on a few tokens: each shortcut of ours beside the plain reading of a row by itself.

Architectures are too many to be listed. A shortcut that gives other probabilities, or fails, is not taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opinionframe.elicitation.models.local.forward import Forward, exact
from opinionframe.elicitation.models.local.prefix import plain_cache
from opinionframe.elicitation.models.local.written_rows import CachedRows
from opinionframe.errors import ModelError

SHORT, LONG, OTHER = [11, 12], [11, 12, 13, 14, 15, 16], [11, 12, 14]
"""Rows to try: tokens low enough for any vocabulary, above those with a meaning of their own."""
ROUNDING = {"float32": 1e-3, "float64": 1e-3}
"""What the order of sums may move: a total variation distance. Another position or a lost token moves far more."""
COARSE_ROUNDING = 0.1
"""The same in bfloat16 and float16."""


def refuse_if_not_causal(forward: Forward) -> None:
    """Refuse a model whose answer depends on tokens behind it, as on the padding of a batch.

    Raises: ModelError.
    """
    import torch

    # One place of two rows of one length that differ behind it alone: what rounds, rounds alike.
    rows = [LONG, SHORT + LONG[:1:-1]]
    with torch.inference_mode():
        first, second = _shares(forward.read_at([len(SHORT) - 1] * 2, rows, use_cache=False))
    if _distance(first, second) > _rounding(forward):
        raise ModelError(
            f"{type(forward.model).__name__} is not causal: what it says after a text changes with what stands behind "
            "it, so that an answer would depend on the other prompts of its batch. Take a causal language model."
        )


def can_share(forward: Forward) -> bool:
    """Whether rows can take over the cache of a beginning that they share."""
    rows = [LONG, OTHER, SHORT + SHORT]
    return plain_cache(forward.model) and _tried(
        forward, "share", lambda: _agree(forward, forward.next_token(rows, shared=2), rows)
    )


def can_write_together(forward: Forward) -> bool:
    """Whether rows of several lengths can be written on from a cache, padded on the left."""
    return _tried(forward, "write", lambda: _writes(forward))


def _writes(forward: Forward) -> bool:
    rows = CachedRows(forward, [LONG, SHORT], [1, 0, 1])
    first = _agree(forward, _shares(rows.logits), [SHORT, LONG, SHORT])
    rows.keep([0, 1])
    rows.feed([17, 18])
    second = _agree(forward, _shares(rows.logits), [[*SHORT, 17], [*LONG, 18]])
    rows.keep([1])
    rows.feed([19])
    return first and second and _agree(forward, _shares(rows.logits), [[*LONG, 18, 19]])


def _tried(forward: Forward, ability: str, trial: Callable[[], bool]) -> bool:
    """What `trial` says, once per model; a model that cannot do it at all fails in ways of its own."""
    import torch

    if ability not in forward.trials:
        try:
            with torch.inference_mode():
                forward.trials[ability] = trial()
        except torch.OutOfMemoryError:
            raise
        except (AttributeError, IndexError, NotImplementedError, RuntimeError, TypeError, ValueError):
            forward.trials[ability] = False
    return forward.trials[ability]


def _agree(forward: Forward, shares: Any, rows: list[list[int]]) -> bool:
    """Whether `shares` are the probabilities that come of reading each of `rows` by itself."""
    import torch

    alone = torch.cat([forward.next_token([row]) for row in rows])
    return _distance(shares.to(alone.device), alone) <= _rounding(forward)


def _shares(logits: Any) -> Any:
    return exact(logits).double().softmax(-1)


def _distance(shares: Any, others: Any) -> float:
    """The largest total variation distance of two rows of probabilities, in [0, 1]; NaN is far from all."""
    return float(((shares - others).abs().sum(-1) / 2).nan_to_num(1.0).max())


def _rounding(forward: Forward) -> float:
    return ROUNDING.get(str(forward.model.dtype).removeprefix("torch."), COARSE_ROUNDING)
