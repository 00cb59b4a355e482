"""Which tokens spell the labels after a prompt: found by tokenizing in context, as a tree of token sequences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SPELLINGS = ("{}", " {}")
"""A label directly, or after a space."""

NEGLIGIBLE = 1e-4
"""A shared first token (such as a lone space) with less probability than this is not looked behind."""


@dataclass
class LabelTree:
    """Token sequences that spell the labels. `ends` are labels that may end here; `branches` go on by token.

    A sequence that only one label begins with is cut there: nothing further decides between labels.
    """

    labels: set[int] = field(default_factory=set)
    ends: set[int] = field(default_factory=set)
    branches: dict[int, LabelTree] = field(default_factory=dict)

    def add(self, label: int, tokens: list[int]) -> None:
        """Puts a spelling of `label` into the tree."""
        self.labels.add(label)
        if not tokens:
            self.ends.add(label)
            return
        self.branches.setdefault(tokens[0], LabelTree()).add(label, tokens[1:])

    def decided(self) -> int | None:
        """The only label from here on, or None."""
        return next(iter(self.labels)) if len(self.labels) == 1 else None


def label_tree(tokenizer: Any, tail: str, labels: tuple[str, ...]) -> LabelTree:
    """The tree of `labels` as they would be tokenized right after a prompt that ends in `tail`."""
    tree = LabelTree()
    for number, label in enumerate(labels):
        for spelling in SPELLINGS:
            tree.add(number, continuation(tokenizer, tail, spelling.format(label)))
    return tree


def continuation(tokenizer: Any, tail: str, text: str) -> list[int]:
    """The tokens that `text` adds after `tail`. Where it changes the last tokens of `tail`, those of `text` alone."""
    before = tokenizer.encode(tail, add_special_tokens=False)
    after = tokenizer.encode(tail + text, add_special_tokens=False)
    if after[: len(before)] == before and len(after) > len(before):
        return list(after[len(before) :])
    return list(tokenizer.encode(text, add_special_tokens=False))


def are_single_tokens(tokenizer: Any, tail: str, labels: tuple[str, ...]) -> bool:
    """Whether each label is one token right after a prompt that ends in `tail`."""
    return all(len(continuation(tokenizer, tail, label)) == 1 for label in labels)


def digit_tokens(tokenizer: Any) -> list[int]:
    """The tokens whose text begins with a digit: after `1`, they make it another number."""
    return [token for token in range(len(tokenizer)) if tokenizer.decode([token])[:1].isdigit()]
