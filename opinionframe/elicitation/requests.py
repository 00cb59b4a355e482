"""What is to be asked of a model: prompts go in, distinct requests and which prompt each serves come out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import polars as pl

from opinionframe.elicitation.models.protocol import Mode, Request
from opinionframe.errors import OptionError, check_option
from opinionframe.schemas.frames import ELICITATIONS

DRAWS = {"logprob": 1, "self_random": 5, "paraphrase": 1, "verbalized": 3}
TEMPERATURE = {"logprob": 1.0, "self_random": 0.7, "paraphrase": 0.0, "verbalized": 0.7}
"""The paper gives 0.7 for self_random alone. A paraphrase varies the wording instead, so it is answered greedily."""

PICK_TOKENS, COT_TOKENS = 8, 900
"""Ceilings on an answer's length: an index, and 500 words of reasoning."""
LIST_TOKENS, SHARE_TOKENS = 32, 16
"""The ceiling for shares: some words, and each option's label and percentage."""

MODE: dict[str, Mode] = {"logprob": "score", "self_random": "pick", "paraphrase": "pick", "verbalized": "write"}
END = "</ANS_END>"

_COLUMNS = ("text", "draw", "elicitation", "variant", "n_choices")
"""What a request is made of."""


def planned_requests(
    prompts: pl.DataFrame, *, seed: int, draws: Mapping[str, int] | None = None
) -> tuple[pl.DataFrame, list[Request]]:
    """A frame (prompt_id, draw, request) of which request serves each prompt and draw, and the distinct requests.

    Raises: OptionError, for an elicitation or a number of draws that is not known.
    """
    n_draws = {**DRAWS, **_checked_draws(draws or {})}
    rows = (
        prompts.with_columns(pl.col("elicitation").replace_strict(n_draws, return_dtype=pl.UInt16).alias("n_draws"))
        .with_columns(pl.int_ranges(0, "n_draws", dtype=pl.UInt16).alias("draw"))
        .explode("draw")
        .select("prompt_id", *_COLUMNS)
    )
    place: dict[Request, int] = {}
    settings = zip(*(rows[name] for name in _COLUMNS), strict=True)
    places = [place.setdefault(_request(seed, *values), len(place)) for values in settings]
    return rows.select("prompt_id", "draw", pl.Series("request", places, dtype=pl.UInt32)), list(place)


def _request(seed: int, text: str, draw: int, elicitation: str, variant: str, n_choices: int) -> Request:
    mode: Mode = "write" if variant == "cot" else MODE[elicitation]
    labels = number_labels(n_choices)
    if mode == "score":
        return Request(text, mode, labels, draw)
    temperature = TEMPERATURE[elicitation]
    return Request(
        text=text,
        mode=mode,
        labels=labels,
        draw=draw,
        temperature=temperature,
        max_tokens=_max_tokens(mode, variant, n_choices),
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


def _checked_draws(draws: Mapping[str, int]) -> dict[str, int]:
    for elicitation, number in draws.items():
        check_option("draws", elicitation, ELICITATIONS)
        if number < 1 or (elicitation == "logprob" and number > 1):
            raise OptionError(
                f"draws[{elicitation!r}]={number} is not possible. Give 1 or more; logprob has exactly 1."
            )
    return dict(draws)
