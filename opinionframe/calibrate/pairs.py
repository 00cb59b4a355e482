"""What a calibrator learns from: each choice's probability beside the human share of the same cell."""

from dataclasses import dataclass

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.source import is_elicited, split_source

CHOICE = ("question", "demographic", "choice")


@dataclass(frozen=True)
class Supervision:
    """What every calibrator is given, collected.

    `rows`: one row per choice of the elicited cells: the Opinions columns, `target` (the human share,
    null where no human was asked), `n_eff` of the target, `group` (which rows share a fit), `fold`.
    `human`: all human rows of the reference, questions that no model was asked included.
    """

    rows: pl.DataFrame
    human: pl.DataFrame
    codebook: pl.DataFrame


def collect_opinions(
    opinions: pl.DataFrame | pl.LazyFrame, codebook: pl.DataFrame | pl.LazyFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both frames through their borders. Collects."""
    book = codebook_border(codebook)
    return opinions_border(opinions, book).collect(), book


def supervise(opinions: pl.DataFrame, codebook: pl.DataFrame, by: str | list[str], reference: str) -> Supervision:
    """The elicited rows of `opinions` with their human targets, grouped by `by`.

    Raises: FrameError where nothing is elicited or nothing has a target.
    """
    human = opinions.filter(pl.col("source") == reference)
    elicited = opinions.filter(is_elicited() & (pl.col("source") != reference)).drop("n_eff", strict=False)
    _refuse_empty(opinions, human, elicited, reference)
    keys = [by] if isinstance(by, str) else by
    group = pl.concat_str(keys, separator="|", ignore_nulls=True)
    targets = human.select(*CHOICE, pl.col("prob").alias("target"), *_n_eff(human))
    rows = (
        split_source(elicited.lazy())
        .select(*elicited.columns, group.alias("group"))
        .join(targets.lazy(), on=CHOICE, how="left", maintain_order="left")
        .collect()
    )
    return Supervision(rows, human, codebook)


def _n_eff(human: pl.DataFrame) -> list[pl.Expr]:
    known = "n_eff" in human.columns
    return [pl.col("n_eff") if known else pl.lit(None, dtype=pl.Float64).alias("n_eff")]


def _refuse_empty(opinions: pl.DataFrame, human: pl.DataFrame, elicited: pl.DataFrame, reference: str) -> None:
    found = examples(opinions.select("source").unique().sort("source").rows())
    if human.is_empty():
        raise FrameError(
            f"0 rows have source {reference!r}; found {found}. Add them with reference(…), or name another."
        )
    if elicited.is_empty():
        raise FrameError(
            f"0 sources have the form model|elicitation|prompt|variant; found {found}. Append a model's answers with "
            "elicit(…), or spell their source so."
        )
