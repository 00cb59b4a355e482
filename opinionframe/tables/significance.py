"""Significance in a table: Tests go in; the pairs that differ, their marks and notes on them come out."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from opinionframe.alignment.estimand import BY_CELL, ESTIMAND
from opinionframe.errors import FrameError, as_names, check_option, examples
from opinionframe.inference.covers import COVERS, LEVEL
from opinionframe.inference.methods import PAIRED_T
from opinionframe.inference.omnibus import OMNIBUS
from opinionframe.schemas.one_metric import refuse_mixed
from opinionframe.schemas.source import SEPARATOR, is_calibrated, is_elicited, raw_source, split_source
from opinionframe.tables import marks
from opinionframe.tables.scores import ONE_DATASET

MARGIN = "margin"
"""The column that tells tests of equivalence from others."""

BY_CELL_ALONE = (
    "Nothing is marked: tests are by paired t alone, which takes all cells as independent. "
    f"marks={PAIRED_T!r} marks by it; of.compare(…) tests by question too."
)

APART = ("dataset", "demographic")
"""What keeps printed means of a source apart, as far as their table does."""


Methods = str | Sequence[str] | None
"""The methods whose tests are marked; None for all that do not take cells as independent."""


def against_raw(
    tests: pl.DataFrame, printed: pl.DataFrame, alpha: float, metric: str | None, methods: Methods = None
) -> pl.DataFrame:
    """The tests by `methods` of a calibrated, few-shot or CoT source against its raw one.

    A test counts by its corrected p-value; one that gives only an interval, by the interval leaving out 0. Tests of
    another metric than that of the `printed` scores mark nothing.
    Returns: their rows with `mark`, what they are marks of; `gain`, the difference of `source`; and `significant`.
    Raises: FrameError if more methods were used than there are marks for, no test is of the printed metric, or tests
        are of other means than those printed, or of equivalence; OptionError for a method that `tests` do not have.
    """
    pairs = (
        by_methods(of_metric(tests, metric), methods)
        .lazy()
        .filter(_is_against_raw() & ~pl.col("method").is_in(list(OMNIBUS.values())))
        .with_columns(is_beyond_chance(alpha), pl.format("raw by {}", "method").alias("mark"), gain=pl.col("estimate"))
        .pipe(split_source)
        .collect()
    )
    refuse_many(pairs)
    refuse_other_means(pairs, printed)
    return pairs


def by_methods(tests: pl.DataFrame, methods: Methods) -> pl.DataFrame:
    """The rows of `tests` that are marked, in the order of `methods`, each with the omnibus test that goes with it.

    Raises: FrameError for tests of equivalence, which say that scores do not differ; OptionError.
    """
    if MARGIN in tests.columns and (alike := tests.filter(pl.col(MARGIN).is_not_null())).height:
        raise FrameError(
            f"tests has {alike.height} rows of equivalence, e.g. by {alike['method'][0]!r}, which cannot mark what "
            "differs. Mark with tests of of.compare(…); of.tables.tests(…) prints these."
        )
    if methods is None:
        return tests.filter(~is_by_cell())
    names = as_names("marks", methods)
    there = [name for name in tests["method"].unique().sort() if name not in OMNIBUS.values()]
    for name in names:
        check_option("marks", name, there)
    if not names:
        return tests.clear()
    order = [part for name in names for part in (name, OMNIBUS.get(name)) if part]
    chosen = tests.filter(pl.col("method").is_in(order))
    return chosen.sort(pl.col("method").replace_strict(order, range(len(order))), maintain_order=True)


def is_by_cell() -> pl.Expr:
    """Whether a test takes cells as independent of each other, as the paper's does."""
    return pl.col("method").str.ends_with(PAIRED_T) | (pl.col("method") == OMNIBUS[PAIRED_T])


def is_beyond_chance(alpha: float) -> pl.Expr:
    """Whether a test is significant: by its corrected p-value, else by its interval; never null."""
    beyond_zero = (pl.col("conf_low") > 0) | (pl.col("conf_high") < 0)
    by_p = pl.coalesce("p_adjusted", "p_value") < alpha
    return pl.coalesce(by_p, beyond_zero).fill_null(value=False).alias("significant")


def refuse_many(pairs: pl.DataFrame) -> None:
    """Raises a FrameError if there are more marks than signs."""
    if (count := pairs["mark"].n_unique()) > len(marks.SIGNS):
        raise FrameError(
            f"tests uses {count} methods and a table can mark {len(marks.SIGNS)}. "
            "Name those to be marked with marks=[…]."
        )


