"""`audit_split`: Opinions and a split go in; what it lets through from training to test comes out."""

from typing import Any

import numpy as np
import polars as pl

from opinionframe.alignment.align import aligned
from opinionframe.calibration import LABEL_MEAN, deal_folds
from opinionframe.calibration.baselines import with_baselines
from opinionframe.calibration.folds import check_dealing
from opinionframe.calibration.methods.kriging.text_cosines import text_cosines
from opinionframe.diagnosis.split_batteries import split_batteries, warn_of_one_kind
from opinionframe.divergence import BY_SCALE
from opinionframe.errors import check_source
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.keys import CHOICE, GROUP
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.one_metric import METRIC
from opinionframe.schemas.own_columns import lean, own_name
from opinionframe.schemas.source import is_elicited

NEAR_IDENTICAL = 0.9
"""Cosine of two texts' character 3- to 5-grams from which they count as the same question."""

LISTED = {"examples": pl.List(pl.String), "split_batteries": pl.List(pl.String)}
NUMBERS = ("looked_up", "no_model", "label_mean", "leak")
COLUMNS = ("split", "folds", "cells", *NUMBERS, "near_identical", "examples", "siblings", "split_batteries", METRIC)

LOOKED_UP = "looked-up"
"""The source of the predictor that looks up the question's other groups."""


@takes_frames
def audit_split(
    opinions: Frame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    split: str = "question",
    folds: int = 10,
    reference: str = HUMAN,
    metric: str = BY_SCALE,
    seed: int,
) -> Frame:
    """One row per metric: the alignment that a split allows without any model, and near-identical questions across it.

    Collects. A predictor answers every held-out cell with the mean human distribution of the same question's groups in
    the training folds, and with the label mean (of other questions with the same answer labels) where there is none.
    Under a split that keeps questions together it never finds one. Scores are in [0, 1].

    Args:
        opinions: Opinions with rows of `reference` and of elicited sources, whose cells are split.
        codebook: Codebook of its questions.
        split: What is held out together, as in `calibrate`.
        folds: How many folds the units are dealt into.
        reference: The source whose distributions are looked up, and compared with.
        metric: As in `align`; with `by scale`, ordinal and nominal questions stand in rows of their own.
        seed: Deals the folds.

    Returns:
        One row per metric: `split`, `folds`, `cells`, `looked_up` (share of held-out cells whose question is also in
        training), `no_model` (alignment of that predictor), `label_mean` (of the label mean alone), `leak` (their
        difference: what the split gives away), `near_identical` (held-out questions with a text in training whose
        cosine is 0.9 or more) and `examples` of them; `siblings` (held-out questions with one of their battery, as
        `split="battery"` makes them of wordings, in training) and `split_batteries`, their names, each battery in one
        text.

    Warns where all questions are of one battery, or of one topic: no split can keep siblings apart there.

    Raises: FrameError for a broken frame; OptionError for a split that cannot be dealt.

    >>> import warnings
    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> opinions = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base"], seed=1)
    >>> with warnings.catch_warnings(record=True) as said:
    ...     warnings.simplefilter("always")
    ...     row = of.audit_split(opinions, survey.codebook, split="row", seed=1)
    >>> row["looked_up"].item(), str(said[0].message)[:62]
    (1.0, 'All 18 questions are of one battery, worded almost alike, e.g.')
    """
    check_source("reference", reference)
    check_dealing(split, folds, seed)
    book = codebook_border(codebook)
    rows = opinions_border(opinions, book).collect()
    lean_rows = lean(rows, [split])
    elicited = lean_rows.filter(is_elicited() & (pl.col("source") != reference))
    cells = deal_folds(elicited, book, own_name(split, lean_rows), folds, seed)
    human_rows = lean(rows).filter(pl.col("source") == reference)
    human = human_rows.join(cells, on=GROUP)
    predicted = _predictions(human, with_baselines(human_rows.lazy(), book, [LABEL_MEAN], reference).collect())
    alignment = aligned(pl.concat([human.drop("fold"), predicted], how="diagonal"), book, reference, metric)
    pairs = _near_identical_pairs(cells, book)
    people = lean_rows.filter(pl.col("source") == reference)
    held_out = deal_folds(elicited, book, own_name(split, lean_rows), folds, seed, others=people)
    divided = split_batteries(cells, held_out, people, book)
    warn_of_one_kind(cells, book)
    rows_of = sorted(alignment.partition_by(METRIC, as_dict=True).items())
    table = [
        _row(name, part, cells, pairs, divided) | {"split": split, "folds": cells["fold"].n_unique()}
        for (name,), part in rows_of
    ]
    return same_kind(pl.LazyFrame(table, schema_overrides=LISTED).select(COLUMNS), opinions)


