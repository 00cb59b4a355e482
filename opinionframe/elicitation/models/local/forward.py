"""Forward passes of a local model: token rows go in, next-token and label probabilities come out."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opinionframe.elicitation.models.local.cache_name import cache_name
from opinionframe.elicitation.models.local.labels import (
    NEGLIGIBLE,
    LabelTree,
    are_single_tokens,
    digit_tokens,
    label_tree,
)
from opinionframe.elicitation.models.local.last_tokens import last_tokens
from opinionframe.elicitation.models.local.template import opened_turn, thinks
from opinionframe.elicitation.models.protocol import Request

Floats = NDArray[np.float64]
TAIL = 40
"""Characters of a prompt's end that decide how the first token of an answer is spelled."""


def exact(logits: Any) -> Any:
    """`logits` where there is float64, which Apple's GPUs do not know: on the CPU, else where they are."""
    return logits.cpu() if logits.device.type == "mps" else logits


@dataclass
class LocalPrompt:
    """One prompt as the model sees it: its text inside the chat template, its tokens, and who asks."""

    spelled: str
    tokens: list[int]
    requests: list[Request]

    @property
    def tail(self) -> str:
        """The end of the text."""
        return self.spelled[-TAIL:]

    def size(self) -> int:
        """Tokens that all its answers can come to."""
        return sum(len(self.tokens) + request.max_tokens for request in self.requests)


