"""The members of stacks: rows go in; each stack's name, and its members' rows in the cells they share, come out."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from opinionframe.calibration.methods.blend.shares import SHARE
from opinionframe.calibration.stacking.filled import filled
from opinionframe.calibration.supervision import with_n_eff
from opinionframe.errors import FrameError, OpinionFrameWarning, OptionError, check_option, examples, warn_user
from opinionframe.schemas.datasets import DATASET, datasets
from opinionframe.schemas.keys import CHOICE, GROUP, ROW
from opinionframe.schemas.source import PARTS, SEPARATOR, is_calibrated, is_elicited, split_source

MIXED = "mixed"
"""The part of a stack's source in which its members differ."""


@dataclass(frozen=True)
class Stack:
    """The sources that are mixed into one.

    Attributes:
        name: The source of the mixture.
        rows: The members' rows in the cells that all of them have, with `target` (the human share) and `n_eff`, null
            where no human answered.
        lost: The (question, demographic) that only some members have, sorted.
        partial: Rows in those cells, of the members that have the question: where one lacks the cell, what it would
            have said as others did there.
        dataset: The one whose questions `rows` are of, where datasets have weights of their own; null for those
            without a name.
        anchored: Rows of the anchors in the cells of `rows`, by the fold that is held out beside a cell's own.
    """

    name: str
    rows: pl.DataFrame
    lost: pl.DataFrame
    partial: pl.DataFrame
    dataset: str | None = None
    anchored: Mapping[int | None, pl.DataFrame] = field(default_factory=dict)

    def with_anchors(self, fold: int | None) -> pl.DataFrame:
        """`rows` and those of the anchors, by fits that saw no answer of the fold."""
        anchors = self.anchored.get(fold)
        return self.rows if anchors is None else pl.concat([self.rows, anchors], how="diagonal")

    def without(self, name: str) -> "Stack":
        """The stack without one of its members or anchors."""
        others = pl.col("source") != name
        anchored = {fold: rows.filter(others) for fold, rows in self.anchored.items()}
        return replace(self, rows=self.rows.filter(others), partial=self.partial.filter(others), anchored=anchored)


def gather(
    rows: pl.DataFrame, sources: Sequence[str] | None, name: str, by: str | Sequence[str], reference: str
) -> list[Stack]:
    """The stacks of `rows`, sorted by name.

    Raises: FrameError where a member is missing, alone, or shares no answered cell with the others; or a name is taken.
        OptionError for an unfit name or part.
    """
    refuse_unfit_name("name", name)
    keys = [by] if isinstance(by, str) else list(by)
    for key in keys:
        check_option("by", key, PARTS)
    members = member_parts(rows, sources, reference)
    named = stack_names(members, name, keys)
    refuse_names(named, rows)
    human = _reference(rows, reference)
    return [_stack(part, rows, human) for part in named.sort("stack", "source").partition_by("stack")]


def apart_by_dataset(mix: Stack, codebook: pl.DataFrame) -> list[Stack]:
    """The parts of a stack that have a dataset each, in the order of their names; the first of them has what is lost.

    Raises: FrameError, where people answered none of the cells of a dataset, so that it has no weights.
    """
    rows = mix.rows.join(datasets(codebook).collect(), on="question", how="left", maintain_order="left")
    labelled = rows.group_by(DATASET).agg(
        pl.col("target").count(), pl.col("fold").filter(pl.col("target").is_not_null()).n_unique()
    )
    if nobody := labelled.filter(pl.col("target") == 0).select(DATASET).sort(DATASET).rows():
        raise FrameError(
            f"{len(nobody)} datasets of {mix.name!r} have no cell that people answered, e.g. {examples(nobody)}. "
            "Leave their questions out, or let all datasets share weights with by=()."
        )
    if lone := labelled.filter(pl.col("fold") < 2).select(DATASET).sort(DATASET).rows():
        raise FrameError(
            f"{len(lone)} datasets of {mix.name!r} have human answers in a single fold, e.g. {examples(lone)}, which "
            "leaves nothing to fit their weights to. Use more folds, leave their questions out, or let all datasets "
            "share weights with by=()."
        )
    parts = rows.sort(DATASET, maintain_order=True).partition_by(DATASET, maintain_order=True)
    nothing = mix.lost.clear()
    partial = mix.partial.join(datasets(codebook).collect(), on="question", how="left", maintain_order="left")
    unweighted = partial.join(rows, on=DATASET, how="anti", nulls_equal=True).select(GROUP).unique().sort(GROUP)
    if unweighted.height:
        warn_user(
            f"{unweighted.height} cells of {mix.name!r} were not stacked, e.g. {examples(unweighted.rows())}: no cell "
            "of their dataset is answered by every member, so that it has no weights. Let all datasets share them "
            "with by=(), or leave out a member.",
            OpinionFrameWarning,
        )
    return [
        Stack(
            mix.name,
            part.drop(DATASET),
            nothing if number else mix.lost,
            partial.filter(pl.col(DATASET).eq_missing(part[DATASET][0])).drop(DATASET),
            part[DATASET][0],
        )
        for number, part in enumerate(parts)
    ]


