"""Which sources are stacked together, what the stack is called, and the cells that all its members have."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from opinionframe.calibration.supervision import with_n_eff
from opinionframe.errors import FrameError, OptionError, check_option, examples
from opinionframe.schemas.keys import CHOICE, GROUP
from opinionframe.schemas.source import PARTS, SEPARATOR, is_elicited, split_source

MIXED = "mixed"
"""The part of a stack's source in which its members differ."""


@dataclass(frozen=True)
class Stack:
    """The members' rows in the cells that all of them have, with `target` and `n_eff` where a human answered.

    `lost` has one row per (question, demographic) that only some members have.
    """

    name: str
    rows: pl.DataFrame
    lost: pl.DataFrame


def gather(
    rows: pl.DataFrame, sources: Sequence[str] | None, name: str, by: str | Sequence[str], reference: str
) -> list[Stack]:
    """The stacks of `rows`, sorted by name.

    Raises: FrameError, OptionError.
    """
    if SEPARATOR in name:
        raise OptionError(f"name={name!r} contains '|', which separates the parts of a source. Name it otherwise.")
    keys = [by] if isinstance(by, str) else list(by)
    for key in keys:
        check_option("by", key, PARTS)
    members = _members(rows, sources, reference)
    named = _named(members, name, keys)
    _refuse_names(named, rows)
    human = _reference(rows, reference)
    return [_stack(part, rows, human) for part in named.sort("stack", "source").partition_by("stack")]


def _members(rows: pl.DataFrame, sources: Sequence[str] | None, reference: str) -> pl.DataFrame:
    """One row per member: `source` and its parts."""
    there = rows.filter(pl.col("source") != reference).select("source").unique()
    if sources is None:
        members = there.filter(is_elicited())
    else:
        members = there.filter(pl.col("source").is_in(list(sources)))
        if missing := sorted(set(sources) - set(members["source"])):
            raise FrameError(
                f"{len(missing)} of {len(set(sources))} members have no rows: {examples([(m,) for m in missing])}. "
                f"Found {examples(there.sort('source').rows())}."
            )
    return split_source(members.lazy()).collect()


def _named(members: pl.DataFrame, name: str, by: list[str]) -> pl.DataFrame:
    """The members with `stack`, the source they are mixed into."""
    keys = [*by, "everything"]
    given = members.with_columns(everything=pl.lit(0))
    shared = [_shared(part).over(keys).alias(f"shared {part}") for part in PARTS]
    inner = pl.concat_str("shared model", "shared calibrator", separator=", ", ignore_nulls=True)
    first = pl.when(inner == "").then(pl.lit(name)).otherwise(pl.format(name + "({})", inner))
    rest = (pl.col(f"shared {part}").fill_null(MIXED) for part in PARTS[1:4])
    return given.with_columns(shared).select("source", pl.concat_str(first, *rest, separator=SEPARATOR).alias("stack"))


def _shared(part: str) -> pl.Expr:
    """The value all members have, null where they differ."""
    return pl.when(pl.col(part).n_unique() == 1).then(pl.col(part).first())


def _refuse_names(named: pl.DataFrame, rows: pl.DataFrame) -> None:
    sizes = named.group_by("stack").len().sort("stack")
    alone = sizes.filter(pl.col("len") < 2)
    if sizes.is_empty() or len(alone):
        keys = (
            examples(alone.select("stack").rows())
            if len(alone)
            else "none of the form model|elicitation|prompt|variant"
        )
        raise FrameError(
            f"A stack needs at least two members; {max(len(alone), 1)} have fewer: {keys}. Name more "
            "with sources=, or use fewer parts in by=."
        )
    taken = sizes.filter(pl.col("stack").is_in(rows["source"].unique().implode()))
    if len(taken):
        raise FrameError(
            f"{len(taken)} stacks have the name of a source that is there already, e.g. "
            f"{examples(taken.select('stack').rows())}. Choose another name=."
        )


def _reference(rows: pl.DataFrame, reference: str) -> pl.DataFrame:
    human = with_n_eff(rows.filter(pl.col("source") == reference))
    return human.select(*CHOICE, pl.col("prob").alias("target"), "n_eff")


def _stack(part: pl.DataFrame, rows: pl.DataFrame, human: pl.DataFrame) -> Stack:
    own = rows.drop("n_eff", "target", strict=False).join(part, on="source")
    members = own.group_by(GROUP).agg(pl.col("source").n_unique().alias("members"))
    full = members.filter(pl.col("members") == len(part)).select(GROUP)
    lost = members.filter(pl.col("members") < len(part)).select(GROUP).sort(GROUP)
    kept = own.join(full, on=GROUP, how="semi").join(human, on=CHOICE, how="left").drop("stack")
    name = part["stack"][0]
    if kept["target"].null_count() == len(kept):
        raise FrameError(
            f"0 cells are answered by people and by all {len(part)} members of {name!r}. Leave out a member "
            "with sources=, or stack by fewer at a time with by=."
        )
    return Stack(name, kept, lost)
