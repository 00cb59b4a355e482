"""The shares of one cell: Opinions and its names go in; a row per choice and kind of answer comes out."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.estimation.jeffreys import limits
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.source import PARTS, SEPARATOR, is_elicited

ALPHA = 0.05


def cell_shares(
    opinions: pl.DataFrame, codebook: pl.DataFrame, question: str, demographic: str, source: str | None
) -> tuple[pl.DataFrame, str]:
    """The human, raw and calibrated shares of a cell of checked frames, in percent, and the source that is raw.

    Returns: choice, label, text, source, kind and percent, humans first and then raw, in the order of choices; `low`
        and `high`, the ends of a Jeffreys 95% interval of the human shares by their `n_eff`, null elsewhere or where
        that is not known; and the source, which is the one raw source of the cell where none is given.
    Raises: FrameError for a question, group or source that is not there, naming those that are called alike.

    Reference: Brown, Cai and DasGupta (2001), with Kish's effective sample size for the number of people.
    """
    _refuse_absent("question", question, opinions["question"])
    of_question = opinions.filter(question=question)
    _refuse_absent("demographic", demographic, of_question["demographic"], f" on {question!r}")
    rows = of_question.filter(demographic=demographic)
    where = f" of the cell ({question!r}, {demographic!r})"
    raw = _one_source(rows, where) if source is None else source
    for name in (HUMAN, raw):
        _refuse_absent("source", name, rows["source"], where)
    if raw == HUMAN or raw.count(SEPARATOR) >= PARTS.index("calibrator"):
        before = SEPARATOR.join(raw.split(SEPARATOR)[: PARTS.index("calibrator")])
        remedy = "Name a model's or a baseline." if raw == HUMAN else f"Name {before!r}, beside which it is drawn."
        raise FrameError(f"source={raw!r} is {'people' if raw == HUMAN else 'calibrated'}, not raw. {remedy}")
    drawn = rows.filter(
        (pl.col("source") == HUMAN) | (pl.col("source") == raw) | pl.col("source").str.starts_with(raw + SEPARATOR)
    )
    calibrator = pl.col("source").str.strip_prefix(raw + SEPARATOR)
    kind = (
        pl.when(pl.col("source") == HUMAN)
        .then(pl.lit(HUMAN))
        .when(pl.col("source") == raw)
        .then(pl.lit("raw" if SEPARATOR in raw else raw))
        .otherwise(pl.format("calibrated: {}", calibrator))
    )
    is_human = pl.col("source") == HUMAN
    shares = (
        _with_limits(drawn)
        .join(codebook.select("question", "choice", "label", "text"), on=["question", "choice"])
        .with_columns(kind.alias("kind"))
        .sort(~is_human, pl.col("source") != raw, "source", "choice")
        .select(
            "choice",
            "label",
            "text",
            "source",
            "kind",
            "n_eff",
            *(
                (pl.col(name) * 100).round(3).alias(new)
                for name, new in (("prob", "percent"), ("low", "low"), ("high", "high"))
            ),
        )
    )
    return shares, raw


def _with_limits(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with `n_eff`, null where it is not known, and the limits `low` and `high` of human shares by it."""
    people = pl.col("n_eff") if "n_eff" in rows.columns else pl.lit(None)
    known = rows.with_columns(people.cast(pl.Float64).alias("n_eff"))
    low, high = limits(known["prob"].to_numpy(), known["n_eff"].fill_null(0.0).to_numpy(), ALPHA)
    return known.with_columns(
        pl.when(pl.col("source") == HUMAN).then(pl.Series(name, ends)).fill_nan(None).alias(name)
        for name, ends in (("low", low), ("high", high))
    )


def _one_source(rows: pl.DataFrame, where: str) -> str:
    """The one raw source of the cell. Raises: FrameError where there is none, or several."""
    sources = rows.filter(is_elicited())["source"].unique().sort().to_list()
    if len(sources) == 1:
        return str(sources[0])
    others = rows.filter(pl.col("source") != HUMAN)["source"].unique().sort().to_list()
    raise FrameError(
        f"There are {len(sources)} raw sources{where}. Choose one with source=…: "
        f"{examples([(name,) for name in sources or others]) or 'none is there'}."
    )


def _refuse_absent(what: str, name: str, there: pl.Series, where: str = "") -> None:
    """Raises a FrameError where a name is not among those that are there, with the nearest."""
    names = there.drop_nulls().unique().sort().to_list()
    if name in names:
        return
    near = _near(name, names)
    remedy = (
        f"Did you mean {examples([(each,) for each in near])}?"
        if near
        else f"There are: {examples([(each,) for each in names]) or 'none'}."
    )
    raise FrameError(f"opinions has no {what} {name!r}{where}. {remedy}")


def _near(name: str, names: Sequence[str]) -> list[str]:
    """Up to three names that are spelled much like `name`, in any case, or begin with it or one of its parts."""
    by_case = {each.casefold(): each for each in names}
    close = [by_case[each] for each in difflib.get_close_matches(str(name).casefold(), list(by_case), n=3, cutoff=0.6)]
    begun = [each for each in names if each.casefold().startswith(str(name).casefold())]
    return list(dict.fromkeys([*close, *begun]))[:3]
