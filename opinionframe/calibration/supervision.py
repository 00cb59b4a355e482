"""What a calibrator learns from: each choice's probability beside the human share of the same cell."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from opinionframe.errors import FrameError, OptionError, examples
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.source import SEPARATOR, is_elicited, split_source

CHOICE = ("question", "demographic", "choice")


@dataclass(frozen=True)
class Supervision:
    """What every calibrator is given, collected.

    `rows`: one row per choice of the elicited cells: the Opinions columns, `target` (the human share,
    null where no human was asked), `n_eff` of the target, `group` (which rows share a fit) and, once dealt,
    `fold`. `human`: all rows of the reference, with `n_eff` and, once dealt, the `fold` that holds them out,
    null for those that no fold does: questions that no model was asked are supervision too.
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


def supervise(opinions: pl.DataFrame, codebook: pl.DataFrame, by: list[str], reference: str) -> Supervision:
    """The elicited rows of `opinions` with their human targets, grouped by `by`.

    Raises: FrameError where nothing is elicited or nothing has a target.
    """
    human = with_n_eff(opinions.filter(pl.col("source") == reference))
    if human.is_empty():
        raise FrameError(f"0 rows have source {reference!r}; found {_sources(opinions)}. Add them with reference(…).")
    rows = elicited_rows(opinions, by, reference)
    targets = human.select(*CHOICE, pl.col("prob").alias("target"), "n_eff")
    labelled = rows.join(targets, on=CHOICE, how="left", maintain_order="left")
    if labelled["target"].null_count() == len(labelled):
        raise FrameError(f"0 of {len(labelled)} elicited rows have a human answer. Check questions and demographics.")
    return Supervision(labelled, human, codebook)


def elicited_rows(opinions: pl.DataFrame, by: list[str], reference: str) -> pl.DataFrame:
    """The elicited rows of `opinions` with their `group`: the values of `by`, joined."""
    elicited = opinions.filter(is_elicited() & (pl.col("source") != reference)).drop("n_eff", strict=False)
    _refuse_none(opinions, elicited)
    split = split_source(elicited.lazy())
    if unknown := [key for key in by if key not in split.collect_schema()]:
        allowed = ", ".join(split.collect_schema())
        raise OptionError(f"by names {len(unknown)} columns that do not exist: {unknown}. Allowed: {allowed}.")
    group = pl.concat_str(by, separator="|", ignore_nulls=True)
    return split.select(*elicited.columns, group.alias("group")).collect()


def refuse_twice(sources: pl.Series, methods: Iterable[str]) -> None:
    """Refuse to calibrate what is calibrated already: `sources` are all that there are, each once."""
    have = set(sources)
    if twice := sorted(have & {SEPARATOR.join((source, method)) for source in have for method in methods}):
        raise FrameError(
            f"opinions already has {len(twice)} of these calibrated sources, e.g. "
            f"{examples([(source,) for source in twice])}. Drop their rows first."
        )


def groups(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """The rows of each fit group, in an order that does not depend on the input's."""
    keys = [key for key in ("group", "fold", "source", "question", "demographic", "choice") if key in rows.columns]
    return rows.sort(keys).partition_by("group", maintain_order=True)


def with_n_eff(human: pl.DataFrame) -> pl.DataFrame:
    """`human` with a column `n_eff`, null where nothing is known."""
    return human if "n_eff" in human.columns else human.with_columns(n_eff=pl.lit(None, dtype=pl.Float64))


def _refuse_none(opinions: pl.DataFrame, elicited: pl.DataFrame) -> None:
    if elicited.is_empty():
        raise FrameError(
            f"0 sources have the form model|elicitation|prompt|variant; found {_sources(opinions)}. Append a model's "
            "answers with elicit(…), or spell their source so."
        )


def _sources(opinions: pl.DataFrame) -> str:
    return examples(opinions.select("source").unique().sort("source").rows())
