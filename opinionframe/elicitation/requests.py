"""What is to be asked of a model: prompts go in, distinct requests and which prompt each serves come out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import polars as pl

from opinionframe.elicitation.models.protocol import Mode, Model, Request
from opinionframe.errors import OptionError, check_option
from opinionframe.schemas.frames import ELICITATIONS

DRAWS = {"logprob": 1, "self_random": 5, "paraphrase": 1, "verbalized": 3}
TEMPERATURE = {"logprob": 1.0, "self_random": 0.7, "paraphrase": 0.0, "verbalized": 0.7}
"""The paper gives 0.7 for self_random alone. A paraphrase varies the wording instead, so it is answered greedily.

`docs/paper_prompts.toml` lists this and all else that the paper leaves open.
"""

HOTTEST = 2
"""The most that servers take."""

PICK_TOKENS, COT_TOKENS = 64, 900
"""Ceilings on an answer's length: a sentence with an index, and 500 words of reasoning."""
LIST_TOKENS, SHARE_TOKENS = 64, 16
"""The ceiling for shares: some words, and each option's label and percentage."""
THOUGHT_TOKENS = 2048
"""What a model that may think gets on top: with an answer it stays below the 4,096 that older servers allow."""

Ceilings = int | Mapping[str, int] | None
"""The most tokens of an answer, thought included: for all elicitations, or by elicitation."""

MODE: dict[str, Mode] = {"logprob": "score", "self_random": "pick", "paraphrase": "pick", "verbalized": "write"}
END = "</ANS_END>"

_COLUMNS = ("text", "draw", "elicitation", "variant", "n_choices")
"""What a request is made of."""


def planned_requests(
    prompts: pl.DataFrame,
    *,
    seed: int,
    draws: Mapping[str, int] | None = None,
    max_tokens: Ceilings = None,
    temperature: Mapping[str, float] | None = None,
    thinks: bool = True,
) -> tuple[pl.DataFrame, list[Request]]:
    """A frame (prompt_id, draw, request) of which request serves each prompt and draw, and the distinct requests.

    `thinks` says whether the model may write a thought before its answer, which raises the ceilings that
    `max_tokens` does not give.

    Raises: OptionError, for an elicitation, a number of draws, a ceiling or a temperature that cannot be.
    """
    ceilings = checked_ceilings(max_tokens)
    heats = {**TEMPERATURE, **checked_temperatures(temperature or {})}
    n_draws = {**DRAWS, **checked_draws(draws or {})}
    rows = (
        prompts.with_columns(pl.col("elicitation").replace_strict(n_draws, return_dtype=pl.UInt16).alias("n_draws"))
        .with_columns(pl.int_ranges(0, "n_draws", dtype=pl.UInt16).alias("draw"))
        .explode("draw")
        .select("prompt_id", *_COLUMNS)
    )
    place: dict[Request, int] = {}
    settings = zip(*(rows[name] for name in _COLUMNS), strict=True)
    places = [place.setdefault(_request(seed, ceilings, heats, thinks, *values), len(place)) for values in settings]
    return rows.select("prompt_id", "draw", pl.Series("request", places, dtype=pl.UInt32)), list(place)


def _request(
    seed: int,
    ceilings: dict[str, int],
    heats: dict[str, float],
    thinks: bool,  # noqa: FBT001
    text: str,
    draw: int,
    elicitation: str,
    variant: str,
    n_choices: int,
) -> Request:
    mode: Mode = "write" if variant == "cot" else MODE[elicitation]
    labels = number_labels(n_choices)
    if mode == "score":
        return Request(text, mode, labels, draw)
    temperature = heats[elicitation]
    return Request(
        text=text,
        mode=mode,
        labels=labels,
        draw=draw,
        temperature=temperature,
        max_tokens=ceilings.get(elicitation) or _max_tokens(mode, variant, n_choices) + thinks * THOUGHT_TOKENS,
        stop=(END,) if variant == "cot" else (),
        seed=seed if temperature else 0,
    )


def _max_tokens(mode: Mode, variant: str, n_choices: int) -> int:
    if variant == "cot":
        return COT_TOKENS
    return PICK_TOKENS if mode == "pick" else LIST_TOKENS + SHARE_TOKENS * n_choices


@cache
def number_labels(n_choices: int) -> tuple[str, ...]:
    """The labels `1`..`K` a prompt asks for.

    >>> number_labels(3)
    ('1', '2', '3')
    """
    return tuple(str(number) for number in range(1, n_choices + 1))


def is_written(prompts: pl.DataFrame) -> bool:
    """Whether the answer to any prompt is written out, so that it has a ceiling of tokens; scores of options have none.

    >>> is_written(pl.DataFrame({"elicitation": ["logprob"] * 2, "variant": ["standard", "few_shot"]}))
    False
    """
    scored = [elicitation for elicitation in ELICITATIONS if MODE[elicitation] == "score"]
    scores = pl.col("elicitation").is_in(scored) & (pl.col("variant") != "cot")
    return bool(prompts.select((~scores).any()).item())


def may_think(model: Model | None) -> bool:
    """Whether a model may write a thought before its answer: unless it says `thinks = False`."""
    return bool(getattr(model, "thinks", True))


def checked_ceilings(max_tokens: Ceilings) -> dict[str, int]:
    """Ceilings by elicitation, of those that are given.

    Raises: OptionError, for what is no number of tokens, or an elicitation that writes none.
    """
    sampled = [elicitation for elicitation in ELICITATIONS if MODE[elicitation] != "score"]
    given: Mapping[str, int | None] = (
        max_tokens if isinstance(max_tokens, Mapping) else dict.fromkeys(sampled, max_tokens)
    )
    ceilings = {elicitation: number for elicitation, number in given.items() if number is not None}
    for elicitation, number in ceilings.items():
        check_option("max_tokens", elicitation, sampled)
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise OptionError(f"max_tokens={number!r} is no number of tokens. Give a whole number, 1 or more.")
    return ceilings


def checked_temperatures(temperature: Mapping[str, float]) -> dict[str, float]:
    """Temperatures by elicitation.

    Raises: OptionError, for what is no temperature, or an elicitation that samples nothing.
    """
    sampled = [elicitation for elicitation in ELICITATIONS if MODE[elicitation] != "score"]
    for elicitation, value in temperature.items():
        check_option("temperature", elicitation, sampled)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= HOTTEST:
            raise OptionError(
                f"temperature[{elicitation!r}]={value!r} is no temperature. Give a number from 0 to {HOTTEST}."
            )
    return {elicitation: float(value) for elicitation, value in temperature.items()}


def checked_draws(draws: Mapping[str, int]) -> dict[str, int]:
    """Draws by elicitation.

    Raises: OptionError, for a number of draws that cannot be.
    """
    for elicitation, number in draws.items():
        check_option("draws", elicitation, ELICITATIONS)
        if number < 1 or (elicitation == "logprob" and number > 1):
            raise OptionError(
                f"draws[{elicitation!r}]={number} is not possible. Give 1 or more; logprob has exactly 1."
            )
    return dict(draws)
