"""Regions of cells: predicted and human cells with their units go in; radius, limits and worth of each come out."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from opinionframe.errors import FrameError, OptionError
from opinionframe.estimation.arrays import Flags, Ints
from opinionframe.estimation.regions.limits import limits
from opinionframe.estimation.regions.pooled_quantile import fewest_units, left_out_quantiles
from opinionframe.estimation.regions.residuals import residuals
from opinionframe.estimation.regions.worth import worth
from opinionframe.inference.steps import Steps
from opinionframe.schemas.keys import CELL, GROUP
from opinionframe.schemas.regions import POPULATION, SAMPLE


@dataclass(frozen=True)
class Plan:
    """What regions hold: the share `conf` of cells of new units of `split`, in finite samples where `guaranteed`."""

    conf: float
    split: str
    guaranteed: bool


def cell_regions(
    every: Steps, unit: Ints, choices: pl.DataFrame, source: str, reference: str, plan: Plan
) -> Iterator[pl.DataFrame]:
    """The regions of the cells of `source`, a frame for each metric: Regions without `prob`, a row per choice.

    `unit` numbers the unit of each of `every` cell, and `choices` has those of each question. Raises: FrameError,
    OptionError.
    """
    numbered = every.cells.with_row_index("row")
    people = numbered.filter(source=reference).select(*GROUP, place="row")
    own = numbered.filter(source=source).join(people, on=GROUP, how="left", maintain_order="left")
    for metric in own["metric"].unique().sort():
        cells = own.filter(metric=metric)
        answered = cells["place"].is_not_null().to_numpy()
        if not answered.any():
            raise FrameError(
                f"No cell of {source!r} scored by {metric} has rows of {reference!r}, from which the error of its "
                "predictions could be learnt. Join the rows of a survey that people answered, calibrated out of fold."
            )
        predicted = cells["row"].to_numpy()
        beside = every.take(cells["place"].drop_nulls().to_numpy())
        yield _regions(every.take(predicted), beside, answered, unit[predicted], choices, plan)


def _regions(
    predicted: Steps, people: Steps, answered: Flags, unit: Ints, choices: pl.DataFrame, plan: Plan
) -> pl.DataFrame:
    """The regions of `predicted`, of which those `answered` have the cells of `people` beside them."""
    numbers, which = np.unique(unit, return_inverse=True)
    units = len(np.unique(unit[answered])) - np.isin(numbers, unit[answered])
    _refuse_few(predicted, units, plan)
    denoise = not plan.guaranteed and bool((people.number("n_eff") > 0).all())
    errors = residuals(predicted.take(np.flatnonzero(answered)), people, unit[answered], denoise=denoise)
    radius, half = (
        np.minimum(left_out_quantiles(each, errors.unit, numbers, plan.conf, guaranteed=plan.guaranteed), 1.0)[which]
        for each in (errors.distance, errors.deviation)
    )
    cells = predicted.cells.select(
        *CELL,
        pl.Series("radius", radius),
        pl.Series("worth", worth(predicted, radius, plan.conf)).replace(float("inf"), None),
        "metric",
        pl.Series("n_units", units[which], pl.UInt32),
        pl.lit(plan.conf).alias("conf"),
        pl.lit(POPULATION if denoise else SAMPLE).alias("holds"),
    )
    rows = cells.with_row_index("cell").join(choices, on="question")
    place = (rows["cell"].to_numpy(), rows["choice"].to_numpy().astype(np.int64) - 1)
    is_choice = np.zeros(predicted.shares().shape, dtype=bool)
    is_choice[place] = True
    low, high = limits(predicted.shares(), half, is_choice)
    return rows.drop("cell").with_columns(pl.Series("low", low[place]), pl.Series("high", high[place]))


def _refuse_few(predicted: Steps, units: Ints, plan: Plan) -> None:
    """Raises: OptionError where fewer `units` are left to learn from than a quantile takes."""
    least, needed = int(units.min()), fewest_units(plan.conf)
    if least < needed:
        source, metric = predicted.cells.select("source", "metric").row(0)
        raise OptionError(
            f"conf={plan.conf} takes the errors of {needed} units of split={plan.split!r} beside a cell's own, and "
            f"people answered {least} for {source!r} scored by {metric}. {_remedy(least, metric, plan)}"
        )


def _remedy(units: int, metric: str, plan: Plan) -> str:
    """What to do where so few `units` are left."""
    smaller = [] if plan.split == "question" else ["use a split into smaller units such as 'question'"]
    lower = [f"a conf of {_largest(units)} or less"] if units else [f"leave out the questions scored by {metric}"]
    return ", or ".join(["Join more of them that people answered", *smaller, *lower]) + "."


def _largest(units: int) -> float:
    """The largest `conf` that `units` allow, rounded down to two decimals."""
    return int(100 * units / (units + 1)) / 100
