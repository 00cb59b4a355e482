"""Whole texts of prompts: questions, groups and templates go in, one row per text comes out."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from opinionframe.elicitation.prompting.examples import example_answers, with_drawn_examples, with_examples
from opinionframe.elicitation.prompting.prompt_settings import PromptSettings
from opinionframe.errors import OptionError
from opinionframe.schemas.demographic import ALL
from opinionframe.schemas.frames import ELICITATIONS, Prompts
from opinionframe.schemas.group_words import PLACEHOLDER

BY_NUMBER = tuple(elicitation for elicitation in ELICITATIONS if elicitation != "verbalized")
"""Elicitations that are answered by the number of an option."""


@dataclass(frozen=True)
class TextParts:
    """What the texts of a call are put together from.

    Attributes:
        questions: One row per question and option order, as `listed_questions` gives them.
        cells: The (question, demographic) that are asked about or can be shown as examples.
        phrases: One row per demographic, as `phrases` gives them.
        human: The human rows of Opinions, which answer the examples.
    """

    questions: pl.DataFrame
    cells: pl.DataFrame
    phrases: pl.DataFrame
    human: pl.DataFrame


def texts(parts: TextParts, settings: PromptSettings, elicitation: str, prompt: str, variant: str) -> pl.DataFrame:
    """Rows of Prompts for all cells, of one elicitation, prompt and variant, one per wording and option order.

    Raises: OptionError, where few-shot examples are to be drawn without a seed.
    """
    if prompt == "base":
        rows = parts.questions.with_columns(pl.lit(None, dtype=pl.String).alias("demographic"))
    else:
        rows = parts.cells.join(parts.questions, on="question").join(parts.phrases, on="demographic", how="left")
    if elicitation in BY_NUMBER:
        rows = rows.with_columns(pl.col("numbered").alias("choices"))
    shape = "standard" if variant == "few_shot" else variant
    base_templates = settings.wording.template(elicitation, "base", shape)
    templates = settings.wording.template(elicitation, prompt, shape)
    frames = []
    first = 1 if len(templates) > 1 else 0
    for number, (template, base) in enumerate(zip(templates, base_templates, strict=True), start=first):
        tasks = rows.with_columns(_task(template, base), variant=pl.lit(variant))
        if variant == "few_shot":
            tasks = _few_shot(tasks, parts.human, settings, elicitation)
        name = _template_name(settings, elicitation, number)
        frames.append(_prompt_columns(tasks, name, elicitation, prompt))
    return pl.concat(frames)


def _task(template: str, base: str) -> pl.Expr:
    """The text of `template`, or of `base` where there is nobody to imagine."""
    is_nobody = (pl.col("demographic") == ALL).fill_null(value=True)
    return pl.when(is_nobody).then(_filled(base)).otherwise(_filled(template)).alias("task")


def _few_shot(tasks: pl.DataFrame, human: pl.DataFrame, settings: PromptSettings, elicitation: str) -> pl.DataFrame:
    """`tasks` with answered questions before each `task`; where examples are drawn, once per draw."""
    if settings.seed is None:
        raise OptionError("variant='few_shot' draws its examples: give seed=…")
    answers = example_answers(human, as_shares=elicitation == "verbalized", seed=settings.seed)
    if settings.examples is None:
        shown = with_examples(tasks, answers, seed=settings.seed, shots=settings.shots, folds=settings.folds)
    else:
        shown = with_drawn_examples(tasks, answers, settings.examples)
    return shown.with_columns(_filled(settings.wording.data["variants"]["few_shot"]).alias("task"))


def _template_name(settings: PromptSettings, elicitation: str, number: int) -> pl.Expr:
    """`wording/elicitation`, with the wording's number and the order of the options where there are several."""
    tag = settings.wording.name if settings.orders == "given" else f"{settings.wording.name}+{settings.orders}"
    order = pl.when(pl.lit(settings.orders != "given")).then(
        pl.format("@{}", pl.col("order").cast(pl.List(pl.String)).list.join("-"))
    )
    name = f"{tag}/{elicitation}" + (f"-{number}" if number else "")
    return pl.concat_str(pl.lit(name), order.fill_null("")).alias("template")


def _prompt_columns(tasks: pl.DataFrame, template: pl.Expr, elicitation: str, prompt: str) -> pl.DataFrame:
    return (
        tasks.with_columns(template, elicitation=pl.lit(elicitation), prompt=pl.lit(prompt), text="task")
        .with_columns(_prompt_id())
        .select(Prompts.column_names())
    )


def _prompt_id() -> pl.Expr:
    # The names of questions and classes are a user's own: a separator within one is marked.
    group = _marked("demographic").fill_null("-")
    return pl.concat_str(
        _marked("question"), group, "elicitation", "prompt", "variant", "template", separator="|"
    ).alias("prompt_id")


def _marked(column: str) -> pl.Expr:
    return pl.col(column).str.replace_all("\\", "\\\\", literal=True).str.replace_all("|", "\\|", literal=True)


def _filled(template: str) -> pl.Expr:
    """The text of each row: literal pieces and columns joined, so that no inserted text is expanded again."""
    pieces = PLACEHOLDER.split(template)
    return pl.concat_str(pl.lit(piece) if i % 2 == 0 else pl.col(piece) for i, piece in enumerate(pieces))
