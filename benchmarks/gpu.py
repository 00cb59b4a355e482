"""Answers per second on a GPU, by the four methods and three sizes of models; nothing where there is no GPU."""

from __future__ import annotations

import importlib.metadata
from typing import Any

import torch
from elicit_shapes import AMOUNTS, SHAPES, measured
from timing import Row

import opinionframe as of

ROUNDS = 3


def run(*, tiny: bool = False) -> list[Row]:
    """The rows of every shape, with the machine's GPU in their notes."""
    if tiny or not torch.cuda.is_available():
        return []
    packages = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("torch", "transformers"))
    machine, taken = f"{torch.cuda.get_device_name()}, {packages}", tokenizer()
    return [
        row | {"benchmark": "gpu", "note": f"{row['note']}; {machine}"}
        for shape in SHAPES
        for row in measured(shape, taken, AMOUNTS, "cuda", "bfloat16", ROUNDS)
    ]


def tokenizer() -> Any:
    """That of SmolLM2, which the vocabularies of all shapes hold."""
    return of.LocalModel(device="cpu")._tokenizer  # noqa: SLF001 - for want of another
