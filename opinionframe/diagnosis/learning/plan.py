"""The plan of a learning curve: labelled cells go in; the test part and the order of labels of each draw come out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from opinionframe.calibration.folds import question_columns
from opinionframe.errors import (
    OpinionFrameWarning,
    OptionError,
    check_number,
    check_option,
    check_whole,
    examples,
    warn_user,
)
from opinionframe.schemas.keys import GROUP

SIZES = {"distribution": (1, 5, 10, 50, 100, 200, 500, 1000, 1200), "question": (1, 2, 5, 10, 20, 50, 100, 200)}
"""How many labels, per unit: the paper's section 3.6, up to where a survey of its size is used up."""

SPLITS = ("question", "row", "battery", "topic")


@dataclass(frozen=True)
class Plan:
    """The draws.

    Attributes:
        cells: draw, source, question, demographic, `question_key` (the random order of questions, in [0, 1)), `test`,
            and `rank`, the place in the order of labels, from 1 (null in the test part).
        sizes: source and `n_train`, as far as every draw has so many labels.
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


def check_plan(unit: str, sizes: Sequence[int] | None, draws: int, test: float, split: str, seed: int) -> None:
    """Raises an OptionError for options that make no plan."""
    check_option("unit", unit, SIZES)
    check_option("split", split, SPLITS)
    check_number("draws", draws, whole=True)
    check_whole("seed", seed, 0)
    if sizes is not None and not isinstance(sizes, Iterable):
        raise OptionError(f"sizes={sizes!r}: name the numbers of labels in a list.")
    for size in () if sizes is None else sizes:
        check_number("sizes", size, whole=True)
    if sizes is not None and (not list(sizes) or min(sizes) < 1):
        raise OptionError(f"sizes={list(sizes)}: name at least one number of labels, each 1 or more.")
    if draws < 1:
        raise OptionError(f"draws={draws}: at least 1 is needed, and 2 for an interval.")
    check_number("test", test)
    if not 0 < test < 1:
        raise OptionError(f"test={test} is no share between 0 and 1.")


def deal_labels(
    rows: pl.DataFrame,
    codebook: pl.DataFrame,
    unit: str,
    sizes: Sequence[int],
    draws: int,
    test: float,
    split: str,
    seed: int,
) -> Plan:
    """The plan for the labelled cells of `rows`. Sources share the random order of units, questions and cells.

    Raises: OptionError where no source has enough labels for the least size.
    """
    cells = rows.filter(pl.col("target").is_not_null()).select("source", *GROUP).unique()
    keys = _random_keys(cells, draws, seed, _questions_of(codebook, split))
    key_name = {"question": "question_key", "row": "cell_key"}.get(split, "unit_key")
    n_test = _n_test(keys.filter(draw=0)[key_name].n_unique(), test, split)
    parts = keys.with_columns(test=pl.col(key_name).rank("dense").over("draw") <= n_test)
    order = pl.col("question_key" if unit == "question" else "cell_key").rank("dense").over("draw", "source", "test")
    ranked = cells.join(parts, on=GROUP).with_columns(rank=pl.when(~pl.col("test")).then(order))
    plan = Plan(ranked.select("draw", "source", *GROUP, "question_key", "test", "rank"), _sizes(ranked, sizes))
    if plan.sizes.is_empty():
        most = ranked.select(pl.col("rank").max()).item()
        raise OptionError(f"No source has {min(sizes)} labels outside the test part; the most is {most}. Use fewer.")
    return plan


def _questions_of(codebook: pl.DataFrame, split: str) -> pl.DataFrame | None:
    """The `unit` of each question, where units are more than single questions."""
    if split not in ("battery", "topic"):
        return None
    return question_columns(codebook, split).select("question", unit=split)


def _random_keys(cells: pl.DataFrame, draws: int, seed: int, units: pl.DataFrame | None) -> pl.DataFrame:
    """A random number per draw and question, per draw and cell, and per draw and unit; the same for all sources."""
    rng = np.random.default_rng(seed)
    draw_numbers = pl.DataFrame({"draw": range(draws)}, schema={"draw": pl.UInt32})
    groups = cells.select(GROUP).unique().sort(GROUP)
    questions = draw_numbers.join(
        groups.select("question").unique(maintain_order=True), how="cross", maintain_order="left_right"
    )
    question_keys = questions.with_columns(question_key=pl.Series(rng.random(len(questions))))
    cells_of_draws = draw_numbers.join(groups, how="cross", maintain_order="left_right")
    keys = cells_of_draws.with_columns(cell_key=pl.Series(rng.random(len(cells_of_draws)))).join(
        question_keys, on=["draw", "question"]
    )
    if units is None:
        return keys
    named = keys.join(units, on="question", how="left")
    of_draws = draw_numbers.join(named.select("unit").unique().sort("unit"), how="cross", maintain_order="left_right")
    unit_keys = of_draws.with_columns(unit_key=pl.Series(rng.random(len(of_draws))))
    return named.join(unit_keys, on=["draw", "unit"], nulls_equal=True).drop("unit")


def _n_test(units: int, test: float, split: str) -> int:
    """How many units are held out: their share, but at least one, and not all."""
    if units < 2:
        raise OptionError(f"split={split!r} has {units} labelled units; a test part beside labels needs 2 or more.")
    return min(max(round(test * units), 1), units - 1)


def _sizes(ranked: pl.DataFrame, sizes: Sequence[int]) -> pl.DataFrame:
    """One row per source and size `n_train` that every draw of the source has labels for."""
    most = ranked.group_by("source", "draw").agg(pl.col("rank").max().fill_null(0))
    fewest = most.group_by("source").agg(pl.col("rank").min())
    size_rows = pl.DataFrame({"n_train": sorted(set(sizes))}, schema={"n_train": pl.UInt32})
    has_test = ranked.group_by("source").agg((pl.col("test").any()).alias("has_test"))
    possible = fewest.join(size_rows, how="cross").filter(pl.col("n_train") <= pl.col("rank"))
    return possible.join(has_test.filter("has_test"), on="source", how="semi").select("source", "n_train")


def warn_left_out(plan: Plan, sizes: Sequence[int]) -> None:
    """Warns of the sources and sizes without enough labels, with their number and examples."""
    sources = plan.cells.select("source").unique()
    runs = sources.join(pl.DataFrame({"n_train": sorted(set(sizes))}, schema={"n_train": pl.UInt32}), how="cross")
    left_out = runs.join(plan.sizes, on=["source", "n_train"], how="anti").sort("source", "n_train")
    if len(left_out):
        warn_user(
            f"{len(left_out)} of {len(runs)} sources and sizes have too few labels, e.g. {examples(left_out.rows())}. "
            "They were left out; hold out less with test=, or use smaller sizes.",
            OpinionFrameWarning,
        )
