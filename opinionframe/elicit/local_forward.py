"""Forward passes of a local model: token rows go in, next-token and label probabilities come out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opinionframe.elicit.local_labels import NEGLIGIBLE, LabelTree, digit_tokens

Floats = NDArray[np.float64]


@dataclass
class Forward:
    """A loaded model on its device. Rows of different lengths are padded on the left and masked."""

    model: Any
    tokenizer: Any
    device: str

    def next_token(self, rows: list[list[int]]) -> Floats:
        """Probabilities of every next token: shape (rows, vocabulary), summing to 1."""
        import torch

        width = max(map(len, rows))
        ids = torch.zeros((len(rows), width), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for i, row in enumerate(rows):
            ids[i, width - len(row) :] = torch.tensor(row)
            mask[i, width - len(row) :] = 1
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        with torch.inference_mode():
            logits = self.model(
                input_ids=ids.to(self.device),
                attention_mask=mask.to(self.device),
                position_ids=positions.to(self.device),
                logits_to_keep=1,
                use_cache=False,
            ).logits[:, -1]
            shares: Floats = logits.double().softmax(-1).cpu().numpy()
        return shares

    def label_masses(self, rows: list[list[int]], shares: Floats, tree: LabelTree) -> Floats:
        """The probability of each label after each row, given the next-token `shares`: shape (rows, labels)."""
        masses = np.zeros((len(rows), len(tree.labels)))
        self._add(masses, np.arange(len(rows)), np.ones(len(rows)), rows, shares, tree)
        return masses

    def _add(
        self,
        masses: Floats,
        which: NDArray[np.intp],
        weight: Floats,
        rows: list[list[int]],
        shares: Floats,
        tree: LabelTree,
    ) -> None:
        """Adds to `masses[which]` what each branch of `tree` holds; `weight` is the probability of having come here."""
        for ended in tree.ends:
            # A digit more would be another number; whatever else follows leaves this one standing.
            masses[which, ended] += weight * (1 - shares[:, self._digits].sum(1))
        for token, branch in tree.branches.items():
            reached = weight * shares[:, token]
            label = branch.decided()
            if label is not None:
                masses[which, label] += reached
            elif (far := np.flatnonzero(reached > NEGLIGIBLE)).size:
                longer = [[*rows[i], token] for i in far]
                self._add(masses, which[far], reached[far], longer, self.next_token(longer), branch)

    @cached_property
    def _digits(self) -> list[int]:
        return digit_tokens(self.tokenizer)
