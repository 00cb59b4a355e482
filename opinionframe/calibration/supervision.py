"""What a calibrator learns from: each choice's probability beside the human share of the same cell."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.calibration.folds import (
    SPLITS,
    check_dealing,
    deal_at_most,
    deal_folds,
    refuse_untrained,
    refuse_untuned,
)
from opinionframe.errors import FrameError, OptionError, examples
from opinionframe.schemas.datasets import DATASET, datasets, has_several
from opinionframe.schemas.keys import CHOICE, GROUP, ROW
from opinionframe.schemas.own_columns import lean, own_name
from opinionframe.schemas.source import SEPARATOR, is_elicited, split_source
from opinionframe.schemas.vocabulary import HUMAN

Pair = tuple[int, int]
"""Two folds."""

Folds = tuple[int, ...]
"""Folds that are held out together."""

OF_CODEBOOK = "dataset of the codebook"
"""Not `dataset`, which may be a column of the user's own."""


DEALT = "fold before pairs were joined"
"""The column of human rows with the folds that a fit without pairs would have."""


@dataclass(frozen=True)
class Plan:
    """How sources are calibrated.

    `by`: columns or parts of the source whose values share a fit. `reference`: the source that supervises.
    `split`: what is held out together, dealt into `folds`; `seed` deals them.
    """

    by: tuple[str, ...] = ("source",)
    reference: str = HUMAN
    split: str = "question"
    folds: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises an OptionError for what names no column or source, or counts nothing."""
        check_dealing(self.split, self.folds, self.seed)
        if unnamed := [value for value in (*self.by, self.reference) if not isinstance(value, str)]:
            raise OptionError(f"by and reference take names, as text, not {unnamed[0]!r}.")


def fit_keys(
    by: str | Sequence[str] | None, codebook: pl.DataFrame, split: str = "question", rows: pl.DataFrame | None = None
) -> tuple[str, ...]:
    """What shares a fit, as a user said with `by`; by default a source, in each dataset where there are several.

    A split by dataset learns from the others, so that it pools them; so do folds of a user's own, in `rows`, that hold
    out whole datasets.
    """
    if by is not None:
        keys = tuple(by) if isinstance(by, Iterable) and not isinstance(by, str) else (by,)
        if not keys:
            raise OptionError("by names no column. Leave it out for a fit of each source, or name what shares one.")
        return keys
    pooled = not has_several(codebook) or split == DATASET or _holds_out_datasets(rows, codebook, split)
    return ("source",) if pooled else ("source", DATASET)


def _holds_out_datasets(rows: pl.DataFrame | None, codebook: pl.DataFrame, split: str) -> bool:
    """Whether folds of the user's own put each dataset into a single one."""
    if rows is None or split in [*SPLITS] or split not in rows.columns:
        return False
    folds = rows.lazy().join(datasets(codebook).rename({DATASET: OF_CODEBOOK}), on="question")
    numbers = folds.drop_nulls(split).group_by(OF_CODEBOOK).agg(pl.col(split).n_unique()).collect()
    return bool((numbers[split] == 1).all())


