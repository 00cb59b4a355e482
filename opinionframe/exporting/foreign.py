"""Frames of other programs: popfidelity's cells go in; Opinions come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from opinionframe.errors import FrameError, OptionError, examples
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.columns import AnyFrame, typed_columns
from opinionframe.schemas.demographic import demographic_of
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import HUMAN, Codebook
from opinionframe.schemas.keys import CHOICE

POPFIDELITY: dict[str, pl.DataType] = {
    **dict.fromkeys(("cell_id", "question", "option", "source"), pl.String()),
    "share": pl.Float64(),
}
MODES = {"ntp": "logprob", "fa": "self_random"}
"""Elicitations of this package by the `mode` column; others leave the source a plain name."""


@takes_frames
def from_popfidelity(
    cells: AnyFrame,
    options: Mapping[str, Sequence[str]],
    attributes: Sequence[str] = (),
    *,
    survey: str = "survey",
    texts: Mapping[str, str] | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Opinions and a Codebook from popfidelity's long cells (cell_id, question, option, share, n, source). Collects.

    Args:
        cells: As popfidelity writes them, survey and models together or apart.
        options: The option labels of each question in scale order, as in popfidelity's questions.yaml.
        attributes: What the parts of `cell_id` between `|` are, such as ("gender", "age"); a cell is one class of
            `cell` if not given.
        survey: The source that holds human answers.
        texts: The wording of each question; its key if not given.

    Returns: (opinions, codebook). `n` becomes `n_eff`; the modes `ntp` and `fa` make the sources
        model|logprob|sd|standard and model|self_random|sd|standard.
    Raises: FrameError, OptionError.

    >>> import polars as pl
    >>> cells = pl.DataFrame({"cell_id": ["F|18-29"] * 2, "question": ["q"] * 2, "option": ["yes", "no"],
    ...     "share": [0.2, 0.8], "n": [50.0, 50.0], "source": ["survey"] * 2})
    >>> opinions, codebook = from_popfidelity(cells, {"q": ["yes", "no"]}, ["sex", "age"])
    >>> opinions.row(0)
    ('q', 'sex=F & age=18-29', 1, 'human', 0.2, 50.0)
    """
    rows = typed_columns(cells, POPFIDELITY, "cells").collect()
    replicates = rows.get_column("replicate", default=pl.Series([1])).drop_nulls().n_unique()
    if replicates > 1:
        raise FrameError(f"cells holds {replicates} replicates. Keep one of the models' with .filter(…).")
    book = _codebook(options, texts or {})
    unknown = (
        rows.select("question", "option")
        .unique()
        .join(book, left_on=["question", "option"], right_on=["question", "label"], how="anti")
    )
    if unknown.height:
        raise OptionError(
            f"options lacks {unknown.height} of them, e.g. {examples(unknown.sort('question', 'option').rows())}."
        )
    choices = book.select("question", "choice", pl.col("label").alias("option"))
    n_eff = (
        pl.col("n").cast(pl.Float64).alias("n_eff")
        if "n" in rows.columns
        else pl.lit(None, dtype=pl.Float64).alias("n_eff")
    )
    opinions = rows.join(choices, on=["question", "option"]).select(
        "question",
        _demographic(rows, attributes).alias("demographic"),
        "choice",
        _source(rows, survey).alias("source"),
        pl.col("share").alias("prob"),
        n_eff,
    )
    return opinions_border(opinions.sort("source", *CHOICE), book).collect(), book


def _codebook(options: Mapping[str, Sequence[str]], texts: Mapping[str, str]) -> pl.DataFrame:
    rows = [
        (question, number, label, float(number), texts.get(question, question), "ordinal", None, None)
        for question, labels in options.items()
        for number, label in enumerate(labels, start=1)
    ]
    return codebook_border(pl.DataFrame(rows, schema=Codebook.column_names(), orient="row", infer_schema_length=None))


def _demographic(rows: pl.DataFrame, attributes: Sequence[str]) -> pl.Expr:
    """The demographic that the parts of `cell_id` spell. Raises: OptionError where their number differs."""
    if not attributes:
        return demographic_of({"cell": pl.col("cell_id")})
    parts = rows["cell_id"].str.split("|").list.len().unique()
    if parts.to_list() != [len(attributes)]:
        raise OptionError(
            f"cell_id has {parts.sort().to_list()} parts and attributes names {len(attributes)}. Name each part once."
        )
    part = pl.col("cell_id").str.split("|")
    return demographic_of({name: part.list.get(i) for i, name in enumerate(attributes)})


def _source(rows: pl.DataFrame, survey: str) -> pl.Expr:
    """`human` for the survey, a model's four parts where its mode is one of MODES, else the name as it stands."""
    elicitation = pl.lit(None, dtype=pl.String)
    if "mode" in rows.columns:
        elicitation = pl.col("mode").replace_strict(MODES, default=None, return_dtype=pl.String)
    model_source = pl.format("{}|{}|sd|standard", pl.col("source").str.replace_all("|", "/", literal=True), elicitation)
    return pl.when(pl.col("source") == survey).then(pl.lit(HUMAN)).otherwise(pl.coalesce(model_source, "source"))
