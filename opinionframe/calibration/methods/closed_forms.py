"""Linear, ridge and lasso with one feature: sums per group and fold go in, lines in closed form come out, in one query.

With sums centred on their group, the slope is Sxy / Sxx (linear), Sxy / (Sxx + penalty) (ridge) and
soft(Sxy, n penalty) / Sxx (lasso): the minima of scikit-learn's objectives, intercept unpenalised.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

PENALTIES: dict[str, tuple[float, ...]] = {
    "linear": (0.0,),
    "ridge": tuple(float(p) for p in np.logspace(-3, 4, 20)),
    "lasso": tuple(float(p) for p in np.logspace(-6, 0, 20)),
}
"""The default grids: from no shrinkage to a slope of zero for shares in [0, 1] and 10² to 10⁵ rows."""

VARIANCE_FLOOR = 1e-14
"""Below this variance a feature is constant: what is left is the rounding of the sums."""

LINE_AND_ERROR = ("intercept", "slope", "error")

Y = pl.col("target")
X = pl.when(Y.is_not_null()).then(pl.col("prob"))
SUMS = {
    "n": Y.count().cast(pl.Float64),
    "sx": X.sum(),
    "sy": Y.sum(),
    "sxx": (X * X).sum(),
    "sxy": (X * Y).sum(),
    "syy": (Y * Y).sum(),
}
"""Sums over the rows that have a target: zero for a fold without any, which is then predicted by all that have one."""

IN_ONE_ORDER = pl.col(*SUMS).sort().cum_sum().last()
"""Sums of sums: a group's parts come in any order, by which the last digit would vary from run to run. Polars leaves
out a sort before a plain sum."""


def sums_of(rows: pl.LazyFrame) -> pl.DataFrame:
    """The SUMS of each group and fold, taken in the order of the rows, as the streaming engine does not. Collects."""
    return rows.group_by("group", "fold", maintain_order=True).agg(**SUMS).collect(engine="in-memory")


def fit_linear(
    pairs: pl.LazyFrame, method: str, penalties: Sequence[float] | None = None, *, tuned: bool = True
) -> pl.LazyFrame:
    """One row per group and held-out fold: `intercept`, `slope`, `penalty` and `n`, the labelled rows behind it.

    `pairs` has columns group, fold, prob, target. Each row is fitted on the other folds of its group;
    the penalty has the least squared error over those folds, each predicted by the rest. Lazy, but for the sums.
    """
    return fit_linear_to_sums(sums_of(pairs).lazy(), method, penalties, tuned=tuned)


def fit_linear_to_sums(
    sums: pl.LazyFrame, method: str, penalties: Sequence[float] | None = None, *, tuned: bool = True
) -> pl.LazyFrame:
    """The lines of `fit_linear`, from the SUMS of each group and fold, whichever engine made them. Lazy."""
    grid = pl.LazyFrame({"penalty": list(penalties or PENALTIES[method])})
    training = _other_sums(_totals(sums), sums)
    if tuned and len(penalties or PENALTIES[method]) > 1:
        fits = training.join(_best_penalties(sums, training, grid, method), on=["group", "fold"])
    else:
        fits = training.join(grid, how="cross")
    return fits.with_columns(**_line(method)).select("group", "fold", "intercept", "slope", "penalty", "n")


def whole_fit_of_sums(sums: pl.LazyFrame, method: str, penalties: Sequence[float] | None = None) -> pl.LazyFrame:
    """One row per group with targets: `intercept`, `slope`, `penalty`, `n`, tuned across its folds. Lazy.

    `sums` has the SUMS of each group and fold, whichever engine made them.
    """
    grid = pl.LazyFrame({"penalty": list(penalties or PENALTIES[method])})
    errors = _errors(_other_sums(_totals(sums), sums), sums, grid, method, ["group", "penalty"])
    best = errors.group_by("group").agg(_least_error_penalty())
    return (
        _totals(sums)
        .filter(pl.col("n") > 0)
        .join(best, on="group")
        .with_columns(**_line(method))
        .select("group", "intercept", "slope", "penalty", "n")
    )


def _totals(sums: pl.LazyFrame) -> pl.LazyFrame:
    """The sums of each group over its folds."""
    return sums.group_by("group").agg(IN_ONE_ORDER)


def _other_sums(totals: pl.LazyFrame, parts: pl.LazyFrame) -> pl.LazyFrame:
    """Each total less each of its parts, keyed as the parts are."""
    on = [key for key in ("group", "fold") if key in totals.collect_schema()]
    joined = parts.join(totals, on=on, suffix="_total")
    return joined.with_columns(pl.col(f"{name}_total") - pl.col(name) for name in SUMS).select(
        *(key for key in ("group", "fold", "inner") if key in parts.collect_schema()),
        *(pl.col(f"{name}_total").alias(name) for name in SUMS),
    )


def _best_penalties(sums: pl.LazyFrame, training: pl.LazyFrame, grid: pl.LazyFrame, method: str) -> pl.LazyFrame:
    """The penalty of each (group, fold) that predicts its other folds best, each from the rest."""
    inner = sums.rename({"fold": "inner"})
    pairs = training.select("group", "fold").join(inner, on="group").filter(pl.col("fold") != pl.col("inner"))
    errors = _errors(_other_sums(training, pairs), pairs, grid, method, ["group", "fold", "penalty"])
    return errors.group_by("group", "fold").agg(_least_error_penalty())


def development_lines(training: pl.LazyFrame, development: pl.LazyFrame, methods: Sequence[str]) -> pl.LazyFrame:
    """One row per group and fold: the line of least squared error on the development part. Lazy.

    Each line of each method's grid is fitted to the training part; both frames have the SUMS of each group and
    held-out fold. Columns: `intercept`, `slope`, `error`.
    """
    lines = pl.concat(_lines(training, development, _grid(method), method) for method in methods)
    return _least_error(lines.select("group", "fold", *LINE_AND_ERROR), ["group", "fold"])


def line_by_turns(sums: pl.LazyFrame, methods: Sequence[str]) -> pl.LazyFrame:
    """One row per group: the line of least squared error over its folds, each predicted by the rest. Lazy.

    `sums` has the SUMS of each group and fold; the line is fitted to all of them. Columns: `intercept`, `slope`,
    `error`.
    """
    totals = _totals(sums)
    others = _other_sums(totals, sums)
    lines = (
        totals.join(_errors(others, sums, _grid(method), method, ["group", "penalty"]), on="group").with_columns(
            **_line(method)
        )
        for method in methods
    )
    return _least_error(pl.concat(line.select("group", *LINE_AND_ERROR) for line in lines), ["group"])


def _least_error(lines: pl.LazyFrame, by: list[str]) -> pl.LazyFrame:
    """The line of least error of each `by`; of equals, the flattest."""
    return lines.group_by(by).agg(pl.col(LINE_AND_ERROR).sort_by("error", pl.col("slope").abs()).first())


def _grid(method: str) -> pl.LazyFrame:
    """The penalties of a method, one per row."""
    return pl.LazyFrame({"penalty": PENALTIES[method]})


def _lines(training: pl.LazyFrame, held_out: pl.LazyFrame, grid: pl.LazyFrame, method: str) -> pl.LazyFrame:
    """The line of every penalty, fitted to the training sums, with its squared error on the held-out sums."""
    on = [key for key in ("group", "fold", "inner") if key in held_out.collect_schema()]
    lines = training.join(grid, how="cross").with_columns(**_line(method)).select(*on, "penalty", "intercept", "slope")
    a, b = pl.col("intercept"), pl.col("slope")
    n, sx, sy, sxx, sxy, syy = (pl.col(name) for name in SUMS)
    error = syy - 2 * a * sy - 2 * b * sxy + n * a * a + 2 * a * b * sx + b * b * sxx
    return lines.join(held_out, on=on).select(*on, "penalty", "intercept", "slope", error.alias("error"))


def _errors(
    training: pl.LazyFrame, held_out: pl.LazyFrame, grid: pl.LazyFrame, method: str, by: list[str]
) -> pl.LazyFrame:
    """The squared error of each penalty, summed over the held-out parts of each `by`."""
    return _lines(training, held_out, grid, method).group_by(by).agg(pl.col("error").sort().cum_sum().last())


def _least_error_penalty() -> pl.Expr:
    """The penalty of the least error; of equals, the largest, which shrinks most."""
    ordered = pl.col("penalty").sort_by(pl.col("error").round(12), -pl.col("penalty"))
    return ordered.first()


def _line(method: str) -> dict[str, pl.Expr]:
    """Slope and intercept from sums and `penalty`; a feature that does not vary gets slope 0."""
    n, sx, sy, sxx, sxy, _ = (pl.col(name) for name in SUMS)
    vxx, vxy = sxx - sx * sx / n, sxy - sx * sy / n
    penalty = pl.col("penalty")
    soft = vxy.sign() * (vxy.abs() - n * penalty).clip(lower_bound=0)
    numerator, denominator = {
        "linear": (vxy, vxx),
        "ridge": (vxy, vxx + penalty),
        "lasso": (soft, vxx),
    }[method]
    slope = pl.when(vxx > n * VARIANCE_FLOOR).then(numerator / denominator).otherwise(0.0)
    return {"slope": slope, "intercept": (sy - slope * sx) / n}