@dataclass
class Forward:
    """A loaded model on its device.

    `template` holds options of the chat template, such as `enable_thinking`; `trials`, what it was found able to do.
    """

    model: Any
    tokenizer: Any
    device: str
    template: Mapping[str, Any] = field(default_factory=dict)
    trials: dict[str, bool] = field(default_factory=dict)

    def prompt(self, text: str, requests: list[Request]) -> LocalPrompt:
        """`text` inside the chat template, where the tokenizer has one, the model's turn opened."""
        return self.prompts({text: requests})[0]

    def prompts(self, asked: Mapping[str, list[Request]]) -> list[LocalPrompt]:
        """A prompt per text and who asks it, tokenized together."""
        if not asked:
            return []
        if self.tokenizer.chat_template is None:
            spelled = list(asked)
        else:
            spelled = [opened_turn(self.tokenizer, text, self.template) for text in asked]
        # The template wrote the special tokens already.
        tokens = self.tokenizer(spelled, add_special_tokens=self.tokenizer.chat_template is None)["input_ids"]
        return [LocalPrompt(*each) for each in zip(spelled, tokens, asked.values(), strict=True)]

    def unreadable(self, prompt: LocalPrompt, request: Request) -> str | None:
        """Why the model cannot read `prompt` to answer `request`; None where it can."""
        if not prompt.tokens:
            return "the prompt is empty: it has no token to read"
        spelled = max(map(len, request.labels), default=0) if request.mode == "score" else 0
        if len(prompt.tokens) + spelled > self.window:
            return (
                f"the prompt has {len(prompt.tokens):,} tokens, and the model reads {self.window:,.0f}: "
                "shorten it, or take a model that reads more"
            )
        return None

    def left_padded(self, rows: list[list[int]]) -> tuple[Any, Any, Any]:
        """Token ids, attention mask and positions: three tensors of shape (rows, longest row), on the device."""
        import torch

        width = max(map(len, rows))
        ids = torch.tensor([[0] * (width - len(row)) + row for row in rows])
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        return ids.to(self.device), mask.to(self.device), positions.to(self.device)

    def right_padded(self, rows: list[list[int]]) -> Any:
        """Token ids of shape (rows, longest row), on the device; no token sees the padding behind it."""
        import torch

        width = max(map(len, rows))
        # Not the model's own padding: some warn where they see it without a mask.
        filler = int(getattr(self.model.config, "pad_token_id", None) == 0)
        return torch.tensor([row + [filler] * (width - len(row)) for row in rows]).to(self.device)

    def next_token(self, rows: list[list[int]], shared: int = 0) -> Any:
        """Probabilities of every next token: a float64 tensor (rows, vocabulary) on the device, rows summing to 1.

        The first `shared` tokens are read once per distinct beginning, and their keys and values taken over.
        """
        import torch

        beginnings = list(dict.fromkeys(tuple(row[:shared]) for row in rows))
        with torch.inference_mode():
            if not shared or len(beginnings) == len(rows):
                logits = self.read_at([len(row) - 1 for row in rows], rows, use_cache=False)
            else:
                rests, begun = [row[shared:] for row in rows], self._begun(rows, beginnings, shared)
                logits = self.read_at([len(rest) - 1 for rest in rests], rests, **begun)
            return exact(logits).double().softmax(-1)

    def read_at(self, places: list[int], rows: list[list[int]], **given: Any) -> Any:
        """Logits of the token that follows the one at `places[i]` of row i: a tensor of shape (rows, vocabulary)."""
        import torch

        with last_tokens(self._head, places) if self._head is not None else nullcontext():
            logits = self.model(input_ids=self.right_padded(rows), **given).logits
        if logits.shape[1] == 1:
            return logits[:, 0]
        # Made without the output layer that the model names: those of all tokens are here.
        return logits[torch.arange(len(rows)), torch.tensor(places)]

    def _begun(self, rows: list[list[int]], beginnings: list[tuple[int, ...]], shared: int) -> dict[str, Any]:
        """The cache of each row's beginning, as the model takes it."""
        import torch

        first = self.right_padded([list(beginning) for beginning in beginnings])
        cache = getattr(self.model(input_ids=first, logits_to_keep=1, use_cache=True), cache_name())
        number = {beginning: i for i, beginning in enumerate(beginnings)}
        cache.reorder_cache(torch.tensor([number[tuple(row[:shared])] for row in rows], device=self.device))
        return {"use_cache": True, cache_name(): cache}

    def label_masses(self, rows: list[list[int]], shares: Any, tree: LabelTree, shared: int = 0) -> Floats:
        """The probability of each label after each row, given the next-token `shares`: shape (rows, labels).

        Where a label has several tokens, rows are read on, their first `shared` tokens once per distinct beginning.
        """
        masses = np.zeros((len(rows), len(tree.labels)))
        self._add(masses, np.arange(len(rows)), np.ones(len(rows)), rows, shares, tree, shared)
        return masses

    def _add(
        self,
        masses: Floats,
        which: NDArray[np.intp],
        weight: Floats,
        rows: list[list[int]],
        shares: Any,
        tree: LabelTree,
        shared: int,
    ) -> None:
        """Adds to `masses[which]` what each branch of `tree` holds; `weight` is the probability of having come here."""
        if tree.ends:
            # A digit more would be another number; whatever else follows leaves this one standing.
            stays = 1 - shares[:, self._digits].sum(1).cpu().numpy()
            for ended in tree.ends:
                masses[which, ended] += weight * stays
        of_tokens = shares[:, list(tree.branches)].cpu().numpy()
        for place, (token, branch) in enumerate(tree.branches.items()):
            reached = weight * of_tokens[:, place]
            label = branch.decided()
            if label is not None:
                masses[which, label] += reached
            elif (far := np.flatnonzero(reached > NEGLIGIBLE)).size:
                longer = [[*rows[i], token] for i in far]
                self._add(masses, which[far], reached[far], longer, self.next_token(longer, shared), branch, shared)

    def tree(self, tail: str, labels: tuple[str, ...]) -> LabelTree:
        """The tokens that spell `labels` after a prompt that ends in `tail`."""
        if (tail, labels) not in self._trees:
            self._trees[tail, labels] = label_tree(self.tokenizer, tail, labels)
        return self._trees[tail, labels]

    def are_tokens(self, tail: str, labels: tuple[str, ...]) -> bool:
        """Whether each of `labels` is one token after a prompt that ends in `tail`."""
        if (tail, labels) not in self._single:
            self._single[tail, labels] = are_single_tokens(self.tokenizer, tail, labels)
        return self._single[tail, labels]

    def text(self, token: int) -> str:
        """What one token spells."""
        if token not in self._texts:
            self._texts[token] = self.tokenizer.decode([token])
        return self._texts[token]

    @cached_property
    def window(self) -> float:
        """Tokens that the model was made to read at once; infinite where it does not say."""
        return getattr(self.model.config.get_text_config(), "max_position_embeddings", None) or inf

    @cached_property
    def _head(self) -> Any:
        return self.model.get_output_embeddings()

    @cached_property
    def _single(self) -> dict[tuple[str, tuple[str, ...]], bool]:
        return {}

    @cached_property
    def _texts(self) -> dict[int, str]:
        return {}

    @cached_property
    def _trees(self) -> dict[tuple[str, tuple[str, ...]], LabelTree]:
        return {}

    @cached_property
    def _digits(self) -> list[int]:
        return digit_tokens(self.tokenizer)

    @cached_property
    def thinks(self) -> bool:
        """Whether the model may write a thought before its answer."""
        return thinks(self.tokenizer, self.template)

    @cached_property
    def end_tokens(self) -> set[int]:
        """The tokens that end an answer."""
        named = [self.tokenizer.eos_token_id, getattr(self.model.generation_config, "eos_token_id", None)]
        return {token for name in named if name is not None for token in (name if isinstance(name, list) else [name])}
