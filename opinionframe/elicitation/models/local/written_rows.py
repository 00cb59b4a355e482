"""Rows of tokens that are being written: the next-token logits of each, after every token that is added."""

from __future__ import annotations

from opinionframe.elicitation.models.local.cache_name import cache_name
from opinionframe.elicitation.models.local.forward import Forward
from opinionframe.elicitation.models.local.roomy_cache import roomy


class CachedRows:
    """Rows that are read once: their keys and values are kept, and each step reads one token a row.

    `which` has the places of prompts in `rows`, one per answer; `logits` are of shape (answers, vocabulary).
    """

    def __init__(self, forward: Forward, rows: list[list[int]], which: list[int]) -> None:
        self._forward = forward
        ids, mask, positions = forward.left_padded(rows)
        out = forward.model(
            input_ids=ids, attention_mask=mask, position_ids=positions, logits_to_keep=1, use_cache=True
        )
        self._cache, self.logits = roomy(getattr(out, cache_name())), out.logits[:, -1]
        self._mask, self._position = mask, positions[:, -1:]
        self.keep(which)

    def keep(self, index: list[int]) -> None:
        """The rows at `index`, which may repeat."""
        import torch

        rows = torch.tensor(index, device=self.logits.device)
        # Every layer knows this one, those with states too; `batch_select_indices` leaves states as they are.
        self._cache.reorder_cache(rows)
        self.logits, self._mask, self._position = self.logits[rows], self._mask[rows], self._position[rows]

    def feed(self, tokens: list[int]) -> None:
        """Reads one more token per row."""
        import torch

        self._position = self._position + 1
        self._mask = torch.cat([self._mask, torch.ones_like(self._position)], dim=1)
        out = self._forward.model(
            input_ids=torch.tensor(tokens, device=self._mask.device)[:, None],
            attention_mask=self._mask,
            position_ids=self._position,
            use_cache=True,
            **{cache_name(): self._cache},
        )
        self.logits, self._cache = out.logits[:, -1], getattr(out, cache_name())


class RereadRows:
    """The same for a model that keeps nothing which rows could go on from: each step reads all tokens again."""

    def __init__(self, forward: Forward, rows: list[list[int]], which: list[int]) -> None:
        self._forward = forward
        self._rows, self.logits = rows, forward.next_token(rows).log()
        self.keep(which)

    def keep(self, index: list[int]) -> None:
        """The rows at `index`, which may repeat."""
        self._rows, self.logits = [self._rows[i] for i in index], self.logits[index]

    def feed(self, tokens: list[int]) -> None:
        """Adds a token to each row."""
        self._rows = [[*row, token] for row, token in zip(self._rows, tokens, strict=True)]
        self.logits = self._forward.next_token(self._rows).log()
