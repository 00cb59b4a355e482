"""Group deviations: Opinions go in; where each group stands beside the others of its attribute comes out.

A group stands at one place on an ordinal question, its mean position as a share of the scale's span, and at one for
each choice of a nominal question, the choice's share. Places of one question, attribute and source make a set: its
groups deviate from their mean, each group counting alike, so that every two groups do.
"""

from collections.abc import Sequence

import polars as pl

from opinionframe.divergence import OF_SCALE
from opinionframe.schemas.demographic import ATTRIBUTE
from opinionframe.schemas.keys import CELL, GROUP
from opinionframe.schemas.vocabulary import SMALLEST_SAMPLE

PLACE = (*GROUP, "item")
"""What is compared of a group: the mean of an ordinal question (item 0), a choice's share of a nominal one."""

SET = ("source", "question", "attribute", "item")
"""The groups of one attribute beside each other."""

CLEAR = 1.96
"""Standard errors by which two groups of people have to differ for the direction of their difference to be told."""

TIE = 1e-9
"""A difference below this is rounding: places are sums of shares, in [0, 1]."""


def places(opinions: pl.DataFrame, codebook: pl.DataFrame) -> pl.DataFrame:
    """One row per cell of checked `opinions` and item: its `place`, in [0, 1], and the sampling `noise` of that.

    `noise` is the variance of the place over samples of `n_eff`, null where that is not known, NaN where it is below
    2 and tells nothing of the spread. `metric` names the scale.
    """
    position = pl.col("position")
    of_choice = (position - position.min().over("question")) / (
        position.max().over("question") - position.min().over("question")
    )
    book = codebook.select("question", "choice", "scale", x=of_choice)
    size = pl.col("n_eff").cast(pl.Float64) if "n_eff" in opinions.columns else pl.lit(None, pl.Float64)
    rows = opinions.select(*CELL, "choice", "prob", n_eff=size).join(book, on=["question", "choice"])
    is_nominal = pl.col("scale") == "nominal"
    items = rows.with_columns(
        item=pl.when(is_nominal).then("choice").otherwise(0).cast(pl.UInt8),
        x=pl.when(is_nominal).then(1.0).otherwise("x"),
        metric=pl.col("scale").replace_strict(OF_SCALE),
    )
    mean, square = (pl.col("prob") * pl.col("x")).sum(), (pl.col("prob") * pl.col("x").pow(2)).sum()
    variance = (square - mean.pow(2)).clip(lower_bound=0.0) / (pl.col("n_eff").first() - 1)
    noise = pl.when(pl.col("n_eff").first() < SMALLEST_SAMPLE).then(float("nan")).otherwise(variance)
    ordered = items.sort(*CELL, "item", "choice")
    return ordered.group_by(*CELL, "item", maintain_order=True).agg(pl.col("metric").first(), place=mean, noise=noise)


def beside_people(all_places: pl.DataFrame, reference: str) -> pl.DataFrame:
    """The places of every source with those of `reference` beside them, of cells whose noise does not hide them.

    Returns: the keys, `attribute`, `metric`, `place`, `noise` and, of people, `human` and `human_noise`.
    """
    people = all_places.filter(source=reference).select(*PLACE, human="place", human_noise="noise")
    sources = all_places.filter(pl.col("source") != reference)
    hidden = pl.any_horizontal(pl.col("noise", "human_noise").is_nan().fill_null(value=False))
    return sources.join(people, on=PLACE).filter(~hidden).with_columns(attribute=ATTRIBUTE)


def deviation_sums(cells: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """One row per `keys` and question: what group deviations add up to, without what noise adds.

    Returns: `keys`, question; `own` and `people`, the sums of squared deviations of the source and of people, less the
        variance that sampling gives them where `n_eff` is known (so that they may be negative); `together`, the sum of
        their products; `freedom`, the groups less one, of all sets.
    """
    groups = pl.len().over(SET)
    deviation = {name: pl.col(name) - pl.col(name).mean().over(SET) for name in ("place", "human")}
    without_dust = {name: pl.when(value.abs() < TIE).then(0.0).otherwise(value) for name, value in deviation.items()}
    known = {name: pl.col(name).fill_null(0.0) * (1 - 1 / groups) for name in ("noise", "human_noise")}
    return (
        cells.sort(*keys, *SET, "demographic")
        .with_columns(**without_dust, **known, freedom=1 - 1 / groups)
        .group_by(*keys, "question", maintain_order=True)
        .agg(
            own=pl.col("place").pow(2).sum() - pl.col("noise").sum(),
            people=pl.col("human").pow(2).sum() - pl.col("human_noise").sum(),
            together=(pl.col("place") * pl.col("human")).sum(),
            freedom=pl.col("freedom").sum(),
        )
    )


def directions(cells: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """One row per two groups of a set: `clear`, whether people differ beyond their noise, and `difference`.

    That is 1 where the source has the two in the order of people, 0 in the opposite one, and 1/2 where it has them
    alike, as one who tosses a coin would be right half of the time.
    """
    columns = [*dict.fromkeys([*keys, *SET])]
    others = cells.select(*columns, pl.col("demographic", "place", "human", "human_noise").name.suffix("_other"))
    pairs = cells.join(others, on=columns, nulls_equal=True).filter(pl.col("demographic") < pl.col("demographic_other"))
    pairs = pairs.sort(*columns, "demographic", "demographic_other")
    of_people, of_source = (pl.col(name) - pl.col(f"{name}_other") for name in ("human", "place"))
    error = (pl.col("human_noise").fill_null(0.0) + pl.col("human_noise_other").fill_null(0.0)).sqrt()
    told = pl.when(of_source.abs() < TIE).then(0).otherwise(of_source.sign())
    return pairs.select(
        *columns,
        "demographic",
        clear=(of_people.abs() > CLEAR * error) & (of_people.abs() > TIE),
        difference=(1 + told * of_people.sign()) / 2,
    )
