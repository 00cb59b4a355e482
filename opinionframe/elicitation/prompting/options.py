"""How options are listed: a codebook goes in, one row per question and option order comes out."""

from __future__ import annotations

import polars as pl

from opinionframe.elicitation.prompting.wording import Wording
from opinionframe.errors import check_option
from opinionframe.schemas.datasets import DATASET

ORDERS = ("given", "both", "balanced")


def listed_questions(codebook: pl.DataFrame, wording: Wording, orders: str = "given") -> pl.DataFrame:
    """One row per question and option order, with the columns that fill the placeholders of templates.

    `orders`: `given` is the codebook's; `both` adds its reverse; `balanced` rotates, so that each option stands
    once in each place.

    Returns: question; `turn`, the number of the order, from 0; `q`, the question's text; its `dataset`; `choices` as
        the text lists them; `is_misplaced`, whether a label is a number other than its place; `numbered`, the choices
        with their places where that is so (`1: '0', 2: '1'`); `n_choices` and, as text, `l`; `slots`, a comma for each
        gap between shares; `options`, the labels as listed; `order`, their choices.
    Raises: OptionError.
    """
    check_option("orders", orders, ORDERS)
    shape = wording.data["choices"]
    quote = pl.when(pl.col("label").str.contains("'", literal=True)).then(pl.lit('"')).otherwise(pl.lit("'"))
    return (
        codebook.with_columns(
            pl.concat_str(quote, "label", quote).alias("quoted"),
            pl.len().over("question").cast(pl.Int64).alias("k"),
            pl.col("choice").cast(pl.Int64).alias("place"),
        )
        .with_columns(pl.int_ranges(0, _turns(orders)).alias("turn"))
        .explode("turn")
        .with_columns(_place(orders).alias("place"))
        .sort("question", "turn", "place")
        .group_by("question", "turn", maintain_order=True)
        .agg(
            pl.col("text").first().alias("q"),
            pl.col(DATASET).first(),
            pl.col("quoted").str.join(shape["separator"]).alias("choices"),
            _numbered().str.join(shape["separator"]).alias("numbered"),
            _is_misplaced().any().alias("is_misplaced"),
            pl.len().cast(pl.UInt8).alias("n_choices"),
            pl.col("label").alias("options"),
            pl.col("choice").alias("order"),
        )
        .with_columns(
            pl.format("{}{}{}", pl.lit(shape["open"]), "choices", pl.lit(shape["close"])).alias("choices"),
            pl.format("{}{}{}", pl.lit(shape["open"]), _where_needed(), pl.lit(shape["close"])).alias("numbered"),
            pl.col("n_choices").cast(pl.String).alias("l"),
            pl.lit(", ").repeat_by(pl.col("n_choices") - 1).list.join("").str.strip_chars_end().alias("slots"),
        )
    )


def _numbered() -> pl.Expr:
    """`1: 'label'` for each choice as listed. The parser knows such a listing when it sees one."""
    return pl.format("{}: {}", pl.int_range(1, pl.len() + 1), "quoted")


def _is_misplaced() -> pl.Expr:
    """Whether a label is a number other than its place, so that an answer of that number could mean either."""
    label = pl.col("label").str.strip_chars()
    place = pl.int_range(1, pl.len() + 1).cast(pl.String)
    return label.str.contains(r"^[+-]?\d+(?:[.,]\d+)?$") & (label != place)


def _where_needed() -> pl.Expr:
    return pl.when("is_misplaced").then("numbered").otherwise("choices")


def _turns(orders: str) -> pl.Expr:
    return pl.col("k") if orders == "balanced" else pl.lit(2 if orders == "both" else 1)


def _place(orders: str) -> pl.Expr:
    """Where a choice stands in a turn, from 0."""
    if orders == "both":
        return pl.when(pl.col("turn") == 1).then(pl.col("k") - pl.col("place")).otherwise(pl.col("place") - 1)
    return (pl.col("place") - 1 - pl.col("turn")) % pl.col("k")
