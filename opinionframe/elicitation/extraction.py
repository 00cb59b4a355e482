"""How much was answered: answers and their prompts go in, one row per source comes out, and a warning of losses."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from opinionframe.elicitation.losses import why_lost
from opinionframe.elicitation.parsing.answered_prompts import answered_prompts, checked_pair
from opinionframe.elicitation.parsing.paper_lists import is_renormalised
from opinionframe.errors import FrameError, OpinionFrameWarning, examples, warn_user
from opinionframe.schemas import borders
from opinionframe.schemas.datasets import DATASET, datasets
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import STATUSES

LOW_MASS = 0.5
"""Below this mean probability on the options, a source describes a minority of what the model would say."""


class ExtractionWarning(OpinionFrameWarning):
    """Some of a model's answers could not be used, or little of its probability fell on the options."""


@takes_frames
def extraction(
    answers: borders.AnyFrame, prompts: borders.AnyFrame, codebook: borders.AnyFrame | None = None
) -> pl.DataFrame:
    """How much of each source was answered, one row per source: the paper's Table 17. Collects.

    Args:
        answers: Answers, as `ask` or `parse` gives them.
        prompts: The Prompts that they answer.
        codebook: Codebook of their questions, which gives each of its datasets rows of its own, as in the paper.

    Returns: `dataset`, where there is a codebook; source; `prompts` and `answers` asked; counts `answered`, `refused`,
        `cut_off`, `filtered`, `unparsable`, `failed`; `renormalised`, those of the answered ones that only the paper's
        parser reads; `extracted`, the share of prompts with at least one readable answer, in [0, 1]; `option_mass`, the
        mean probability on the options (logprob only), in [0, 1]. Sorted by dataset and source.
    Raises: FrameError, for a broken frame, or where an answer belongs to no prompt, or a prompt to no question of the
        codebook.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> human = survey.opinions.filter(demographic="all")
    >>> prompts = of.prompts(human, survey.codebook, elicitation="self_random", prompt="base")
    >>> answers = of.ask(prompts, of.FakeModel(seed=1), seed=1)
    >>> extraction(answers, prompts).select("prompts", "answers", "unparsable", "extracted").row(0)
    (18, 90, 0, 1.0)
    """
    book = None if codebook is None else borders.codebook_border(codebook)
    return extraction_rows(*checked_pair(answers, prompts), book)


def extraction_rows(answers: pl.DataFrame, prompts: pl.DataFrame, codebook: pl.DataFrame | None = None) -> pl.DataFrame:
    """`extraction` of checked Answers and Prompts, by the datasets of a checked Codebook where there is one."""
    rows = answered_prompts(answers, prompts)
    keys = ["source"]
    if codebook is not None:
        _refuse_unlisted(prompts, codebook)
        rows = rows.drop(DATASET, strict=False).join(datasets(codebook), on="question", how="left")
        keys = [DATASET, "source"]
    return (
        rows.group_by(keys)
        .agg(
            pl.col("prompt_id").n_unique().alias("prompts"),
            pl.len().alias("answers"),
            *((pl.col("status") == status).sum().alias(status.replace(" ", "_")) for status in STATUSES),
            is_renormalised().sum().alias("renormalised"),
            pl.col("prompt_id").filter(pl.col("status") == "answered").n_unique().alias("extracted"),
            pl.col("option_mass").mean(),
        )
        .with_columns(pl.col("extracted") / pl.col("prompts"))
        .sort(keys)
        .collect()
    )


def _refuse_unlisted(prompts: pl.DataFrame, codebook: pl.DataFrame) -> None:
    """Refuse prompts whose question is not in the codebook."""
    unlisted = prompts.join(codebook, on="question", how="anti").select("question").unique().sort("question")
    if unlisted.height:
        raise FrameError(
            f"prompts: {unlisted.height} questions are not in the codebook, e.g. {examples(unlisted.rows())}. Pass the "
            "codebook of all of them."
        )


def warn_of_losses(extracted: pl.DataFrame, answers: pl.DataFrame, journal: Path | None = None) -> None:
    """Warn (ExtractionWarning) of sources with unread prompts, saying why, or with little mass on the options.

    `journal` is where the answers are kept.
    """
    lossy = extracted.filter(pl.col("extracted") < 1)
    if lossy.height:
        shares = _shares(lossy, "extracted")
        message = (
            f"Some prompts got no readable answer and their cells no rows: {shares} extracted. "
            f"{why_lost(answers, journal)} See of.extraction."
        )
        warn_user(message, ExtractionWarning)
    low = extracted.filter(pl.col("option_mass") < LOW_MASS)
    if low.height:
        shares = _shares(low, "option_mass")
        message = (
            f"Little probability fell on the options, so the model may not follow the format. Mean mass: {shares}."
        )
        warn_user(message, ExtractionWarning)


def _shares(extracted: pl.DataFrame, column: str) -> str:
    return "; ".join(f"{source} {share:.1%}" for source, share in extracted.select("source", column).rows())
