"""Choices that mean the same in several questions: a codebook goes in; which choices may be pooled comes out.

Choices of ordinal questions are alike by their place on the scale. Those of nominal questions have no place, only a
label: the order in which they are listed says nothing.
"""

import polars as pl

IS_NOMINAL = pl.col("scale") == "nominal"


def alike_choices(codebook: pl.DataFrame) -> pl.LazyFrame:
    """One row per choice: `nominal`, `k` (choices of its question), `labels` (all of them) and `slot`. Lazy.

    Choices with the same `nominal`, `labels` and `slot` are alike: the slot is the place on an ordinal scale, and among
    a nominal question's labels in their alphabetical order.
    """
    label = pl.col("label").str.to_lowercase().str.strip_chars()
    in_order = label.sort_by("choice").str.join("|").over("question")
    sorted_labels = label.sort().str.join("|").over("question")
    by_label = label.rank("ordinal").over("question").cast(pl.UInt8)
    return codebook.lazy().select(
        "question",
        "choice",
        nominal=IS_NOMINAL,
        k=pl.len().over("question"),
        labels=pl.when(IS_NOMINAL).then(sorted_labels).otherwise(in_order),
        slot=pl.when(IS_NOMINAL).then(by_label).otherwise(pl.col("choice").cast(pl.UInt8)),
    )
