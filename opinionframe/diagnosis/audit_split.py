"""What a split lets through: how far one gets without any model, and near-identical questions on both sides."""

import numpy as np
import polars as pl

from opinionframe.alignment.align import aligned
from opinionframe.calibration import LABEL_MEAN, deal_folds
from opinionframe.calibration.baselines import with_baselines
from opinionframe.calibration.methods.kriging.text_cosines import text_cosines
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.keys import CHOICE, GROUP
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.own_columns import lean, own_name
from opinionframe.schemas.source import is_elicited

NEAR_IDENTICAL = 0.9
"""Cosine of two texts' character 3- to 5-grams from which they count as the same question."""

LOOKED_UP = "looked-up"


def audit_split(
    opinions: Frame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    split: str = "question",
    folds: int = 10,
    reference: str = HUMAN,
    seed: int,
) -> Frame:
    """How well a predictor does under a split with no model at all, by looking up the question's other groups.

    For every held-out cell it answers with the mean human distribution of the same question's groups in the
    training folds, and with the label mean where there is none. Under a split that keeps questions together it
    never finds one. Scores are in [0, 1]. Collects.

    Args:
        opinions: Opinions with rows of `reference` and of elicited sources, whose cells are split.
        codebook: Codebook of its questions, ordinal ones.
        split: What is held out together, as in `calibrate`.
        folds: How many folds the units are dealt into.
        reference: The source whose distributions are looked up, and compared with.
        seed: Deals the folds.

    Returns:
        One row: `split`, `folds`, `cells`, `looked_up` (share of held-out cells whose question is also in training),
        `no_model` (alignment of that predictor), `label_mean` (of the label mean alone), `leak` (their difference),
        `near_identical` (held-out questions with a near-identical text in training) and `examples` of them.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> asked = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base"], seed=1)
    >>> of.audit_split(asked, survey.codebook, split="row", seed=1)["looked_up"].item()
    1.0
    """
    book = codebook_border(codebook)
    rows = opinions_border(opinions, book).collect()
    slim = lean(rows, [split])
    cells = deal_folds(slim.filter(is_elicited()), book, own_name(split, slim), folds, seed)
    people = lean(rows).filter(pl.col("source") == reference)
    human = people.join(cells, on=GROUP)
    predicted = _looked_up(human, with_baselines(people.lazy(), book, [LABEL_MEAN], reference).collect())
    alignment = aligned(pl.concat([human.drop("fold"), predicted], how="diagonal"), book, reference)
    scores = dict(alignment.group_by("source").agg(pl.col("alignment").mean()).rows())
    twins = _near_identical(cells, book)
    row = {
        "split": split,
        "folds": cells["fold"].n_unique(),
        "cells": len(cells),
        "looked_up": _share_looked_up(cells),
        "no_model": scores[LOOKED_UP],
        "label_mean": scores[LABEL_MEAN],
        "leak": scores[LOOKED_UP] - scores[LABEL_MEAN],
        "near_identical": twins["question"].n_unique(),
        "examples": [f"{a} ~ {b}" for a, b in twins.head(3).rows()],
    }
    return same_kind(pl.LazyFrame([row], schema_overrides={"examples": pl.List(pl.String)}), opinions)


def _looked_up(human: pl.DataFrame, with_label_mean: pl.DataFrame) -> pl.DataFrame:
    """Rows of the predictor and of the label mean for every held-out cell."""
    total = human.group_by("question", "choice").agg(pl.col("prob").sum().alias("total"), pl.len().alias("groups"))
    own = human.group_by("question", "choice", "fold").agg(
        pl.col("prob").sum().alias("own"), pl.len().alias("held_out")
    )
    labels = with_label_mean.filter(source=LABEL_MEAN).select(*CHOICE, pl.col("prob").alias("labels"))
    training = pl.col("groups") - pl.col("held_out")
    rows = (
        human.join(total, on=["question", "choice"])
        .join(own, on=["question", "choice", "fold"])
        .join(labels, on=CHOICE)
    )
    answer = pl.when(training > 0).then((pl.col("total") - pl.col("own")) / training).otherwise("labels")
    return pl.concat(
        [
            rows.select(*CHOICE, source=pl.lit(LOOKED_UP), prob=answer),
            rows.select(*CHOICE, source=pl.lit(LABEL_MEAN), prob="labels"),
        ]
    )


def _share_looked_up(cells: pl.DataFrame) -> float:
    spread = cells.group_by("question").agg(pl.col("fold").n_unique().alias("folds"))
    return float((cells.join(spread, on="question")["folds"] > 1).mean())  # type: ignore[arg-type]  # never empty here


def _near_identical(cells: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a held-out question and one in training whose texts are almost the same."""
    folds = cells.group_by("question").agg(pl.col("fold").unique()).join(_texts(book), on="question").sort("question")
    similar = np.argwhere(text_cosines(folds["text"].to_list(), sublinear=False) >= NEAR_IDENTICAL)
    names, sides = folds["question"].to_list(), [set(fold) for fold in folds["fold"].to_list()]
    pairs = [(names[a], names[b]) for a, b in similar if a != b and (sides[b] - sides[a] or len(sides[a]) > 1)]
    return pl.DataFrame(pairs, schema={"question": pl.String, "twin": pl.String}, orient="row")


def _texts(book: pl.DataFrame) -> pl.DataFrame:
    return book.select("question", "text").unique("question")
