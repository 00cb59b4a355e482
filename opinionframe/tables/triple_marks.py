"""Triples as the paper marks them: tests of `anova` go in; marks of all three pairs, bold and omnibus text come out."""

from __future__ import annotations

import polars as pl

from opinionframe.inference.methods import CLUSTER_T
from opinionframe.inference.omnibus import OMNIBUS
from opinionframe.schemas.source import source_part
from opinionframe.tables import marks

SETTING = ("dataset", "demographic", "source")
"""What a printed score and its tests have in common, as far as the tests know it."""

LEAST_P = 0.001

OMNIBUS_COLUMN = pl.concat_str("prompt", "elicitation", pl.lit("omnibus"), "calibrator", separator="|").alias("column")
"""The printed column in which the omnibus test of a calibrated setting stands."""

BOLD = "significantly better than both others of its triple"


def both_ways(tests: pl.DataFrame) -> pl.DataFrame:
    """The pairs of `tests`, each from both of its sides, with the `gain` of `source` over `versus`."""
    pairs = tests.filter(~pl.col("method").is_in(list(OMNIBUS.values())))
    forth = pairs.with_columns(gain=pl.col("estimate"))
    back = pairs.with_columns(gain=-pl.col("estimate"), source="versus", versus="source")
    return pl.concat([forth, back.select(forth.columns)])


def marked_pairs(pairs: pl.DataFrame, against: str) -> pl.DataFrame:
    """Significant `pairs` as they are marked: on the calibrated score, and on the variant's where it meets raw.

    Returns: `pairs` with `mark`, such as `raw by paired t`; `against` is what the variant is called.
    """
    meets_raw = source_part("variant", "versus") == "standard"
    is_raw = pl.col("source") == raw_source_of("source")
    other = pl.when(meets_raw).then(pl.lit("raw")).otherwise(pl.lit(against))
    calibrated_first = pl.col("source").str.count_matches("|", literal=True) >= pl.col("versus").str.count_matches(
        "|", literal=True
    )
    return pairs.filter(~is_raw & calibrated_first).with_columns(mark=pl.concat_str(other, pl.lit(" by "), "method"))


def raw_source_of(column: str) -> pl.Expr:
    """The source without what calibrated it, as a standard one."""
    parts = pl.col(column).str.split("|")
    return pl.concat_str(parts.list.head(3).list.join("|"), pl.lit("|standard"))


def is_best(pairs: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
    """Whether each of `rows` is significantly better than both others of every triple that it is in.

    By the test clustered by question, where there is one.
    """
    methods = pairs["method"].unique().sort().to_list()
    method = CLUSTER_T if CLUSTER_T in methods else methods[0]
    on = [column for column in SETTING if column in pairs.columns and column in rows.columns]
    better = (
        pairs.filter(method=method)
        .group_by(on)
        .agg(((pl.col("gain") > 0) & pl.col("significant")).all().alias("is_best"))
    )
    return rows.join(better, on=on, how="left", maintain_order="left")["is_best"].fill_null(value=False)


def omnibus_text(tests: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
    """Of each of `rows`, calibrated sources, the corrected p of its triple by every omnibus test, as text."""
    overall = tests.filter(pl.col("method").is_in(list(OMNIBUS.values())))
    on = [column for column in ("dataset", "demographic") if column in tests.columns and column in rows.columns]
    p = pl.coalesce("p_adjusted", "p_value")
    text = pl.when(p < LEAST_P).then(pl.lit(f"<{LEAST_P}")).otherwise(marks.number(p, 3))
    texts = (
        overall.with_columns(text=text, order=pl.col("method").replace_strict(list(OMNIBUS.values()), [0, 1]))
        .sort("order")
        .group_by(*on, pl.col("triple").alias("source"), maintain_order=True)
        .agg(pl.col("text").str.join(" / "))
    )
    return rows.join(texts, on=[*on, "source"], how="left", maintain_order="left")["text"].fill_null(marks.ABSENT)


def omnibus_note(tests: pl.DataFrame) -> str:
    """What the omnibus column says."""
    present = tests["method"].unique().to_list()
    names = " / ".join(name for name in OMNIBUS.values() if name in present)
    adjust = ", ".join(tests["adjust"].unique().sort().to_list())
    return (
        f"p: whether the three differ at all, by {names}, correction: {adjust}. A pair is marked only where its "
        "triple differs."
    )


def omnibus_columns(columns: pl.DataFrame) -> pl.DataFrame:
    """A grid's `columns` with a column `p` after each calibrated one."""
    places = columns.with_row_index("place")
    added = places.filter(pl.col("calibrator").is_not_null()).with_columns(OMNIBUS_COLUMN, pl.lit("p").alias("label"))
    return pl.concat([places, added]).sort("place", maintain_order=True).drop("place")


def with_omnibus(rows: pl.DataFrame, columns: pl.DataFrame, cells: pl.DataFrame, tests: pl.DataFrame) -> pl.DataFrame:
    """A grid's `rows` in its `omnibus_columns`: beside each calibrated score the omnibus test of its triple."""
    calibrated = cells.filter(pl.col("calibrator").is_not_null())
    texts = calibrated.select(
        marks.cleaned(pl.col("dataset")).alias("section"),
        marks.cleaned(pl.col("model")).alias("label"),
        OMNIBUS_COLUMN,
        omnibus_text(tests, calibrated).alias("text"),
    )
    names = columns.filter(pl.col("calibrator").is_not_null()).select(OMNIBUS_COLUMN)["column"].to_list()
    wide = texts.pivot("column", index=["section", "label"], values="text", on_columns=names)
    with_p = rows.join(wide, on=["section", "label"], how="left", maintain_order="left")
    all_columns = omnibus_columns(columns)["column"]
    return with_p.select("section", "label", *(pl.col(column).fill_null("") for column in all_columns))
