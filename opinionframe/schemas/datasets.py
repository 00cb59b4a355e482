"""The dataset of each question, as the codebook has it."""

import polars as pl

DATASET = "dataset"


def datasets(codebook: pl.DataFrame) -> pl.LazyFrame:
    """One row per question of a checked codebook with its `dataset`; null where it names none. Lazy."""
    return codebook.lazy().group_by("question").agg(pl.col(DATASET).first())


def has_several(codebook: pl.DataFrame) -> bool:
    """Whether questions are of several datasets; those without a name are one of their own beside named ones."""
    return codebook[DATASET].n_unique() > 1


def names_datasets(codebook: pl.DataFrame) -> bool:
    """Whether the codebook names the dataset of any question."""
    return not codebook[DATASET].is_null().all()