def patterns_of(own: Any, listed: str) -> tuple[str, ...]:
    """The members of one mixture, as a user `listed` them: one, or several.

    Raises: OptionError where they are not text, or none.
    """
    is_list = isinstance(own, Iterable) and not isinstance(own, str | bytes | Mapping)
    patterns = tuple(own) if is_list else (own,)
    if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
        raise OptionError(
            f"{listed} has to list at least one member, as text: sources, patterns such as 'gpt-4o|*' ('*' for all), "
            "and anchors such as 'no-model'."
        )
    return patterns


def refuse_unfit_name(option: str, name: object) -> None:
    """Raises an OptionError for a name that a source cannot begin with, or that would print badly."""
    if not isinstance(name, str) or SEPARATOR in name or not name or name != name.strip() or not name.isprintable():
        raise OptionError(
            f"{option}={name!r} has to be a name without '|', which separates the parts of a source, without line "
            "breaks and without outer spaces."
        )


def chosen(rows: pl.DataFrame, patterns: Sequence[str], reference: str) -> list[str]:
    """The sources that patterns name, each once, sorted: a source by its name, or those of models by text with `*`.

    A pattern stands for raw answers, so that `gpt-4o|*` takes no calibrated ones beside them; where it fits none, as
    `*|ridge`, for calibrated ones.

    Raises: FrameError for a pattern that names none.
    """
    others = rows.filter(pl.col("source") != reference).select("source").unique().sort("source")
    names = others["source"]
    raw, calibrated = (others.filter(kind)["source"].to_list() for kind in (is_elicited(), is_calibrated()))
    named = {
        pattern: [name for name in names if name == pattern] or _like(pattern, raw) or _like(pattern, calibrated)
        for pattern in patterns
    }
    if empty := sorted(pattern for pattern, sources in named.items() if not sources):
        raise FrameError(
            f"{len(empty)} of {len(named)} members name no source: {examples([(pattern,) for pattern in empty])}. "
            f"Found {examples([(name,) for name in names]) or 'none'}. Give sources, or patterns such as 'gpt-4o|*', "
            "which stand for a model's answers, raw or calibrated; others, such as baselines, go by their full name."
        )
    return sorted({source for sources in named.values() for source in sources})


def _like(pattern: str, sources: list[str]) -> list[str]:
    """The sources that a pattern with `*` for any text matches; none where it has no `*`."""
    if "*" not in pattern:
        return []
    parts = re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)
    return [source for source in sources if parts.fullmatch(source)]


def member_parts(rows: pl.DataFrame, sources: Sequence[str] | None, reference: str) -> pl.DataFrame:
    """One row per member: `source` and its parts."""
    others = rows.filter(pl.col("source") != reference).select("source").unique()
    if sources is None:
        members = others.filter(is_elicited())
    else:
        members = others.filter(pl.col("source").is_in(chosen(rows, sources, reference)))
    return split_source(members.lazy()).collect()