@dataclass(frozen=True)
class Supervision:
    """What every calibrator is given, collected.

    `rows`: one row per choice of the elicited cells: the Opinions columns, `target` (the human share,
    null where no human was asked), `n_eff` of the target, `group` (which rows share a fit) and, once dealt,
    `fold`. `human`: all rows of the reference, with `n_eff` and, once dealt, the `fold` that holds them out,
    null for those that no fold does: questions that no model was asked are supervision too. `split`: what was dealt,
    as in Plan; empty before. `told`: called whenever a group has been cross-fitted, for those who watch. `kept`: what
    a calibrator keeps from one call for the next on the same rows. `only`: the one fold that has to be predicted, where
    the others are not needed; who predicts them all the same does no harm.
    """

    rows: pl.DataFrame
    human: pl.DataFrame
    codebook: pl.DataFrame
    split: str = ""
    told: Callable[[], None] | None = None
    kept: dict[str, object] = field(default_factory=dict, compare=False, repr=False)
    only: int | None = None

    @property
    def predicted_folds(self) -> list[int]:
        """The folds that have to be predicted, sorted."""
        return self.folds if self.only is None else [self.only]

    @cached_property
    def folds(self) -> list[int]:
        """All folds of the rows, sorted."""
        folds: list[int] = self.rows["fold"].unique().sort().to_list()
        return folds

    def watched(self, parts: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """The groups `parts`, one by one; each is told of once the next is asked for."""
        for part in parts:
            yield part
            if self.told:
                self.told()


def supervise(opinions: pl.DataFrame, codebook: pl.DataFrame, plan: Plan) -> Supervision:
    """The elicited rows of checked `opinions` with their human targets, grouped as `plan` says.

    Raises: FrameError where nothing is elicited or nothing has a target.
    """
    rows = lean(opinions, [*plan.by, plan.split])
    human = with_n_eff(rows.filter(pl.col("source") == plan.reference))
    if human.is_empty():
        raise FrameError(f"0 rows have source {plan.reference!r}; found {_sources(rows)}. Add them with reference(…).")
    elicited = elicited_rows(rows, plan, codebook)
    targets = human.select(*CHOICE, pl.col("prob").alias("target"), "n_eff")
    labelled = elicited.join(targets, on=CHOICE, how="left", maintain_order="left")
    if labelled["target"].null_count() == len(labelled):
        raise FrameError(f"0 of {len(labelled)} elicited rows have a human answer. Check questions and demographics.")
    return Supervision(labelled, human, codebook)


def with_folds(supervision: Supervision, plan: Plan) -> Supervision:
    """`supervision` with the fold of every row, and of the human rows that are held out with it.

    Raises: OptionError for a split that cannot be dealt, FrameError for a source that has nothing to learn from.
    """
    split = own_name(plan.split, supervision.rows)
    dealt = deal_folds(supervision.rows, supervision.codebook, split, plan.folds, plan.seed, others=supervision.human)
    rows, human = (
        frame.drop("fold", strict=False).join(dealt, on=GROUP, how="left", maintain_order="left")
        for frame in (supervision.rows, supervision.human)
    )
    refuse_untrained(rows.group_by("group", "fold").agg(n=pl.col("target").count()))
    return Supervision(rows, human, supervision.codebook, split)


def with_tuning_folds(supervision: Supervision, plan: Plan, folds: int) -> Supervision:
    """`supervision` with folds across which a fit that is kept is tuned, of units with labels; null for the rest.

    Raises: OptionError for a single unit, FrameError for a group whose labels are all held out together.
    """
    rows, human = (frame.drop("fold", strict=False) for frame in (supervision.rows, supervision.human))
    labelled, others = rows.drop_nulls("target"), pl.concat([human, rows], how="diagonal")
    dealt = deal_at_most(labelled, supervision.codebook, plan.split, folds, plan.seed, others=others)
    rows, human = (frame.join(dealt, on=GROUP, how="left", maintain_order="left") for frame in (rows, human))
    refuse_untuned(rows.group_by("group", "fold").agg(n=pl.col("target").count()), plan.split)
    return Supervision(rows, human, supervision.codebook, plan.split)


def elicited_rows(rows: pl.DataFrame, plan: Plan, codebook: pl.DataFrame | None = None) -> pl.DataFrame:
    """The elicited rows with their `group`: the values of what shares a fit, joined.

    `dataset`, where the rows have no such column of their own, is that of their question in the `codebook`.
    """
    elicited = rows.filter(is_elicited() & (pl.col("source") != plan.reference)).drop("n_eff", strict=False)
    if elicited.is_empty():
        raise FrameError(
            f"0 sources have the form model|elicitation|prompt|variant; found {_sources(rows)}. Append a model's "
            "answers with elicit(…), or spell their source so."
        )
    by = [own_name(key, rows) for key in plan.by]
    split = split_source(elicited.lazy())
    if codebook is not None:
        split = split.join(datasets(codebook), on="question", how="left", maintain_order="left")
    if unknown := [key for key in by if key not in split.collect_schema()]:
        allowed = ", ".join(split.collect_schema())
        raise OptionError(f"by names {len(unknown)} columns that do not exist: {unknown}. Allowed: {allowed}.")
    group = pl.concat_str(by, separator=SEPARATOR, ignore_nulls=True)
    return split.select(*elicited.columns, group.alias("group")).collect()


def refuse_repeated(sources: pl.Series, methods: Iterable[str]) -> None:
    """Refuse to calibrate what is calibrated already: `sources` are all that there are, each once."""
    present = set(sources)
    if repeated := sorted(present & {SEPARATOR.join((source, method)) for source in present for method in methods}):
        raise FrameError(
            f"opinions already has {len(repeated)} of these calibrated sources, e.g. "
            f"{examples([(source,) for source in repeated])}. Drop their rows first."
        )


def with_joined_folds(supervision: Supervision, pairs: Iterable[Pair]) -> Supervision:
    """`supervision` with the folds of each pair made one, and others kept; those of human rows stay in DEALT."""
    human = supervision.human.with_columns(pl.col("fold").alias(DEALT), joined_fold(pairs))
    return replace(supervision, rows=supervision.rows.with_columns(joined_fold(pairs)), human=human)


def joined_fold(pairs: Iterable[Pair]) -> pl.Expr:
    """`fold`, that of each pair made one."""
    return pl.col("fold").replace({other: one for one, other in pairs})


def held_out_sets(supervision: Supervision, pairs: Sequence[Pair]) -> list[Folds]:
    """What is held out together in a round: its pairs, and each fold that rests, where they have to be predicted."""
    met = {fold for pair in pairs for fold in pair}
    sets: list[Folds] = [*pairs, *((fold,) for fold in supervision.folds if fold not in met)]
    return [out for out in sets if supervision.only in (None, out[0])]


def is_among(fold: NDArray[np.int64], folds: Folds) -> NDArray[np.bool_]:
    """Which of `fold`, in an array of any shape, are among a few folds."""
    return np.logical_or.reduce([fold == each for each in folds]) if folds else np.zeros(fold.shape, dtype=bool)


def row_numbers(rows: pl.DataFrame, others: pl.DataFrame) -> NDArray[np.int64]:
    """The place of each of the `rows` among the `others`, by their keys; -1 where it is not there."""
    if len(rows) == len(others) and all(rows[key].equals(others[key]) for key in ROW):
        return np.arange(len(rows))
    numbered = others.select(ROW).with_row_index("row number")
    placed = rows.select(ROW).join(numbered, on=ROW, how="left", maintain_order="left")
    return placed["row number"].cast(pl.Int64).fill_null(-1).to_numpy()


def groups(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """The rows of each fit group, in an order that does not depend on the input's."""
    keys = [key for key in ("group", "fold", "source", *ROW) if key in rows.columns]
    return rows.sort(list(dict.fromkeys(keys))).partition_by("group", maintain_order=True)


def with_n_eff(human: pl.DataFrame) -> pl.DataFrame:
    """`human` with a column `n_eff`, null where nothing is known."""
    return human if "n_eff" in human.columns else human.with_columns(n_eff=pl.lit(None, dtype=pl.Float64))


def _sources(rows: pl.DataFrame) -> str:
    return examples(rows.select("source").unique().sort("source").rows()) or "no rows at all"
