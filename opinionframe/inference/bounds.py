"""`bounds`: Opinions go in; the worst and best alignment that missing answers allow come out."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.divergence import BY_SCALE
from opinionframe.errors import FrameError, check_option, check_source
from opinionframe.inference.blocks import Floats
from opinionframe.inference.steps import Steps, steps
from opinionframe.schemas.borders import AnyFrame
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.keys import CELL, GROUP
from opinionframe.schemas.lazy import Frame, same_kind

ABSENT = ("missing", "unasked")
"""What a cell of the reference is that a source lacks: its answers are all missing, or it is left out."""


@takes_frames
def bounds(
    opinions: Frame,
    codebook: AnyFrame,
    *,
    reference: str = HUMAN,
    absent: str = "missing",
    metric: str = BY_SCALE,
) -> Frame:
    """The worst and best alignment, in [0, 1], that a cell can have whatever its missing answers were. Collects.

    A share `nonresponse` of the answers was refused or not parsed; they might have fallen anywhere.
    The bounds are sharp: no distribution of the missing answers goes beyond them.

    Args:
        opinions: Opinions with rows of `reference` and of at least one other source. Without `nonresponse` a cell
            counts as answered.
        codebook: Codebook of its questions.
        reference: The source everything is compared with.
        absent: What a cell of the reference is that a source lacks: `missing` whole, or `unasked` and left out.
        metric: As in `align`: `by scale`, `wasserstein` or `total_variation`.

    Returns:
        question, demographic, source, coverage (share answered, 0..1), worst, alignment (null where
        coverage is 0), best, metric, and `dataset` where rows or codebook name any: one row per source and cell.

    Raises: FrameError for a broken frame, nominal questions under `wasserstein`, or one source only; OptionError for an
        unknown `absent` or metric.
    Reference: Manski (2003), Partial Identification of Probability Distributions, chapter 1.

    >>> codebook = pl.DataFrame({"question": "q", "choice": [1, 2], "label": ["Yes", "No"], "position": [1.0, 2.0],
    ...     "text": "Yes or no?", "scale": "ordinal", "topic": None, "dataset": None})
    >>> opinions = pl.DataFrame({"question": "q", "demographic": "all", "choice": [1, 2, 1, 2],
    ...     "source": ["human", "human", "m", "m"], "prob": [0.5, 0.5, 0.75, 0.25], "nonresponse": [0, 0, 1, 1]})
    >>> opinions = opinions.with_columns(pl.col("nonresponse") / 5)
    >>> bounds(opinions, codebook).select(pl.col("coverage", "worst", "alignment", "best").round(3)).row(0)
    (0.8, 0.7, 0.75, 0.9)
    """
    check_source("reference", reference)
    check_option("absent", absent, ABSENT)
    table, source, human = _all_cells(steps(opinions, codebook, metric), reference, absent)
    present = table["row"].is_not_null().to_numpy()
    missing = np.where(present, np.nan_to_num(source.number("nonresponse")), 1.0)
    answered = source.below * (1 - missing)[:, None]
    alignment = np.where(missing < 1, 1 - (human.width * np.abs(source.below - human.below)).sum(axis=1), np.nan)
    result = table.select(CELL).with_columns(
        pl.Series("coverage", 1 - missing),
        pl.Series("worst", 1 - _farthest(answered, missing, human)),
        pl.Series("alignment", alignment).fill_nan(None),
        pl.Series("best", 1 - _nearest(answered, missing, human)),
        human.cells["metric"],
        *human.datasets,
    )
    return same_kind(result.lazy(), opinions)


def _all_cells(all_steps: Steps, reference: str, absent: str) -> tuple[pl.DataFrame, Steps, Steps]:
    """The cells of every source, and those it lacks, whose steps are then the reference's."""
    numbered = all_steps.cells.select(CELL).with_row_index("row")
    human = numbered.filter(source=reference).select(*GROUP, pl.col("row").alias("human"))
    others = numbered.filter(pl.col("source") != reference)
    if human.is_empty() or others.is_empty():
        raise FrameError(f"bounds needs rows of {reference!r} and of at least one other source. Put both in one frame.")
    table = (
        others.select("source")
        .unique()
        .join(human, how="cross")
        .join(others, on=CELL, how="left" if absent == "missing" else "inner")
        .sort(CELL)
    )
    human_row = table["human"].to_numpy()
    row_of_cell = table["row"].fill_null(table["human"]).to_numpy()
    return table, all_steps.take(row_of_cell), all_steps.take(human_row)


def _farthest(answered: Floats, missing: Floats, human: Steps) -> Floats:
    """The greatest distance, shape (cells,), from the share of answers below each step and the share `missing`.

    It is convex in the missing answers, so that at the greatest they all fall on one choice.
    """
    step = np.arange(answered.shape[1])
    by_choice = human.by_choice[:, None]

    def reached(choice: int) -> NDArray[np.bool_]:
        return np.where(by_choice, step == choice, step >= choice)

    distances = [
        (human.width * np.abs(answered + missing[:, None] * reached(choice) - human.below)).sum(axis=1)
        for choice in range(answered.shape[1] + 1)
    ]
    farthest: Floats = np.max(distances, axis=0)
    return farthest


def _nearest(answered: Floats, missing: Floats, human: Steps) -> Floats:
    """The least distance, shape (cells,), from the share of answers below each step.

    Where shares are compared, the missing answers fill up choices that are short, and what is in excess stays.
    """
    excess = np.clip(answered - human.below, 0, None).sum(axis=1)
    nearest: Floats = np.where(human.by_choice, excess, _nearest_rising(answered, missing, human))
    return nearest


def _nearest_rising(answered: Floats, missing: Floats, human: Steps) -> Floats:
    """The least distance: the missing answers' distribution function is the nearest rising one within [0, missing].

    Weighted least absolute deviations under order, by the minimax formula over medians.
    Reference: Robertson, Wright and Dykstra (1988), Order Restricted Statistical Inference, section 1.4.
    """
    gap = human.below - answered
    count = gap.shape[1]
    lowest = np.full_like(gap, -np.inf)
    for first in range(count):
        running = np.full(len(gap), np.inf)
        for last in range(count - 1, first - 1, -1):
            running = np.minimum(running, _median(gap[:, first : last + 1], human.width[:, first : last + 1]))
            lowest[:, last] = np.maximum(lowest[:, last], running)
    rising = np.clip(lowest, 0, missing[:, None])
    nearest: Floats = (human.width * np.abs(rising - gap)).sum(axis=1)
    return nearest


def _median(values: Floats, weights: Floats) -> Floats:
    """Lower weighted median of every row; 0 weights count for nothing unless all are."""
    order = np.argsort(values, axis=1)
    cumulated = np.take_along_axis(weights, order, axis=1).cumsum(axis=1)
    place = (cumulated < cumulated[:, -1:] / 2).sum(axis=1)
    median: Floats = np.take_along_axis(values, np.take_along_axis(order, place[:, None], axis=1), axis=1)[:, 0]
    return median
