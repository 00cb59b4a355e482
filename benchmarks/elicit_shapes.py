"""The methods on a GPU: models of 135 million, 1 billion and 8 billion parameters by shape, their weights random.

Speed and memory go by shape alone. What a random model writes never ends of itself, so answers are of full length.
"""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from elicit_compare import compared
from elicit_requests import METHODS, requests_of
from elicit_trial import SEED, Amount
from timing import ROUNDS, Row

import opinionframe as of


@dataclass(frozen=True)
class Shape:
    """The measures of a Llama model: layers, width, inner width, heads, heads of keys and values, vocabulary."""

    name: str
    layers: int
    width: int
    inner: int
    heads: int
    key_heads: int
    vocabulary: int
    tied: bool = True

    def config(self) -> Any:
        """As transformers takes it; the special tokens are those of the tokenizer of SmolLM2."""
        from transformers import LlamaConfig

        return LlamaConfig(
            num_hidden_layers=self.layers, hidden_size=self.width, intermediate_size=self.inner,
            num_attention_heads=self.heads, num_key_value_heads=self.key_heads, vocab_size=self.vocabulary,
            tie_word_embeddings=self.tied, max_position_embeddings=8192, bos_token_id=1, eos_token_id=2,
            pad_token_id=2,
        )  # fmt: skip


SHAPES = (
    Shape("135M", 30, 576, 1536, 9, 3, 49_152),
    Shape("1B", 16, 2048, 8192, 32, 8, 128_256),
    Shape("8B", 32, 4096, 14_336, 32, 8, 128_256, tied=False),
)
"""SmolLM2-135M, Llama-3.2-1B and Llama-3.1-8B."""
AMOUNTS = {
    "logprob": Amount(846, looped=64, harnessed=256, batch=64),
    "self_random": Amount(846, looped=60, harnessed=640, batch=128),
    "paraphrase": Amount(2048, looped=64, harnessed=512, batch=128),
    "verbalized": Amount(256, looped=2, harnessed=256, batch=256),
}


def measured(
    shape: Shape, tokenizer: Any, amounts: dict[str, Amount], device: str, dtype: str, rounds: int = ROUNDS
) -> list[Row]:
    """The methods of `amounts` on a model of this shape, loaded from a folder as a user would."""
    with tempfile.TemporaryDirectory() as folder:
        save(shape, tokenizer, folder, device, dtype)
        model = of.LocalModel(folder, device=device, dtype=dtype, name=f"{shape.name} shape")  # type: ignore[arg-type]
        return list(_rows(model, amounts, rounds))


def _rows(model: of.LocalModel, amounts: dict[str, Amount], rounds: int) -> Iterable[Row]:
    for method in METHODS:
        if method in amounts:
            amount = amounts[method]
            yield from compared(f"{model.name}, {method}", model, requests_of(method, amount.prompts), amount, rounds)


def save(shape: Shape, tokenizer: Any, folder: str, device: str, dtype: str) -> None:
    """Random weights of this shape, made where they are made fastest, and the tokenizer."""
    from transformers import AutoModelForCausalLM

    torch.manual_seed(SEED)
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(shape.config(), dtype=getattr(torch, dtype))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    del model
    gc.collect()
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
