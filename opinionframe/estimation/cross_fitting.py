"""Calibrators that learn from the same sample: raw opinions and people go in; a set of predictions per fold comes out.

Whoever a calibrator has learnt from, its predictions lie too near to. People are dealt into folds (whole sampling
units, where there are any), and those of each fold are predicted by a fit to the others, who are also held out by
question, as `calibrate` does.

Reference: Zrnic and Candès (2024), Cross-prediction-powered inference.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from opinionframe.calibration.calibrate import calibrated
from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.supervision import Plan, fit_keys
from opinionframe.errors import FrameError, OptionError, examples
from opinionframe.microdata.weighting import Designs
from opinionframe.schemas.keys import ROW
from opinionframe.schemas.source import SEPARATOR
from opinionframe.schemas.vocabulary import HUMAN

FOLD = "fold:"
"""The column of a respondent's fold, under a name that no survey is likely to have."""

QUESTION_FOLDS = 10


@dataclass(frozen=True)
class Folds:
    """How people are dealt: into how many folds, by which seed, and by whole units, which columns tell, if any."""

    number: int
    seed: int
    unit: tuple[str, ...]


def units_of(designs: Designs) -> tuple[str, ...]:
    """The columns that tell units: strata too, as units may be numbered anew in each; none where people are the units.

    Raises: OptionError where questions have different ones.
    """
    each = designs.values() if isinstance(designs, Mapping) else [designs]
    units = {design.columns if design is not None and design.psu else () for design in each}
    if len(units) > 1:
        raise OptionError(
            f"calibrator deals whole units into folds, and design names {len(units)} kinds of them, e.g. "
            f"{examples(sorted((unit,) for unit in units))}. Rectify the questions of each design by themselves."
        )
    return next(iter(units), ())


def with_folds(people: pl.DataFrame, folds: Folds) -> pl.DataFrame:
    """`people` with their FOLD, in an order of their own, so that the order of rows decides nothing.

    Raises: OptionError for folds that cannot be dealt.
    """
    plain = [name for name, dtype in people.schema.items() if not dtype.is_nested() and dtype != pl.Object]
    ordered = people.sort(plain, nulls_last=True)
    unit = pl.int_range(pl.len())
    if folds.unit:
        unit = pl.struct(pl.col(name).cast(pl.String) for name in folds.unit).rank("dense") - 1
    units = ordered.select(unit.cast(pl.Int64).alias("unit"))["unit"].to_numpy()
    if not 2 <= folds.number <= units.max(initial=0) + 1:
        raise OptionError(
            f"folds={folds.number}: deal {units.max(initial=0) + 1} people or units into 2 or more, at most one each."
        )
    dealt = np.random.default_rng(folds.seed).permutation(units.max() + 1) % folds.number
    return ordered.with_columns(pl.Series(FOLD, dealt[units]))


def cross_fitted(
    raw: pl.DataFrame,
    people: pl.DataFrame,
    book: pl.DataFrame,
    calibrator: Calibrator,
    folds: Folds,
    reference: Callable[[pl.DataFrame], pl.DataFrame],
) -> pl.DataFrame:
    """The rows of `raw`, calibrated, once for each FOLD of `people`, by a fit to the people of the other folds.

    `reference` makes human rows of people. Raises: FrameError where a fold leaves nothing to learn from.
    """
    questions = raw["question"].n_unique()
    if questions < 2:
        raise FrameError(
            f"calibrator={calibrator.name!r} learns from other questions than it predicts, and opinions have "
            f"{questions}. Add questions, or leave calibrator out."
        )
    parts = []
    for fold in range(folds.number):
        human = reference(people.filter(pl.col(FOLD) != fold))
        both = pl.concat([human.select(*ROW, "prob", "n_eff"), raw.select(*ROW, "prob")], how="diagonal")
        plan = Plan(
            fit_keys(None, book, "question", both), HUMAN, "question", min(QUESTION_FOLDS, questions), folds.seed
        )
        rows = calibrated(both, book, [calibrator], plan, refits=False)
        mine = pl.col("source").str.ends_with(SEPARATOR + calibrator.name)
        parts.append(rows.filter(mine).select(*ROW, "prob").with_columns(pl.lit(fold).alias(FOLD)))
    return pl.concat(parts)
