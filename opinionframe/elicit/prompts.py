"""Prompts as a frame: human cells and a codebook go in, one row per text to be asked comes out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import polars as pl

from opinionframe.elicit.phrases import phrases
from opinionframe.elicit.wording import PLACEHOLDER, Wording, read_wording
from opinionframe.errors import FrameError, OptionError, check_option, examples
from opinionframe.schemas import borders
from opinionframe.schemas.demographic import ALL, PATTERN
from opinionframe.schemas.frames import ELICITATIONS, HUMAN, PROMPTS, VARIANTS, Prompts

CELL = ("question", "demographic")


def prompts(
    opinions: borders.AnyFrame,
    codebook: borders.AnyFrame,
    *,
    elicitation: str | Sequence[str] = ("logprob",),
    prompt: str | Sequence[str] = PROMPTS,
    variant: str | Sequence[str] = "standard",
    cells: borders.AnyFrame | None = None,
    wording: str | Path | Wording = "paper",
) -> pl.DataFrame:
    """One row per text to be asked, for every cell of the human rows (or of `cells`): look before you pay.

    A base prompt names nobody, so there is one per question, its demographic null. An sd prompt of
    the demographic `all` has nobody to imagine and is worded as the base prompt. Collects.

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
    wanted = asked_cells(opinions, book, cells)
    questions = listed_questions(book, worded).join(wanted.select("question").unique(), on="question", how="semi")
    groups = phrases(wanted["demographic"].unique().to_list(), worded)
    parts = [_texts(questions, wanted, groups, worded, *chosen) for chosen in plan]
    return borders.checked(pl.concat(parts).sort("prompt_id"), Prompts, "prompts")


def asked_cells(
    opinions: borders.AnyFrame, codebook: pl.DataFrame, cells: borders.AnyFrame | None = None
) -> pl.DataFrame:
    """The distinct (question, demographic) of the human rows of `opinions`, or of `cells`. Collects.

    Raises: FrameError, where there are none or they do not fit the codebook.
    """
    if cells is None:
        human = borders.opinions_border(opinions, codebook).filter(pl.col("source") == HUMAN)
        wanted = human.select(CELL).unique().collect()
    else:
        wanted = _given_cells(cells, codebook)
    if wanted.is_empty():
        raise FrameError("There is no cell to ask about: opinions has no row of source 'human'. Give cells=…")
    return wanted.sort(CELL)


def _given_cells(cells: borders.AnyFrame, codebook: pl.DataFrame) -> pl.DataFrame:
    have = cells.collect_schema().names() if isinstance(cells, pl.DataFrame | pl.LazyFrame) else []
    if missing := [column for column in CELL if column not in have]:
        raise FrameError(f"cells lacks {', '.join(missing)}. Give a frame with the columns question and demographic.")
    wanted = cells.lazy().select(pl.col(CELL).cast(pl.String)).unique().collect()
    known = pl.col("question").is_in(codebook["question"].unique().implode())
    fits = (known & pl.col("demographic").str.contains(PATTERN)).fill_null(value=False)
    if (strange := wanted.filter(~fits)).height:
        keys = examples(strange.sort(CELL).rows())
        raise FrameError(
            f"cells: {strange.height} have a question that is not in the codebook or a malformed demographic, "
            f"e.g. {keys}. Write demographics `attribute=class`, or `all`."
        )
    return wanted


def listed_questions(codebook: pl.DataFrame, wording: Wording) -> pl.DataFrame:
    """One row per question: `q`, `choices` as the text lists them, `l`, `slots`, `options`, `order`, `n_choices`."""
    shape = wording.data["choices"]
    quote = pl.when(pl.col("label").str.contains("'", literal=True)).then(pl.lit('"')).otherwise(pl.lit("'"))
    listed = pl.concat_str(quote, "label", quote)
    return (
        codebook.with_columns(listed.alias("listed"))
        .sort("question", "choice")
        .group_by("question", maintain_order=True)
        .agg(
            pl.col("text").first().alias("q"),
            pl.col("listed").str.join(shape["separator"]).alias("choices"),
            pl.len().cast(pl.UInt8).alias("n_choices"),
            pl.col("label").alias("options"),
            pl.col("choice").alias("order"),
        )
        .with_columns(
            pl.format("{}{}{}", pl.lit(shape["open"]), "choices", pl.lit(shape["close"])).alias("choices"),
            pl.col("n_choices").cast(pl.String).alias("l"),
            pl.lit(", ").repeat_by(pl.col("n_choices") - 1).list.join("").str.strip_chars_end().alias("slots"),
        )
    )


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


def _texts(
    questions: pl.DataFrame,
    cells: pl.DataFrame,
    groups: pl.DataFrame,
    wording: Wording,
    elicitation: str,
    prompt: str,
    variant: str,
) -> pl.DataFrame:
    nobody = pl.lit(None, dtype=pl.String)
    if prompt == "base":
        rows = questions.with_columns(nobody.alias("demographic"))
    else:
        rows = cells.join(questions, on="question").join(groups, on="demographic", how="left")
    base = wording.template(elicitation, "base", variant)
    templates = list(zip(wording.template(elicitation, prompt, variant), base, strict=True))
    return pl.concat(
        rows.select(
            _id(elicitation, prompt, variant, name).alias("prompt_id"),
            "question",
            "demographic",
            pl.lit(elicitation).alias("elicitation"),
            pl.lit(prompt).alias("prompt"),
            pl.lit(variant).alias("variant"),
            pl.lit(name).alias("template"),
            _whole(text, plain).alias("text") if prompt == "sd" else _filled(plain).alias("text"),
            "n_choices",
            "options",
            "order",
        )
        for number, (text, plain) in enumerate(templates, start=1)
        for name in [f"{wording.name}/{elicitation}" + (f"-{number}" if len(templates) > 1 else "")]
    )


def _whole(text: str, plain: str) -> pl.Expr:
    return pl.when(pl.col("demographic") == ALL).then(_filled(plain)).otherwise(_filled(text))


def _filled(template: str) -> pl.Expr:
    """The text of each row: literal pieces and columns joined, so that no inserted text is expanded again."""
    pieces = PLACEHOLDER.split(template)
    return pl.concat_str(pl.lit(piece) if i % 2 == 0 else pl.col(piece) for i, piece in enumerate(pieces))


def _id(elicitation: str, prompt: str, variant: str, template: str) -> pl.Expr:
    who = pl.col("demographic").fill_null("-")
    rest = pl.lit(f"{elicitation}|{prompt}|{variant}|{template}")
    return pl.concat_str("question", who, rest, separator="|")
