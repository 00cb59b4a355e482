"""How cells are asked: the options of `prompts` go in, checked and spelled out in one object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import polars as pl

from opinionframe.elicitation.prompting.wording import Wording, read_wording
from opinionframe.errors import OptionError, check_option
from opinionframe.schemas.borders import AnyFrame, groups_border
from opinionframe.schemas.drawn_examples import examples_border
from opinionframe.schemas.frames import ELICITATIONS, PROMPTS, VARIANTS, Groups

SHOTS = 5
"""Answered questions that a few-shot prompt shows, as in the paper."""


@dataclass(frozen=True)
class PromptSettings:
    """What prompts depend on beside the cells they ask about.

    Attributes:
        combinations: Each (elicitation, prompt, variant) to be asked.
        wording: The templates.
        orders: Of the options: `given`, `both` or `balanced`.
        shots: The most answered questions that a few-shot prompt shows.
        folds: question and fold; a few-shot prompt shows none of its question's fold.
        seed: Draws the few-shot examples.
        examples: Checked drawn examples, which few-shot prompts then show, once per draw.
        groups: Checked Groups, which say what classes are called and how they are said.
    """

    combinations: tuple[tuple[str, str, str], ...]
    wording: Wording
    orders: str = "given"
    shots: int = SHOTS
    folds: pl.DataFrame | None = None
    seed: int | None = None
    examples: pl.DataFrame | None = None
    groups: pl.DataFrame = field(default_factory=Groups.create_empty)


def prompt_settings(  # noqa: PLR0913 - as prompts
    *,
    elicitation: str | Sequence[str] = ("logprob",),
    prompt: str | Sequence[str] = PROMPTS,
    variant: str | Sequence[str] = "standard",
    wording: str | Path | Wording = "paper",
    orders: str = "given",
    shots: int = SHOTS,
    folds: pl.DataFrame | None = None,
    seed: int | None = None,
    examples: AnyFrame | None = None,
    groups: AnyFrame | None = None,
) -> PromptSettings:
    """The settings of these options, which `prompts` explains.

    Raises: OptionError, for an unknown or empty elicitation, prompt, variant or wording, for cot with logprob, and for
        examples that nobody shows or that folds contradict; FrameError, for broken groups or examples.
    """
    combinations = _combinations(elicitation, prompt, variant)
    drawn = None if examples is None else examples_border(examples)
    if drawn is not None and all(shape != "few_shot" for *_, shape in combinations):
        raise OptionError(
            "examples are shown by few-shot prompts alone. Ask with variant='few_shot', or leave them out."
        )
    if drawn is not None and folds is not None:
        raise OptionError("examples say themselves what is held out with a cell. Leave out folds=….")
    return PromptSettings(combinations, read_wording(wording), orders, shots, folds, seed, drawn, groups_border(groups))


def _combinations(
    elicitation: str | Sequence[str], prompt: str | Sequence[str], variant: str | Sequence[str]
) -> tuple[tuple[str, str, str], ...]:
    elicitations = _values("elicitation", elicitation, ELICITATIONS)
    prompts = _values("prompt", prompt, PROMPTS)
    variants = _values("variant", variant, VARIANTS)
    if "logprob" in elicitations and "cot" in variants:
        raise OptionError(
            "variant='cot' lets a model write before it answers, which elicitation='logprob' cannot read."
        )
    return tuple(product(elicitations, prompts, variants))


def _values(name: str, values: str | Sequence[str], allowed: Sequence[str]) -> list[str]:
    """One value or several of the option `name`, each once."""
    distinct = list(dict.fromkeys([values] if isinstance(values, str) else values))
    if not distinct:
        raise OptionError(f"{name} is empty. Allowed: {', '.join(allowed)}.")
    for value in distinct:
        check_option(name, value, allowed)
    return distinct
