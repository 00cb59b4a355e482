"""Which cells a draw tests on, and in which order it labels the others."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from opinionframe.errors import OpinionFrameWarning, OptionError, check_option, examples
from opinionframe.schemas.keys import GROUP

SIZES = {"distribution": (1, 5, 10, 50, 100, 200, 500, 1000), "question": (1, 2, 5, 10, 20, 50, 100, 200)}
"""How many labels, per unit: the paper's section 3.6, up to where a survey of its size is used up."""

SPLITS = ("question", "row")


@dataclass(frozen=True)
class Plan:
    """The draws.

    `cells`: draw, source, question, demographic, `question_key` (the random order of questions), `test`, and `rank`,
    the place in the order of labels, from 1 (null in the test part). `sizes`: source and `n_train`, as far as every
    draw has so many labels.
    """

    cells: pl.DataFrame
    sizes: pl.DataFrame

    def of(self, source: str) -> "Plan":
        """The plan of one source."""
        return Plan(self.cells.filter(source=source), self.sizes.filter(source=source))

    def tested(self) -> pl.DataFrame:
        """The test cells of each draw and size."""
        return self.cells.filter("test").join(self.sizes, on="source").drop("source", "test", "rank")

    def labelled(self) -> pl.DataFrame:
        """The labelled cells of each draw and size."""
        training = self.cells.filter(~pl.col("test")).join(self.sizes, on="source")
        return training.filter(pl.col("rank") <= pl.col("n_train")).drop("source", "test", "rank")


def check_plan(unit: str, sizes: Sequence[int] | None, draws: int, test: float, split: str) -> None:
    """Refuses what makes no plan.

    Raises: OptionError.
    """
    check_option("unit", unit, SIZES)
    check_option("split", split, SPLITS)
    if sizes is not None and (not sizes or min(sizes) < 1):
        raise OptionError(f"sizes={list(sizes)}: name at least one number of labels, each 1 or more.")
    if draws < 1:
        raise OptionError(f"draws={draws}: at least 1 is needed, and 2 for an interval.")
    if not 0 < test < 1:
        raise OptionError(f"test={test} is no share between 0 and 1.")


def deal_labels(
    rows: pl.DataFrame, unit: str, sizes: Sequence[int], draws: int, test: float, split: str, seed: int
) -> Plan:
    """The plan for the labelled cells of `rows`. Sources share the random order of questions and cells.

    Raises: OptionError where no source has enough labels for the least size.
    """
    cells = rows.filter(pl.col("target").is_not_null()).select("source", *GROUP).unique()
    dealt = _keys(cells, draws, seed)
    key = "question_key" if split == "question" else "cell_key"
    n_test = _n_test(dealt.filter(draw=0)[key].n_unique(), test, split)
    held_out = dealt.with_columns(test=pl.col(key).rank("dense").over("draw") <= n_test)
    order = pl.col("question_key" if unit == "question" else "cell_key").rank("dense").over("draw", "source", "test")
    placed = cells.join(held_out, on=GROUP).with_columns(rank=pl.when(~pl.col("test")).then(order))
    plan = Plan(placed.select("draw", "source", *GROUP, "question_key", "test", "rank"), _sizes(placed, sizes))
    if plan.sizes.is_empty():
        most = placed.select(pl.col("rank").max()).item()
        raise OptionError(f"No source has {min(sizes)} labels outside the test part; the most is {most}. Use fewer.")
    return plan


def _keys(cells: pl.DataFrame, draws: int, seed: int) -> pl.DataFrame:
    """A random number per draw and question, and per draw and cell, the same for all sources."""
    rng = np.random.default_rng(seed)
    draw = pl.DataFrame({"draw": range(draws)}, schema={"draw": pl.UInt32})
    keys = cells.select(GROUP).unique().sort(GROUP)
    questions = draw.join(keys.select("question").unique(maintain_order=True), how="cross", maintain_order="left_right")
    numbered = questions.with_columns(question_key=pl.Series(rng.random(len(questions))))
    both = draw.join(keys, how="cross", maintain_order="left_right")
    return both.with_columns(cell_key=pl.Series(rng.random(len(both)))).join(numbered, on=["draw", "question"])


def _n_test(units: int, test: float, split: str) -> int:
    """How many units are held out: their share, but at least one, and not all."""
    if units < 2:
        raise OptionError(f"split={split!r} has {units} labelled units; a test part beside labels needs 2 or more.")
    return min(max(round(test * units), 1), units - 1)


def _sizes(placed: pl.DataFrame, sizes: Sequence[int]) -> pl.DataFrame:
    """The sizes that every draw of a source has labels for."""
    most = placed.group_by("source", "draw").agg(pl.col("rank").max().fill_null(0))
    there = most.group_by("source").agg(pl.col("rank").min())
    wanted = pl.DataFrame({"n_train": sorted(set(sizes))}, schema={"n_train": pl.UInt32})
    tested = placed.group_by("source").agg((pl.col("test").any()).alias("tested"))
    fits = there.join(wanted, how="cross").filter(pl.col("n_train") <= pl.col("rank"))
    return fits.join(tested.filter("tested"), on="source", how="semi").select("source", "n_train")


def warn_left_out(plan: Plan, sizes: Sequence[int]) -> None:
    """Counts in a warning the sources that have too few labels for some size."""
    sources = plan.cells.select("source").unique()
    wanted = sources.join(pl.DataFrame({"n_train": sorted(set(sizes))}, schema={"n_train": pl.UInt32}), how="cross")
    short = wanted.join(plan.sizes, on=["source", "n_train"], how="anti").sort("source", "n_train")
    if len(short):
        warnings.warn(
            f"{len(short)} of {len(wanted)} sources and sizes have too few labels, e.g. {examples(short.rows())}. "
            "They were left out; hold out less with test=, or use smaller sizes.",
            OpinionFrameWarning,
            stacklevel=3,
        )
