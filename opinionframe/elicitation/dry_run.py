"""What an elicitation would take: prompts go in, calls, tokens and cost as a range come out. Nothing is asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from opinionframe.elicitation.journal import Journal
from opinionframe.elicitation.models.protocol import Model, Request
from opinionframe.elicitation.requests import Ceilings, is_written, may_think, planned_requests
from opinionframe.errors import OptionError
from opinionframe.schemas import borders
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import Prompts

CHARACTERS_PER_TOKEN = (5.0, 3.0)
"""English survey questions come to 4.3-4.8 characters a token in current vocabularies; other languages to fewer."""
TEMPLATE_TOKENS = (4, 40)
"""What a chat template adds, a default system prompt included."""
SHORTEST = {"score": 1, "pick": 1, "write": 8}
"""Tokens of the shortest answer of each mode."""
MILLION = 1e6

_PLANNED = ("elicitation", "prompt", "variant")
"""What a row of the plan stands for."""
_TOKENS = dict.fromkeys(("tokens_in_low", "tokens_in_high", "tokens_out_low", "tokens_out_high"), pl.Int64)


@takes_frames
def dry_run(
    prompts: borders.AnyFrame,
    *,
    model: Model | None = None,
    journal: str | Path | None = None,
    prices: tuple[float, float] | None = None,
    draws: Mapping[str, int] | None = None,
    max_tokens: Ceilings = None,
    temperature: Mapping[str, float] | None = None,
    seed: int = 0,
) -> pl.DataFrame:
    """Calls, tokens and cost of asking `prompts`, as ranges; one row per elicitation, prompt and variant. Collects.

    A request that serves two rows is counted in the first.

    Args:
        prompts: Prompts, as `prompts` makes them.
        model: The model to be asked; given together with `journal`.
        journal: The folder of a journal: what `model` has on record there (for `seed`) is not counted.
        prices: Those of a million tokens in and out, in any currency.
        draws: The number of draws per elicitation, as in `ask`.
        max_tokens: The most tokens of an answer, as in `ask`; the upper ends count on a thought before each answer.
        temperature: Of sampling, by elicitation, as in `ask`, by which answers on record are found.
        seed: The seed that `ask` will have.

    Returns: elicitation, prompt, variant; counts `prompts`, `calls` and `on_record`; tokens_in_low, tokens_in_high,
        tokens_out_low, tokens_out_high; cost_low, cost_high in the prices' currency (null without prices).
    Raises: FrameError, for broken prompts; OptionError, for draws that cannot be, or a model without a journal.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> prompts = of.prompts(survey.opinions, survey.codebook, elicitation="self_random", prompt="base")
    >>> plan = dry_run(prompts, prices=(0.15, 0.6))
    >>> plan.select("prompts", "calls", pl.col("cost_low", "cost_high").round(4)).row(0)
    (18, 90, 0.0011, 0.1163)
    """
    if (model is None) != (journal is None):
        raise OptionError("What is on record depends on both: give model=… and journal=… together, or neither.")
    prompts = borders.checked(prompts, Prompts, "prompts")
    return request_counts(
        prompts,
        model=model,
        journal=journal,
        prices=prices,
        draws=draws,
        max_tokens=max_tokens,
        temperature=temperature,
        seed=seed,
    )


def request_counts(
    prompts: pl.DataFrame,
    *,
    model: Model | None = None,
    journal: str | Path | None = None,
    prices: tuple[float, float] | None = None,
    draws: Mapping[str, int] | None = None,
    max_tokens: Ceilings = None,
    temperature: Mapping[str, float] | None = None,
    seed: int = 0,
) -> pl.DataFrame:
    """`dry_run` of checked Prompts."""
    thinks = is_written(prompts) and may_think(model)
    plan, requests = planned_requests(
        prompts, seed=seed, draws=draws, max_tokens=max_tokens, temperature=temperature, thinks=thinks
    )
    sizes = pl.DataFrame([_size(request) for request in requests], schema=_TOKENS, orient="row")
    recorded = pl.Series("on_record", _on_record(requests, model, journal), dtype=pl.Boolean)
    is_new = pl.col("request").is_first_distinct() & ~pl.col("on_record")
    return (
        plan.join(prompts.select("prompt_id", *_PLANNED), on="prompt_id")
        .join(sizes.with_row_index("request").with_columns(recorded), on="request")
        .sort(*_PLANNED, "prompt_id", "draw")
        .with_columns(is_new.alias("is_new"))
        .group_by(_PLANNED, maintain_order=True)
        .agg(
            pl.col("prompt_id").n_unique().alias("prompts"),
            pl.col("is_new").sum().alias("calls"),
            pl.col("request").filter("on_record").n_unique().alias("on_record"),
            pl.col(*_TOKENS).filter("is_new").sum(),
        )
        .with_columns(_cost("low", prices), _cost("high", prices))
    )


def _size(request: Request) -> tuple[int, int, int, int]:
    """Tokens in, from and to, and tokens out, from and to."""
    fewest, most = (round(len(request.text) / characters) for characters in CHARACTERS_PER_TOKEN)
    shortest = min(SHORTEST[request.mode], request.max_tokens)
    return fewest + TEMPLATE_TOKENS[0], most + TEMPLATE_TOKENS[1], shortest, request.max_tokens


def _on_record(requests: list[Request], model: Model | None, journal: str | Path | None) -> list[bool]:
    if model is None or journal is None or not Path(journal).is_dir():
        return [False] * len(requests)
    with Journal(journal) as records:
        return [records.find(request, model) is not None for request in requests]


def _cost(end: str, prices: tuple[float, float] | None) -> pl.Expr:
    name = f"cost_{end}"
    if prices is None:
        return pl.lit(None, dtype=pl.Float64).alias(name)
    read, written = (pl.col(f"tokens_{way}_{end}") * price for way, price in zip(("in", "out"), prices, strict=True))
    return ((read + written) / MILLION).alias(name)
