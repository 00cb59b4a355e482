"""Skill: what a source gains and what it could gain go in, cell by cell; their ratio with an interval comes out."""

from collections.abc import Sequence

import numpy as np
import polars as pl


def skills(cells: pl.DataFrame, keys: Sequence[str], *, conf: float = 0.95) -> pl.DataFrame:
    """Mean `gain` over mean `room`, per `keys`, with Fieller's interval clustered by question.

    Where the room lies within its own noise of 0 the ratio could be anything: it is null, and so is its interval. Where
    no cell's room is known, it is null too.

    Returns: `keys`, skill, skill_conf_low, skill_conf_high.
    Reference: Fieller (1954), Some Problems in Interval Estimation.

    >>> cells = pl.DataFrame({"source": "m", "question": ["a", "b", "c"], "gain": [0.1, 0.2, 0.3], "room": [0.4] * 3})
    >>> skills(cells, ["source"]).select(pl.exclude("source").round(2)).row(0)
    (0.5, -0.12, 1.12)
    """
    from scipy import special

    sums = cells.drop_nulls(["gain", "room"]).group_by(*keys, "question").agg(pl.col("gain", "room").sum(), pl.len())
    mean = {name: pl.col(name).sum() / pl.col("len").sum() for name in ("gain", "room")}
    residual = {name: pl.col(name) - mean[name] * pl.col("len") for name in mean}
    factor = pl.len() / (pl.len() - 1.0) / pl.col("len").sum().cast(pl.Float64).pow(2)
    table = sums.group_by(keys).agg(
        **mean,
        gain_variance=factor * residual["gain"].pow(2).sum(),
        room_variance=factor * residual["room"].pow(2).sum(),
        covariance=factor * (residual["gain"] * residual["room"]).sum(),
        df=pl.len() - 1.0,
    )
    square = np.square(special.stdtrit(np.where(table["df"] > 0, table["df"], np.nan), (1 + conf) / 2))
    t2 = pl.Series("t2", square).fill_nan(None)
    a = pl.col("room").pow(2) - t2 * pl.col("room_variance")
    b = pl.col("room") * pl.col("gain") - t2 * pl.col("covariance")
    c = pl.col("gain").pow(2) - t2 * pl.col("gain_variance")
    half = (b.pow(2) - a * c).clip(lower_bound=0).sqrt()
    tells = (pl.col("room") > 0) & (a > 0)
    columns = {
        "skill": pl.col("gain") / pl.col("room"),
        "skill_conf_low": (b - half) / a,
        "skill_conf_high": (b + half) / a,
    }
    known = table.select(*keys, *(pl.when(tells).then(value).alias(name) for name, value in columns.items()))
    return cells.select(keys).unique(maintain_order=True).join(known, on=keys, how="left", maintain_order="left")
