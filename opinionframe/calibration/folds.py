"""Which cells are held out together: units (questions, cells, batteries, …) dealt into folds."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from opinionframe.calibration.batteries import BATTERY, batteries
from opinionframe.errors import FrameError, OptionError, check_number, check_whole, examples
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.own_columns import OWN

SPLITS = {
    "question": ["question"],
    "row": list(GROUP),
    "demographic": ["demographic"],
    "topic": ["topic"],
    "battery": [BATTERY],
    "dataset": ["dataset"],
}
"""The columns that make a unit: all cells of a unit fall in the same fold."""

FEWEST = 4
"""Folds from which on a pair can be held out and the rest still be dealt into training folds."""


def deal_folds(
    cells: pl.DataFrame,
    codebook: pl.DataFrame,
    split: str,
    folds: int,
    seed: int,
    *,
    others: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The fold, 0 to folds - 1, of each (question, demographic) in `cells`. Collected and seeded.

    `split` is one of SPLITS or a column of `cells` that holds the user's own folds. A split by data set makes every
    data set a fold of its own; one by battery keeps questions together that are worded almost alike. Cells of `others`
    whose unit is among those dealt get its fold; the rest of them are left out.

    Raises: OptionError where the split names no column, or has fewer units than folds; FrameError for a column of
    folds that differs between the rows of a question and demographic.
    """
    check_dealing(split, folds, seed)
    units = SPLITS.get(split, [split])
    _refuse_differing([cells] if others is None else [cells, others], split)
    cell_units = _cell_units(cells, codebook, split)
    distinct = cell_units.select(units).unique().sort(units)
    _refuse_few(distinct, split, folds)
    numbers = (
        _own_numbers(distinct) if split not in SPLITS or split == "dataset" else _dealt(len(distinct), folds, seed)
    )
    dealt = distinct.with_columns(fold=numbers)
    if others is not None and (split in SPLITS or split in others.columns):
        both = pl.concat([cell_units, _cell_units(others, codebook, split)], how="diagonal")
        cell_units = both.sort(*GROUP, *units, nulls_last=True).unique(GROUP, keep="first", maintain_order=True)
    return cell_units.join(dealt, on=units, nulls_equal=True).select(*GROUP, "fold")


def deal_at_most(
    cells: pl.DataFrame, codebook: pl.DataFrame, split: str, folds: int, seed: int, *, others: pl.DataFrame
) -> pl.DataFrame:
    """As `deal_folds`, into as many folds as there are units in `cells`, at most so many.

    Raises: OptionError where there is a single unit.
    """
    units = _cell_units(cells, codebook, split).select(SPLITS[split]).n_unique()
    if units < 2:
        raise OptionError(
            f"split={split!r} has {units} unit with human answers, so that nothing can be held out. Use "
            "split='question', or give the codebook more of them."
        )
    return deal_folds(cells, codebook, split, min(folds, units), seed, others=others)


def check_dealing(split: str, folds: int, seed: int) -> None:
    """Raises an OptionError for a split that is no name, and for folds and a seed that are no whole numbers."""
    if not isinstance(split, str):
        raise OptionError(f"split={split!r} is no name. Give one of {', '.join(sorted(SPLITS))}, or a column's.")
    check_number("folds", folds, whole=True)
    check_whole("seed", seed, 0)


def rounds(folds: Sequence[int]) -> list[list[tuple[int, int]]]:
    """Rounds of disjoint pairs in which every two folds meet once; with an odd number one fold rests in each.

    >>> rounds([0, 1, 2, 3])
    [[(0, 3), (1, 2)], [(0, 2), (3, 1)], [(0, 1), (2, 3)]]
    """
    seats: list[int | None] = [*folds, *([None] if len(folds) % 2 else [])]
    half = len(seats) // 2
    schedule = []
    for _ in range(len(seats) - 1):
        pairs = zip(seats[:half], reversed(seats[half:]), strict=True)
        schedule.append([(one, other) for one, other in pairs if one is not None and other is not None])
        seats = [seats[0], seats[-1], *seats[1:-1]]
    return schedule


def question_columns(codebook: pl.DataFrame, split: str) -> pl.DataFrame:
    """One row per question of a checked codebook with its topic and dataset, and its battery where `split` is that."""
    questions = codebook.select("question", "topic", "dataset").unique("question")
    return questions.join(batteries(codebook), on="question") if split == BATTERY else questions


