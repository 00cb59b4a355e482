"""Prompts as a frame: human cells and a codebook go in, one row per text to be asked comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import polars as pl

from opinionframe.elicitation.cells import CELL, asked_cells, known_opinions
from opinionframe.elicitation.prompting.examples import SHOTS, answered, shown
from opinionframe.elicitation.prompting.options import ORDERS, listed_questions
from opinionframe.elicitation.prompting.phrases import phrases
from opinionframe.elicitation.prompting.wording import PLACEHOLDER, Wording, read_wording
from opinionframe.errors import OptionError, check_option
from opinionframe.schemas import borders
from opinionframe.schemas.demographic import ALL
from opinionframe.schemas.frames import ELICITATIONS, HUMAN, PROMPTS, VARIANTS, Prompts


def prompts(  # noqa: PLR0913 - what a prompt depends on, each a keyword
    opinions: borders.AnyFrame,
    codebook: borders.AnyFrame,
    *,
    elicitation: str | Sequence[str] = ("logprob",),
    prompt: str | Sequence[str] = PROMPTS,
    variant: str | Sequence[str] = "standard",
    cells: borders.AnyFrame | None = None,
    wording: str | Path | Wording = "paper",
    orders: str = "given",
    shots: int = SHOTS,
    folds: pl.DataFrame | None = None,
    seed: int | None = None,
) -> pl.DataFrame:
    """One row per text to be asked, for every cell of the human rows (or of `cells`): look before you pay.

    A base prompt names nobody, so there is one per question, its demographic null. An sd prompt of
    the demographic `all` has nobody to imagine and is worded as the base prompt. Collects.

    Args:
        opinions: Opinions. Its human rows say which cells are asked about, and answer the few-shot examples.
        codebook: Codebook of its questions.
        elicitation: One or several of `logprob`, `self_random`, `paraphrase` (a text per wording) and `verbalized`.
        prompt: `base`, `sd`, or both.
        variant: One or several of `standard`, `few_shot` (shows answered questions first) and `cot` (asks for
            reasoning first; not with `logprob`).
        cells: A frame with question and demographic, to ask about other cells than the human rows'.
        wording: `paper`, `question_first`, a TOML file of your own, or a Wording, as in `read_wording`.
        orders: Option orders, whose answers `to_opinions` averages, since small models answer by position: `given`;
            `both` the given and the reverse; `balanced` each option once in each place. Other wordings and
            orders mark the source: `model+balanced`.
        shots: How many other questions, with human answers of the same group, a `few_shot` prompt shows at most.
        folds: A frame with question and fold; a `few_shot` prompt then shows none of its question's fold.
        seed: Draws the few-shot examples; needed for them alone.

    Returns: a Prompts frame, sorted.
    Raises: FrameError, OptionError.

    >>> import polars as pl
    >>> codebook = pl.DataFrame({
    ...     "question": "tea", "choice": [1, 2], "label": ["yes", "no"], "position": [1.0, 2.0],
    ...     "text": "Do you like tea?", "scale": "ordinal", "topic": None, "dataset": None})
    >>> human = {"question": "tea", "demographic": "age=18-29", "choice": [1, 2], "source": "human", "prob": [0.5, 0.5]}
    >>> print(prompts(pl.DataFrame(human), codebook, prompt="sd")["text"][0][:68])
    Imagine your age is 18-29. Would you respond with ['yes', 'no'] to t
    """
    worded = read_wording(wording)
    plan = _plan(elicitation, prompt, variant)
    book = borders.codebook_border(codebook)
    known = known_opinions(opinions, book)
    wanted = asked_cells(known, book, cells)
    everything = pl.concat([wanted, known.filter(pl.col("source") == HUMAN).select(CELL)]).unique().sort(CELL)
    asked = _Asked(
        questions=listed_questions(book, worded, orders).join(everything, on="question", how="semi"),
        cells=everything,
        groups=phrases(everything["demographic"].unique().to_list(), worded),
        human=known,
        wording=worded,
        tag=worded.name if orders == "given" else f"{worded.name}+{orders}",
        shots=shots,
        folds=folds,
        seed=seed,
    )
    parts = [_texts(asked, *chosen) for chosen in plan]
    is_wanted = pl.concat(
        [wanted, wanted.select("question", pl.lit(None, dtype=pl.String).alias("demographic")).unique()]
    )
    texts = pl.concat(parts).join(is_wanted, on=CELL, how="semi", nulls_equal=True)
    return borders.checked(texts.sort("prompt_id"), Prompts, "prompts")


def _plan(
    elicitation: str | Sequence[str], prompt: str | Sequence[str], variant: str | Sequence[str]
) -> list[tuple[str, str, str]]:
    chosen = [[value] if isinstance(value, str) else list(value) for value in (elicitation, prompt, variant)]
    named = zip(("elicitation", "prompt", "variant"), chosen, (ELICITATIONS, PROMPTS, VARIANTS), strict=True)
    for name, values, allowed in named:
        if not values:
            raise OptionError(f"{name} is empty. Allowed: {', '.join(allowed)}.")
        for value in values:
            check_option(name, value, allowed)
    methods, kinds, variants = (dict.fromkeys(values) for values in chosen)
    plan = list(product(methods, kinds, variants))
    if any(method == "logprob" and kind == "cot" for method, _, kind in plan):
        raise OptionError(
            "variant='cot' lets a model write before it answers, which elicitation='logprob' cannot read."
        )
    return plan


@dataclass(frozen=True)
class _Asked:
    """What all texts of a call share."""

    questions: pl.DataFrame
    cells: pl.DataFrame
    groups: pl.DataFrame
    human: pl.DataFrame
    wording: Wording
    tag: str
    shots: int
    folds: pl.DataFrame | None
    seed: int | None


def _texts(asked: _Asked, elicitation: str, prompt: str, variant: str) -> pl.DataFrame:
    """All texts of one method, kind of prompt and variant."""
    if prompt == "base":
        rows = asked.questions.with_columns(pl.lit(None, dtype=pl.String).alias("demographic"))
    else:
        rows = asked.cells.join(asked.questions, on="question").join(asked.groups, on="demographic", how="left")
    shape = "standard" if variant == "few_shot" else variant
    base = asked.wording.template(elicitation, "base", shape)
    pairs = list(zip(asked.wording.template(elicitation, prompt, shape), base, strict=True))
    return pl.concat(
        _worded(rows, asked, text if prompt == "sd" else plain, plain, (elicitation, prompt, variant), number)
        for number, (text, plain) in enumerate(pairs, start=1 if len(pairs) > 1 else 0)
    )


def _worded(
    rows: pl.DataFrame, asked: _Asked, text: str, plain: str, chosen: tuple[str, str, str], number: int
) -> pl.DataFrame:
    """The texts of one template: `text`, or `plain` where there is nobody to imagine."""
    elicitation, prompt, variant = chosen
    alone = (pl.col("demographic") == ALL).fill_null(value=True)
    tasks = rows.with_columns(pl.when(alone).then(_filled(plain)).otherwise(_filled(text)).alias("task"))
    if variant == "few_shot":
        tasks = _with_examples(tasks, asked, elicitation)
    listed = pl.when(pl.lit(asked.tag.endswith(ORDERS[1:]))).then(
        pl.format("@{}", pl.col("order").cast(pl.List(pl.String)).list.join("-"))
    )
    name = f"{asked.tag}/{elicitation}" + (f"-{number}" if number else "")
    return tasks.with_columns(pl.concat_str(pl.lit(name), listed.fill_null("")).alias("template")).select(
        _id(elicitation, prompt, variant).alias("prompt_id"),
        "question",
        "demographic",
        pl.lit(elicitation).alias("elicitation"),
        pl.lit(prompt).alias("prompt"),
        pl.lit(variant).alias("variant"),
        "template",
        pl.col("task").alias("text"),
        "n_choices",
        "options",
        "order",
    )


def _with_examples(tasks: pl.DataFrame, asked: _Asked, elicitation: str) -> pl.DataFrame:
    if asked.seed is None:
        raise OptionError("variant='few_shot' draws its examples: give seed=…")
    answers = answered(asked.human, as_shares=elicitation == "verbalized", seed=asked.seed)
    whole = shown(tasks, answers, seed=asked.seed, shots=asked.shots, folds=asked.folds)
    return whole.with_columns(_filled(asked.wording.data["variants"]["few_shot"]).alias("task"))


def _filled(template: str) -> pl.Expr:
    """The text of each row: literal pieces and columns joined, so that no inserted text is expanded again."""
    pieces = PLACEHOLDER.split(template)
    return pl.concat_str(pl.lit(piece) if i % 2 == 0 else pl.col(piece) for i, piece in enumerate(pieces))


def _id(elicitation: str, prompt: str, variant: str) -> pl.Expr:
    who = pl.col("demographic").fill_null("-")
    rest = pl.lit(f"{elicitation}|{prompt}|{variant}")
    return pl.concat_str("question", who, rest, "template", separator="|")