def _row(
    metric: str, alignment: pl.DataFrame, cells: pl.DataFrame, pairs: pl.DataFrame, divided: pl.DataFrame
) -> dict[str, Any]:
    """What the split lets through to the questions that `metric` scores."""
    scores = dict(alignment.group_by("source").agg(pl.col("alignment").mean()).rows())
    questions = alignment.select("question").unique()
    own_cells, own_pairs, own_divided = (
        frame.join(questions, on="question", how="semi") for frame in (cells, pairs, divided)
    )
    return {
        METRIC: metric,
        "cells": len(own_cells),
        "looked_up": _looked_up_share(own_cells),
        "no_model": scores[LOOKED_UP],
        "label_mean": scores[LABEL_MEAN],
        "leak": scores[LOOKED_UP] - scores[LABEL_MEAN],
        "near_identical": own_pairs["question"].n_unique(),
        "examples": [f"{a} ~ {b}" for a, b in own_pairs.sort("question", "twin").head(3).rows()],
        "siblings": len(own_divided),
        "split_batteries": own_divided["names"].unique().sort().to_list(),
    }


def _predictions(human: pl.DataFrame, with_label_mean: pl.DataFrame) -> pl.DataFrame:
    """Rows of the predictor and of the label mean for every held-out cell."""
    sums = human.group_by("question", "choice").agg(pl.col("prob").sum().alias("total"), pl.len().alias("groups"))
    fold_sums = human.group_by("question", "choice", "fold").agg(
        pl.col("prob").sum().alias("own"), pl.len().alias("held_out")
    )
    labels = with_label_mean.filter(source=LABEL_MEAN).select(*CHOICE, pl.col("prob").alias("labels"))
    training = pl.col("groups") - pl.col("held_out")
    rows = (
        human.join(sums, on=["question", "choice"])
        .join(fold_sums, on=["question", "choice", "fold"])
        .join(labels, on=CHOICE)
    )
    prob = pl.when(training > 0).then((pl.col("total") - pl.col("own")) / training).otherwise("labels")
    return pl.concat(
        [
            rows.select(*CHOICE, source=pl.lit(LOOKED_UP), prob=prob),
            rows.select(*CHOICE, source=pl.lit(LABEL_MEAN), prob="labels"),
        ]
    )


def _looked_up_share(cells: pl.DataFrame) -> float:
    """The share of cells, in [0, 1], whose question has cells in several folds."""
    folds_of_question = cells.group_by("question").agg(pl.col("fold").n_unique().alias("folds"))
    return float((cells.join(folds_of_question, on="question")["folds"] > 1).mean())  # type: ignore[arg-type]  # never empty here


def _near_identical_pairs(cells: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a held-out question and one in training whose texts are almost the same."""
    folds = (
        cells.group_by("question")
        .agg(pl.col("fold").unique())
        .join(_question_texts(book), on="question")
        .sort("question")
    )
    similar = np.argwhere(text_cosines(folds["text"].to_list(), sublinear=False) >= NEAR_IDENTICAL)
    names, folds_of = folds["question"].to_list(), [set(fold) for fold in folds["fold"].to_list()]
    pairs = [(names[a], names[b]) for a, b in similar if a != b and (folds_of[b] - folds_of[a] or len(folds_of[a]) > 1)]
    return pl.DataFrame(pairs, schema={"question": pl.String, "twin": pl.String}, orient="row")


def _question_texts(book: pl.DataFrame) -> pl.DataFrame:
    """The text of each question."""
    return book.select("question", "text").unique("question")