def refuse_other_means(pairs: pl.DataFrame, printed: pl.DataFrame) -> None:
    """Raises a FrameError where marked `pairs` are over more cells than a `printed` mean, or over parts of its cells.

    `printed` has a row per mean, with its `source` and those columns of APART that keep its means apart.
    """
    tested = pairs.join(printed, on="source", how="semi")
    apart = [name for name in APART if name in printed.columns]
    of_tested = printed.join(tested, on="source", how="semi").group_by("source").agg(pl.col(apart).n_unique())
    several = [name for name in apart if of_tested.filter(pl.col(name) > 1).height]
    if lacking := [name for name in several if name not in tested.columns]:
        sources = of_tested.filter(pl.any_horizontal(pl.col(lacking) > 1)).select("source").sort("source")
        raise FrameError(
            f"tests are over every {lacking[0]} together, and scores are printed by {lacking[0]}, those of e.g. "
            f"{examples(sources.rows())}. Make them with of.compare(…, by={several!r})."
        )
    within = [name for name in apart if name in tested.columns]
    one_mean = [name for name in (*within, "triple", "source", "versus", "mark") if name in tested.columns]
    counts = tested.group_by(one_mean).agg(pl.struct("estimate", "n").n_unique().alias("tests"))
    split = counts.filter(pl.col("tests") > 1)
    if split.height:
        shown = examples(split.select("source", "mark", "tests").sort(pl.all()).rows())
        by = f", by={within[0]!r}" if len(within) == 1 else f", by={within}" if within else ""
        raise FrameError(
            f"tests has several comparisons for {split.height} printed scores, e.g. {shown}, as of.compare(…, by=…) "
            f"makes them within parts of what a score is the mean of. Make them with of.compare(…{by}), or keep one "
            "part of the scores and of the tests with .filter(…)."
        )


def of_metric(tests: pl.DataFrame, metric: str | None) -> pl.DataFrame:
    """The tests of one metric, and those that name none; what has no dataset goes by the name that scores give it."""
    tests = tests.with_columns(pl.col(name).cast(pl.String) for name in APART if name in tests.columns)
    if "dataset" in tests.columns:
        tests = tests.with_columns(pl.col("dataset").fill_null(ONE_DATASET))
    if metric is None:
        refuse_mixed(tests, name="tests")
        return tests
    rows = tests.filter(pl.col("metric").is_null() | (pl.col("metric") == metric))
    if rows.is_empty() and tests.height:
        others = ", ".join(tests["metric"].unique().sort().to_list())
        raise FrameError(
            f"tests has {tests.height} rows of {others}, none of {metric}, which the printed scores are of. Make them "
            "with of.compare from the same scores."
        )
    return rows


def _is_against_raw() -> pl.Expr:
    """Whether a test compares a calibrated source, or a variant, with its raw one."""
    standard = pl.concat_str(
        pl.col("source").str.split(SEPARATOR).list.head(3).list.join(SEPARATOR), pl.lit("|standard")
    )
    is_variant = is_elicited() & (pl.col("versus") == standard) & (pl.col("source") != standard)
    return (is_calibrated() & (raw_source() == pl.col("versus"))).fill_null(value=False) | is_variant


def signs(pairs: pl.DataFrame | None, printed: pl.DataFrame) -> dict[str, tuple[str, str]]:
    """The signs, up and down, of each mark that some `printed` mean bears, in the order of the tests."""
    if pairs is None:
        return {}
    borne = _borne(pairs, printed)["mark"].to_list()
    every = zip(pairs["mark"].unique(maintain_order=True), marks.SIGNS, strict=False)
    return {name: up_and_down for name, up_and_down in every if name in borne}


def directions(pairs: pl.DataFrame | None, rows: pl.DataFrame, mark: str) -> pl.Series:
    """1 where the score of `rows` (`source` and those of APART) is significantly higher, -1 where lower, else null."""
    if pairs is None:
        return pl.repeat(None, rows.height, dtype=pl.Int8, eager=True)
    on = _in_common(pairs, rows)
    direction = (
        pairs.filter(mark=mark, significant=True).select(*on, direction=pl.col("gain").sign().cast(pl.Int8)).unique()
    )
    return rows.join(direction, on=on, how="left", maintain_order="left")["direction"]


def _borne(pairs: pl.DataFrame, printed: pl.DataFrame) -> pl.DataFrame:
    """The significant `pairs` of `printed` means."""
    return pairs.filter("significant").join(printed, on=_in_common(pairs, printed), how="semi")


def _in_common(pairs: pl.DataFrame, rows: pl.DataFrame) -> list[str]:
    """The columns by which tests and means belong together."""
    return [column for column in (*APART, "source") if column in pairs.columns and column in rows.columns]