def stack_names(members: pl.DataFrame, name: str, by: list[str]) -> pl.DataFrame:
    """One row per member: its `source`, and `stack`, the source it is mixed into."""
    keys = [*by, "everything"]
    rows = members.with_columns(everything=pl.lit(0))
    parts = [_shared(part).over(keys).alias(f"shared {part}") for part in PARTS]
    bracket = pl.concat_str("shared model", "shared calibrator", separator=", ", ignore_nulls=True)
    first = pl.when(bracket == "").then(pl.lit(name)).otherwise(pl.format(name + "({})", bracket))
    other_parts = (pl.col(f"shared {part}").fill_null(MIXED) for part in PARTS[1:4])
    return rows.with_columns(parts).select(
        "source", pl.concat_str(first, *other_parts, separator=SEPARATOR).alias("stack")
    )


def _shared(part: str) -> pl.Expr:
    """The value that all members have, null where they differ."""
    return pl.when(pl.col(part).n_unique() == 1).then(pl.col(part).first())


def refuse_names(
    named: pl.DataFrame,
    rows: pl.DataFrame,
    add: str = "Name more with sources=, or use fewer parts in by=.",
    rename: str = "Choose another name=.",
) -> None:
    """Raises a FrameError where a stack has fewer than two members, or the name of a source of `rows`."""
    sizes = named.group_by("stack").len().sort("stack")
    small = sizes.filter(pl.col("len") < 2)
    if sizes.is_empty() or len(small):
        keys = (
            examples(small.select("stack").rows())
            if len(small)
            else "none of the form model|elicitation|prompt|variant"
        )
        raise FrameError(f"A stack needs at least two members; {max(len(small), 1)} have fewer: {keys}. {add}")
    existing = sizes.filter(pl.col("stack").is_in(rows["source"].unique().implode()))
    if len(existing):
        raise FrameError(
            f"{len(existing)} stacks have the name of a source that is there already, e.g. "
            f"{examples(existing.select('stack').rows())}. {rename}"
        )


def _reference(rows: pl.DataFrame, reference: str) -> pl.DataFrame:
    """The `target` and `n_eff` of every choice that the reference has."""
    human = with_n_eff(rows.filter(pl.col("source") == reference))
    return human.select(*CHOICE, pl.col("prob").alias("target"), "n_eff")


def _stack(part: pl.DataFrame, rows: pl.DataFrame, human: pl.DataFrame) -> Stack:
    """One stack, of the members in `part`."""
    member_rows = rows.drop("n_eff", "target", strict=False).join(part, on="source")
    members = member_rows.group_by(GROUP).agg(pl.col("source").n_unique().alias("members"))
    shared = members.filter(pl.col("members") == len(part)).select(GROUP)
    lost = members.filter(pl.col("members") < len(part)).select(GROUP).sort(GROUP)
    stacked = member_rows.join(shared, on=GROUP, how="semi").join(human, on=CHOICE, how="left").drop("stack")
    name = part["stack"][0]
    if stacked["target"].null_count() == len(stacked):
        raise FrameError(
            f"0 cells are answered by people and by all {len(part)} members of {name!r}. Leave out a member "
            "with sources=, or stack by fewer at a time with by=."
        )
    return Stack(name, stacked, lost, _partial(member_rows, lost))


def _partial(member_rows: pl.DataFrame, lost: pl.DataFrame) -> pl.DataFrame:
    """One row per choice of the cells that some members lack, and member, with its share; none of what is not known."""
    members = member_rows["source"].unique().sort().to_list()
    columns = [SHARE + name for name in members]
    rows = filled(wide_shares(member_rows), columns).join(lost, on=GROUP, how="semi", maintain_order="left")
    long = rows.unpivot(columns, index=list(CHOICE), variable_name="source", value_name="prob").drop_nulls("prob")
    return long.with_columns(pl.col("source").str.strip_prefix(SHARE))


def wide_shares(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per choice, sorted, with a column of shares per source, whose name no longer reads as an expression."""
    named = rows.sort(ROW).with_columns(source=SHARE + pl.col("source"))
    return named.pivot("source", index=list(CHOICE), values="prob").sort(CHOICE)
