"""What an elicitation would take: prompts go in, calls, tokens and cost as a range come out. Nothing is asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from opinionframe.elicitation.journal import Journal
from opinionframe.elicitation.models.protocol import Model, Request
from opinionframe.elicitation.requests import planned_requests
from opinionframe.errors import OptionError
from opinionframe.schemas import borders
from opinionframe.schemas.frames import Prompts

CHARACTERS_PER_TOKEN = (5.0, 3.0)
"""English survey questions come to 4.3-4.8 characters a token in current vocabularies; other languages to fewer."""
TEMPLATE_TOKENS = (4, 40)
"""What a chat template adds, a default system prompt included."""
SHORTEST = {"score": 1, "pick": 1, "write": 8}
MILLION = 1e6


def dry_run(
    prompts: borders.AnyFrame,
    *,
    model: Model | None = None,
    journal: str | Path | None = None,
    prices: tuple[float, float] | None = None,
    draws: Mapping[str, int] | None = None,
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
        seed: The seed that `ask` will have.

    Returns: elicitation, prompt, variant, prompts, calls, on_record, tokens_in_low, tokens_in_high,
        tokens_out_low, tokens_out_high, cost_low, cost_high (null without prices).
    Raises: FrameError, OptionError.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> asked = of.prompts(survey.opinions, survey.codebook, elicitation="self_random", prompt="base")
    >>> dry_run(asked, prices=(0.15, 0.6)).select("prompts", "calls", pl.col("cost_low", "cost_high").round(4)).row(0)
    (18, 90, 0.0011, 0.0027)
    """
    if (model is None) != (journal is None):
        raise OptionError("What is on record depends on both: give model=… and journal=… together, or neither.")
    asked = borders.checked(prompts, Prompts, "prompts")
    plan, requests = planned_requests(asked, seed=seed, draws=draws)
    known = _on_record(requests, model, journal)
    sizes = pl.DataFrame([_size(request) for request in requests], schema=_SIZES, orient="row")
    counted = sizes.with_row_index("request").with_columns(pl.Series("on_record", known, dtype=pl.Boolean))
    key = ["elicitation", "prompt", "variant"]
    rows = plan.join(asked.select("prompt_id", *key), on="prompt_id").join(counted, on="request")
    anew = pl.col("request").is_first_distinct() & ~pl.col("on_record")
    return (
        rows.sort(*key, "prompt_id", "draw")
        .with_columns(anew.alias("anew"))
        .group_by(key, maintain_order=True)
        .agg(
            pl.col("prompt_id").n_unique().alias("prompts"),
            pl.col("anew").sum().alias("calls"),
            pl.col("request").filter("on_record").n_unique().alias("on_record"),
            pl.col(*_SIZES).filter("anew").sum(),
        )
        .with_columns(_cost("low", prices), _cost("high", prices))
    )


_SIZES = dict.fromkeys(("tokens_in_low", "tokens_in_high", "tokens_out_low", "tokens_out_high"), pl.Int64)


def _size(request: Request) -> tuple[int, int, int, int]:
    few, many = (round(len(request.text) / characters) for characters in CHARACTERS_PER_TOKEN)
    shortest = min(SHORTEST[request.mode], request.max_tokens)
    return few + TEMPLATE_TOKENS[0], many + TEMPLATE_TOKENS[1], shortest, request.max_tokens


def _on_record(requests: list[Request], model: Model | None, journal: str | Path | None) -> list[bool]:
    if model is None or journal is None or not Path(journal).is_dir():
        return [False] * len(requests)
    with Journal(journal) as book:
        return [book.find(request, model) is not None for request in requests]


def _cost(end: str, prices: tuple[float, float] | None) -> pl.Expr:
    name = f"cost_{end}"
    if prices is None:
        return pl.lit(None, dtype=pl.Float64).alias(name)
    read, written = (pl.col(f"tokens_{way}_{end}") * price for way, price in zip(("in", "out"), prices, strict=True))
    return ((read + written) / MILLION).alias(name)