class UntrainedError(FrameError):
    """Groups of rows that share a fit have too few human answers to learn from; `groups` are their names."""

    def __init__(self, message: str, groups: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.groups = tuple(groups)


def refuse_untrained(counts: pl.DataFrame) -> None:
    """Refuse groups without labelled rows, `n` of each `group` and `fold`, or whose are all held out together."""
    folds = counts.group_by("group").agg(pl.col("fold").filter(pl.col("n") > 0).n_unique())
    lone = folds.filter(pl.col("fold") < 2).select("group").sort("group")
    if len(lone):
        raise UntrainedError(
            f"{len(lone)} sources have human answers in a single fold, e.g. {examples(lone.rows())}, or in none, which "
            "leaves nothing to learn from. Ask more questions, use more folds, pool with by='source', or filter these "
            "sources out.",
            lone["group"].to_list(),
        )


def refuse_untuned(counts: pl.DataFrame, split: str) -> None:
    """Refuse to tune by `split` groups whose labelled rows, `n` of each `group` and `fold`, are all in one fold.

    Nothing of theirs is held out, so that the largest penalty would win: uniform.
    """
    folds = counts.filter(pl.col("n") > 0).group_by("group").len()
    lone = folds.filter(pl.col("len") < 2).select("group").sort("group")
    if len(lone):
        raise UntrainedError(
            f"{len(lone)} of {len(folds)} fits have human answers in a single fold of split={split!r}, e.g. "
            f"{examples(lone.rows())}, so that nothing can be held out to tune them by. Use split='question', pool "
            "them with others by=…, or filter their sources out.",
            lone["group"].to_list(),
        )


def _cell_units(cells: pl.DataFrame, codebook: pl.DataFrame, split: str) -> pl.DataFrame:
    """One row per cell with the columns that units are made of, in an order that does not depend on the input's."""
    columns = [*GROUP, *_own_column(cells, split)]
    keys = cells.select(columns).sort(columns, nulls_last=True).unique(GROUP, keep="first", maintain_order=True)
    return keys.join(question_columns(codebook, split), on="question", how="left").sort(GROUP)


def _refuse_differing(frames: list[pl.DataFrame], split: str) -> None:
    """Refuse folds of the user's own that differ between sources: what one is tested on, another would train on."""
    having = [frame for frame in frames if split in frame.columns]
    if split in SPLITS or not having:
        return
    folds = pl.concat(frame.select(*GROUP, split).drop_nulls() for frame in having)
    cells = folds.group_by(GROUP).agg(pl.col(split).n_unique()).filter(pl.col(split) > 1).sort(GROUP)
    if len(cells):
        raise FrameError(
            f"{len(cells)} questions and demographics have several values of {split.removeprefix(OWN)!r}, e.g. "
            f"{examples(cells.select(GROUP).rows())}: the sources' rows disagree on which fold they are in, so that a "
            "fit would see human answers that it is tested on. Give each one value, in the rows of all sources."
        )


def _own_column(cells: pl.DataFrame, split: str) -> list[str]:
    if split in SPLITS:
        return []
    if split not in cells.columns:
        raise OptionError(f"split={split!r} is neither a column of opinions nor one of {', '.join(sorted(SPLITS))}.")
    return [split]


def _refuse_few(units: pl.DataFrame, split: str, folds: int) -> None:
    fewest = folds if split in SPLITS and split != "dataset" else 2
    if fewest < 2:
        raise OptionError(f"folds={folds}: at least 2 are needed.")
    if len(units) < fewest:
        remedy = f"Use folds={len(units)} or fewer, or" if len(units) > 1 and split in SPLITS else "Use"
        raise OptionError(
            f"split={split.removeprefix(OWN)!r} has {len(units)} units to deal into {fewest} folds. "
            f"{remedy} another split."
        )


def _own_numbers(units: pl.DataFrame) -> pl.Series:
    return pl.Series(range(len(units)), dtype=pl.UInt32)


def _dealt(n: int, folds: int, seed: int) -> pl.Series:
    order = np.random.default_rng(seed).permutation(n)
    return pl.Series(order % folds, dtype=pl.UInt32)