def notes(
    pairs: pl.DataFrame | None,
    sign_of: dict[str, tuple[str, str]],
    alpha: float,
    printed: pl.DataFrame,
    tests: pl.DataFrame | None = None,
) -> list[str]:
    """One line per mark: its test, correction, family, clustering and sizes; and whether it is of the `printed` means.

    `printed` has their `source`, number of cells `n` and, where it is known, `estimand`; `tests` are all that were
    given.
    """
    if pairs is None or pairs.is_empty():
        against = (
            pl.Series([], dtype=pl.Boolean)
            if tests is None
            else tests.filter(_is_against_raw()).select(is_by_cell()).to_series()
        )
        if against.is_empty():
            return ["No test of calibrated against raw was given, so nothing is marked."]
        return [BY_CELL_ALONE if against.all() else "Tests were given, and none is marked, as was asked."]
    tested = pairs.join(printed, on=_in_common(pairs, printed), how="semi", maintain_order="left")
    if tested.is_empty():
        sources = examples(pairs.select(pl.col("source").unique().sort()).rows())
        return [marks.clean(f"Tests were given of other scores than those printed, so nothing is marked: {sources}.")]
    named = printed[ESTIMAND].drop_nulls().unique().to_list() if ESTIMAND in printed.columns else []
    silent = () if set(named) - {str(BY_CELL), BY_CELL.of_pairs()} else (BY_CELL.of_pairs(),)
    borne = _borne(pairs, printed)
    lines = []
    for mark in tested["mark"].unique(maintain_order=True):
        gains = borne.filter(mark=mark)["gain"]
        up, down = sign_of.get(mark, ("", ""))
        words = [*([f"{up} higher"] if (gains > 0).any() else []), *([f"{down} lower"] if (gains < 0).any() else [])]
        claim = f"{', '.join(words)} than" if words else "No score differs from"
        lines.append(_note(tested.filter(mark=mark), f"{claim} {mark}", alpha, silent))
    return [*lines, *_untested(tested, printed), *_other_cells(pairs, printed)]


def _untested(tested: pl.DataFrame, printed: pl.DataFrame) -> list[str]:
    """The line that counts `printed` calibrated scores without a result among the `tested` pairs, which have no mark.

    A test over a single cluster has no result.
    """
    has_result = pl.any_horizontal(pl.col("p_adjusted", "p_value", "conf_low").is_not_null())
    calibrated = printed.filter(is_calibrated())
    without = calibrated.join(tested.filter(has_result), on=_in_common(tested, printed), how="anti")
    if without.is_empty():
        return []
    them = "it stands" if without.height == 1 else "these stand"
    count = f"{without.height} of {calibrated.height} calibrated scores"
    return [f"No test of {count} has a result, so {them} unmarked."]


def _other_cells(pairs: pl.DataFrame, printed: pl.DataFrame) -> list[str]:
    """The line that a tested difference is not that of the printed means, where these are over other numbers of cells.

    A test is over the cells that its two sources have, a printed mean over those common to all sources.
    """
    on = [name for name in (*APART, "source") if name in pairs.columns and name in printed.columns]
    means = printed.select(*on, pl.col("n").alias("cells printed"))
    differing = pairs.join(means, on=on).filter(pl.col("n") != pl.col("cells printed"))["source"].n_unique()
    if not differing:
        return []
    sources = f"{differing} source{'s' if differing > 1 else ''}"
    note = (
        f"A test is over all cells that its two sources have. Of {sources} these are not the cells of the printed "
        "mean, and the difference tested is not that of the scores printed."
    )
    return [note]


def _note(rows: pl.DataFrame, claim: str, alpha: float, silent: Collection[str]) -> str:
    """The line on the `claim` of one mark; the estimands `silent` need no words."""
    by_interval = rows["p_value"].null_count() == rows.height and rows["p_adjusted"].null_count() == rows.height
    rule = f"interval{_level(rows)} leaves out 0" if by_interval else f"p < {alpha:g}"
    families = ", ".join(rows["family"].unique().sort().to_list())
    correction = ", ".join(rows["adjust"].unique().sort().to_list())
    clusters = rows["n_clusters"].drop_nulls()
    drawn = _covered(rows)
    if clusters.len():
        drawn = f", {marks.span(clusters)} clusters{drawn}"
    elif rows.select(is_by_cell()).to_series().all():
        drawn = ", cells taken as independent"
    return marks.clean(
        f"{claim}: {rule}, correction: {correction}, "
        f"family: {families}{drawn}, n = {marks.span(rows['n'])} cells{_estimand(rows, silent)}."
    )


def _level(rows: pl.DataFrame) -> str:
    """How surely intervals hold, each or all at once, where it is known."""
    names = rows[LEVEL].drop_nulls().unique().sort().to_list() if LEVEL in rows.columns else []
    return f" ({' or '.join(names)})" if names else ""


def _covered(rows: pl.DataFrame) -> str:
    """What the tests and their intervals hold over, where it is known."""
    names = rows[COVERS].drop_nulls().unique().sort().to_list() if COVERS in rows.columns else []
    return f", over {' or '.join(names)}" if names else ""


def _estimand(rows: pl.DataFrame, silent: Collection[str]) -> str:
    """What the mean differences are over, unless both they and the printed means keep to what is usual."""
    named = rows[ESTIMAND].drop_nulls().unique().sort().to_list() if ESTIMAND in rows.columns else []
    names = [name for name in named if name not in silent]
    return f", {' or '.join(names)}" if names else ""
