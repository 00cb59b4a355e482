"""The variance that fits add to a mean: cells with `fit_influence` go in; moments whose errors count it come out."""

from collections.abc import Sequence

import polars as pl

from opinionframe.schemas.vocabulary import FIT_INFLUENCE


def with_fit_variance(moments: pl.DataFrame, cells: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """`moments` with the variance of the fits added to that between clusters, under the root of `std_error`.

    The degrees of freedom stay, which are those of the larger part. A comparison with a cell whose part is not known
    stays as it is, as do all without the column.
    """
    if FIT_INFLUENCE not in cells.columns:
        return moments
    variance = (
        cells.lazy()
        .group_by(list(dict.fromkeys([*keys, "question"])), maintain_order=True)
        .agg(pl.col(FIT_INFLUENCE).sum(), pl.len(), pl.col(FIT_INFLUENCE).is_null().any().alias("is_unknown"))
        .group_by(keys, maintain_order=True)
        .agg(
            pl.when(~pl.col("is_unknown").any())
            .then(pl.col(FIT_INFLUENCE).pow(2).sum() / pl.col("len").sum().cast(pl.Float64).pow(2))
            .alias("fit_variance")
        )
        .collect()
    )
    return (
        moments.join(variance, on=list(keys), how="left", nulls_equal=True, maintain_order="left")
        .with_columns((pl.col("std_error").pow(2) + pl.col("fit_variance").fill_null(0.0)).sqrt())
        .drop("fit_variance")
    )
