"""Standard errors of shares by Taylor linearisation: answers and a design go in, one error per share comes out.

Units are drawn with replacement within strata, and a group is a domain of the whole sample.
With A the weight of a choice's respondents in a unit, B that of all who answered there, W the group's
weight and p the share, a unit's linearised value is z = (A - p B) / W, and the variance is the sum
over strata of m/(m-1) x (sum of z^2 - (sum of z)^2 / m), m being the stratum's number of units.

Reference: Binder (1983), On the variances of asymptotically normal estimators from complex surveys.
"""

import polars as pl

from opinionframe.microdata.design import PSU, STRATUM, Design
from opinionframe.microdata.tally import NO_ANSWER, WEIGHT, LongAnswers, as_text
from opinionframe.schemas.keys import CHOICE, GROUP

LAYER = (*GROUP, STRATUM)
"""One group's answers to one question within one stratum."""


def taylor_errors(answers: LongAnswers, microdata: pl.LazyFrame, shares: pl.LazyFrame, design: Design) -> pl.LazyFrame:
    """`question, demographic, choice, std_error` for each row of `shares` (which has `prob` and `total`)."""
    chosen, layers = _sums(answers, design)
    z_total = pl.col("a").fill_null(0) - pl.col("prob") * pl.col("b")
    squares = pl.col("aa").fill_null(0) - 2 * pl.col("prob") * pl.col("ab").fill_null(0)
    spread = squares + pl.col("prob") ** 2 * pl.col("bb") - z_total**2 / pl.col("units")
    variance = (pl.col("units") / (pl.col("units") - 1) * spread / pl.col("total") ** 2).clip(lower_bound=0)
    return (
        shares.select(*CHOICE, "prob", "total")
        .join(layers, on=GROUP)
        .join(chosen, on=[*LAYER, "choice"], how="left")
        .join(units(microdata, design), on=STRATUM)
        .with_columns(pl.when(pl.col("units") > 1).then(variance).otherwise(0.0).alias("variance"))
        .group_by(CHOICE)
        .agg(pl.col("variance").sum().sqrt().alias("std_error"))
    )


def units(microdata: pl.LazyFrame, design: Design) -> pl.LazyFrame:
    """One row per stratum of the whole sample: `units`, how many primary sampling units it has."""
    count = pl.col(PSU).n_unique() if design.psu else pl.len()
    return microdata.with_columns(**design.answer_columns()).group_by(STRATUM).agg(count.alias("units"))


def _sums(answers: LongAnswers, design: Design) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """The sums over units that the variance needs: of each choice, and of all choices together."""
    keys = (STRATUM, PSU) if design.psu else (STRATUM,)
    groups = [group.filter(pl.col("choice") != NO_ANSWER) for group in answers.by_group(*keys)]
    chosen = pl.concat(as_text(_of_choices(group, design)) for group in groups)
    layers = pl.concat(as_text(_of_all(group, design)) for group in groups)
    return chosen, layers


def _of_choices(group: pl.LazyFrame, design: Design) -> pl.LazyFrame:
    """Per stratum and choice, summed over its units: `a` (A), `aa` (A^2) and `ab` (AB)."""
    weight = pl.col(WEIGHT)
    if not design.psu:
        square = (weight**2).sum()
        return group.group_by(*LAYER, "choice").agg(weight.sum().alias("a"), square.alias("aa"), square.alias("ab"))
    return (
        group.group_by(*LAYER, PSU, "choice")
        .agg(weight.sum().alias("a"))
        .with_columns(pl.col("a").sum().over(*LAYER, PSU).alias("b"))
        .group_by(*LAYER, "choice")
        .agg(pl.col("a").sum(), (pl.col("a") ** 2).sum().alias("aa"), (pl.col("a") * pl.col("b")).sum().alias("ab"))
    )


def _of_all(group: pl.LazyFrame, design: Design) -> pl.LazyFrame:
    """Per stratum, summed over its units: `b` (B) and `bb` (B^2)."""
    per_unit = group.group_by(*LAYER, PSU).agg(pl.col(WEIGHT).sum()) if design.psu else group
    return per_unit.group_by(LAYER).agg(pl.col(WEIGHT).sum().alias("b"), (pl.col(WEIGHT) ** 2).sum().alias("bb"))
