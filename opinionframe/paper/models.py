"""`models`: the models that the paper asks, as a frame."""

from __future__ import annotations

import tomllib
from pathlib import Path

import polars as pl

_SCHEMA = {
    "name": pl.String,
    "family": pl.String,
    "hub": pl.String,
    "api": pl.String,
    "endpoint": pl.String,
    "logprob": pl.Boolean,
    "verified": pl.Boolean,
}


def models() -> pl.DataFrame:
    """The paper's 15 models: name, family, hub id, API name and endpoint, and whether they were tried here (none was).

    Reference: Kambhatla et al., section 3.5; `logprob` marks the four of its Table 6.

    >>> models().group_by("family").len().sort("family").rows()
    [('Claude', 3), ('Llama', 5), ('Mistral', 2), ('OLMo-2', 4), ('Qwen', 1)]
    """
    text = (Path(__file__).parent / "models.toml").read_text(encoding="utf-8")
    models = pl.DataFrame(tomllib.loads(text)["model"], schema=_SCHEMA)
    return models.with_columns(pl.col("logprob").fill_null(value=False))
