"""Pairs of sources: the sources of a frame go in; one row per comparison (pair, source, versus) comes out."""

from collections.abc import Collection, Sequence

import polars as pl

from opinionframe.errors import FrameError, OptionError, examples
from opinionframe.schemas.frames import UNIFORM
from opinionframe.schemas.source import PARTS, SEPARATOR, raw_source, split_source

Pair = str | Sequence[tuple[str, str]]

SWAPS = {
    "base-sd": ("prompt", "sd", "base"),
    "standard-few_shot": ("variant", "few_shot", "standard"),
    "standard-cot": ("variant", "cot", "standard"),
}
"""Pairs of sources that differ in one part: (part, its value in `source`, its value in `versus`)."""

NAMED = ("raw-calibrated", *SWAPS, "baseline")
LISTED = "listed"


def paired_sources(sources: pl.DataFrame, pair: Pair) -> pl.DataFrame:
    """One row per comparison that `pair` declares among `sources` (column `source`, further columns are groups).

    Returns: one row per group and comparison: the groups, `pair`, `source`, `versus`.
    Raises: OptionError for an unknown pair; FrameError when a listed source is absent, or nothing pairs up.
    """
    by = [column for column in sources.columns if column != "source"]
    label = pair if isinstance(pair, str) else LISTED
    candidates = _candidates(sources, pair)
    keys = [*by, "versus"]
    others = sources.rename({"source": "versus"})
    comparisons = candidates.filter(pl.col("versus") == UNIFORM).extend(
        candidates.filter(pl.col("versus") != UNIFORM).join(
            others, on=keys, how="semi", nulls_equal=True, maintain_order="left"
        )
    )
    if comparisons.is_empty():
        shown = examples(sources.select("source").unique().sort("source").rows())
        raise FrameError(
            f"pair={label!r} finds no two sources to compare among {shown}. "
            "Keep both sides of the pair in the frame, or list the pairs as [(source, versus), …]."
        )
    return comparisons.select(*by, pl.lit(label).alias("pair"), "source", "versus").sort(*by, "source", "versus")


def _candidates(sources: pl.DataFrame, pair: Pair) -> pl.DataFrame:
    """The comparisons that `pair` would declare if both sides were there: `source`, `versus` and the groups."""
    if not isinstance(pair, str):
        return _listed(sources, pair)
    plain = sources.filter(~pl.col("source").str.contains(SEPARATOR, literal=True))["source"]
    if pair == "raw-calibrated":
        versus = raw_source()
    elif pair in SWAPS:
        return sources.filter(_has_first_value(pair)).pipe(_with_swapped_part, pair)
    elif pair == "baseline" or pair in plain:
        versus = pl.lit(UNIFORM if pair == "baseline" else pair)
    else:
        allowed = sorted({*NAMED, *plain})
        raise OptionError(f"pair={pair!r} is not known. Allowed: {', '.join(allowed)}, or a list of (source, versus).")
    return sources.with_columns(versus.alias("versus")).filter(pl.col("versus") != pl.col("source"))


def _listed(sources: pl.DataFrame, pairs: Sequence[tuple[str, str]]) -> pl.DataFrame:
    """The listed comparisons, in every group that has their source."""
    listed = list(pairs) if isinstance(pairs, Collection) else []
    if not listed or any(isinstance(row, str) or not isinstance(row, Collection) or len(row) != 2 for row in listed):
        raise OptionError(f"pair={pairs!r} must list at least one (source, versus).")
    rows = list(dict.fromkeys(tuple(each) for each in listed))
    if alone := [(one,) for one, other in rows if one == other]:
        raise OptionError(
            f"pair compares {len(alone)} sources with themselves, e.g. {examples(alone)}. Leave them out."
        )
    names = {*sources["source"], UNIFORM}
    unknown = sorted({name for row in rows for name in row if name not in names})
    if unknown:
        shown = examples([(name,) for name in unknown])
        raise FrameError(
            f"pair names {len(unknown)} sources that are not in the frame, e.g. {shown}. "
            f"Those in it: {', '.join(sorted(names))}."
        )
    pairs_frame = pl.DataFrame(rows, schema={"source": pl.String, "versus": pl.String}, orient="row")
    return sources.join(pairs_frame, on="source", how="inner")


def _has_first_value(pair: str) -> pl.Expr:
    """Whether a source has the value that the first side of a swap has."""
    part, value, _ = SWAPS[pair]
    return pl.col("source").str.split(SEPARATOR).list.get(PARTS.index(part), null_on_oob=True) == value


def _with_swapped_part(sources: pl.DataFrame, pair: str) -> pl.DataFrame:
    """`sources` with `versus`, the same source with the other value of the swapped part."""
    part, _, value = SWAPS[pair]
    replaced = [pl.lit(value) if name == part else pl.col(name) for name in PARTS]
    versus = pl.concat_str(replaced, separator=SEPARATOR, ignore_nulls=True)
    parts = split_source(sources.lazy()).with_columns(versus.alias("versus"))
    return parts.select(*sources.columns, "versus").collect()
