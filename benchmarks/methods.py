"""Calibration by trees, by the default, stacks and rectified samples, each beside a loop over scikit-learn.

The loops answer the same question by the same protocol: every cell is predicted by a fit to other folds, and what is
chosen is chosen on folds within these. They run over one source, and in the slowest over two of its ten folds.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge
from timing import ROUNDS, Row, scaled, side_by_side

import opinionframe as of
from opinionframe.calibration import deal_folds
from opinionframe.calibration.methods.closed_forms import PENALTIES
from opinionframe.calibration.methods.selection.choice import LEAVES

sys.path.insert(0, str(Path(__file__).parents[1] / "reports" / "calibration"))
import speed

KEY = ["question", "demographic", "choice"]
SOURCES, TREES, PEOPLE = 9, 100, 500
LOOPED_FOLDS = 2
"""Of ten, those that a loop of hundreds of fits predicts."""

EARLIER = {"default": 27}
"""Seconds of processor time per million rows by version 0.1.0, on two cores at 2 GHz; its default was kriging alone."""

Loop = Callable[[], object]


def run(*, tiny: bool = False) -> list[Row]:
    """Nine sources of 500 to 2,000 cells, of which `paper` gets three; tiny: one source and a fold, once."""
    sources, folds, rounds = (1, 1, 1) if tiny else (SOURCES, LOOPED_FOLDS, ROUNDS)
    opinions, book = _study(max(sources, 2))
    few, first = (_of(opinions, number) for number in (-(-sources // 3), 1))
    some = "the paper's four regressions (scaled)", "ridge and boosted trees (scaled)"
    calibrate = partial(of.calibrate, codebook=book, refits=False, seed=speed.SEED)
    return [
        _line("paper", few, partial(calibrate, few, method="paper"), some[0],
              partial(selected, first, book, folds), _factor(few, first) * speed.FOLDS / folds, 1),
        _line("default", opinions, partial(calibrate, opinions), some[1],
              partial(blended, first, book, folds), _factor(opinions, first) * speed.FOLDS / folds, min(rounds, 2)),
        _line("stack", opinions, partial(mixed, opinions, book), "positive least squares, of cells that all answered",
              partial(stacked, opinions, book), 1.0, rounds),
        _rectified(opinions, first, book, rounds),
    ]  # fmt: skip


def _study(sources: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    before, speed.SOURCES = speed.SOURCES, sources
    try:
        return speed.study(speed.SEED)
    finally:
        speed.SOURCES = before


def _of(opinions: pl.DataFrame, number: int) -> pl.DataFrame:
    names = opinions["source"].unique(maintain_order=True).to_list()[: number + 1]
    return opinions.filter(pl.col("source").is_in(names))


def _elicited(opinions: pl.DataFrame) -> int:
    return opinions.filter(pl.col("source") != "human").height


def _factor(opinions: pl.DataFrame, part: pl.DataFrame) -> float:
    return _elicited(opinions) / _elicited(part)


def _line(name: str, opinions: pl.DataFrame, own: Loop, other: str, loop: Loop, factor: float, rounds: int) -> Row:
    """A method beside its loop, with its seconds per million elicited rows."""
    rows = _elicited(opinions)
    size = f"{rows:,} rows, {opinions['source'].n_unique() - 1} sources"
    (line,) = side_by_side("methods", size, {name: own, f"scikit-learn loop: {other}": loop}, rounds)
    line = scaled(line, factor, f"loop measured on a part, times {factor:.3g}") if factor != 1 else line
    per_million = float(str(line["seconds"])) / rows * 1e6
    earlier = f" (processor time in 0.1.0: {EARLIER[name]})" if name in EARLIER else ""
    said = [f"{name}: {per_million:.3g} seconds per million rows{earlier}", str(line["note"])]
    return line | {"note": "; ".join(filter(None, said))}


def _pairs(opinions: pl.DataFrame, book: pl.DataFrame) -> list[pl.DataFrame]:
    """The rows of each source with `target` and `fold`."""
    human = opinions.filter(source="human").select(*KEY, target="prob")
    elicited = opinions.filter(pl.col("source") != "human")
    folds = deal_folds(elicited, book, "question", speed.FOLDS, speed.SEED)
    return elicited.join(human, on=KEY).join(folds, on=KEY[:2]).partition_by("source", maintain_order=True)


def selected(opinions: pl.DataFrame, book: pl.DataFrame, folds: int) -> list[np.ndarray]:
    """The paper's: of linear, ridge, lasso and forest, fitted to eight folds, what errs least on the ninth predicts."""
    predicted = []
    for rows in _pairs(opinions, book):
        x, y, fold = rows["prob"].to_numpy().reshape(-1, 1), rows["target"].to_numpy(), rows["fold"].to_numpy()
        for out in range(folds):
            chooses = fold == (out + 1) % speed.FOLDS
            training = ~chooses & (fold != out)
            grid = [
                LinearRegression(),
                *(kind(penalty) for name, kind in list(speed.MODELS.items())[1:] for penalty in PENALTIES[name]),
                *(RandomForestRegressor(TREES, min_samples_leaf=leaf, random_state=speed.SEED) for leaf in LEAVES),
            ]
            fits = [model.fit(x[training], y[training]) for model in grid]
            errors = [((fit.predict(x[chooses]) - y[chooses]) ** 2).sum() for fit in fits]
            predicted.append(fits[int(np.argmin(errors))].predict(x[fold == out]))
    return predicted


def blended(opinions: pl.DataFrame, book: pl.DataFrame, folds: int) -> list[np.ndarray]:
    """Ridge and boosted trees on the answer, its place and its question's size, mixed by folds within the others."""
    predicted = []
    for rows in _pairs(opinions, book):
        x, y, fold = _design(rows), rows["target"].to_numpy(), rows["fold"].to_numpy()
        for out in range(folds):
            inside = fold != out
            within = np.empty((int(inside.sum()), 2))
            for inner in np.unique(fold[inside]):
                held = fold[inside] == inner
                for column, model in enumerate(_models()):
                    model.fit(x[inside][~held], y[inside][~held])
                    within[held, column] = model.predict(x[inside][held])
            weights = LinearRegression(positive=True, fit_intercept=False).fit(within, y[inside]).coef_
            fits = [model.fit(x[inside], y[inside]) for model in _models()]
            predicted.append(np.stack([fit.predict(x[fold == out]) for fit in fits], axis=1) @ weights)
    return predicted


def _models() -> tuple[Ridge, GradientBoostingRegressor]:
    return Ridge(), GradientBoostingRegressor(random_state=speed.SEED)


def _design(rows: pl.DataFrame) -> np.ndarray:
    """The answer, its logarithm, the place of the choice, and one-hot groups and numbers of choices."""
    k = pl.len().over(*KEY[:2])
    numbers = rows.select("prob", pl.col("prob").add(1e-3).log().alias("log"), place=pl.col("choice") / k)
    return np.hstack([numbers.to_numpy(), rows.select("demographic", k=k.cast(pl.String)).to_dummies().to_numpy()])


def mixed(opinions: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """The sources' stack, also of cells that some lack, of which it warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", of.OpinionFrameWarning)
        return of.stack(opinions, book, seed=speed.SEED)


def stacked(opinions: pl.DataFrame, book: pl.DataFrame) -> list[np.ndarray]:
    """The sources' mixture of least squares with positive weights that sum to one, out of fold."""
    human = opinions.filter(source="human").select(*KEY, target="prob")
    wide = opinions.filter(pl.col("source") != "human").pivot("source", index=KEY, values="prob").drop_nulls()
    rows = wide.join(human, on=KEY).join(deal_folds(wide, book, "question", speed.FOLDS, speed.SEED), on=KEY[:2])
    x, y, fold = rows.drop(*KEY, "target", "fold").to_numpy(), rows["target"].to_numpy(), rows["fold"].to_numpy()
    predicted = []
    for out in range(speed.FOLDS):
        fit = LinearRegression(positive=True, fit_intercept=False).fit(x[fold != out], y[fold != out])
        predicted.append(x[fold == out] @ (fit.coef_ / fit.coef_.sum()))
    return predicted


def _rectified(opinions: pl.DataFrame, first: pl.DataFrame, book: pl.DataFrame, rounds: int) -> Row:
    """`rectify` with a calibrator that learns from the same people, beside a ridge for each of their five folds."""
    people = sample(opinions, PEOPLE)
    elicited = opinions.filter(pl.col("source") != "human")
    own = partial(of.rectify, elicited, people, book, calibrator="ridge", seed=speed.SEED)
    loop = partial(rectified, first, people, book)
    return _line("rectify", opinions, own, "ridge (scaled)", loop, _factor(opinions, first), min(rounds, 2))


def sample(opinions: pl.DataFrame, people: int) -> pl.DataFrame:
    """Respondents of the human groups, each with an answer to every question."""
    rng = np.random.default_rng(speed.SEED)
    human = opinions.filter(source="human").sort(KEY)
    groups = human["demographic"].unique().sort()
    member = rng.integers(0, len(groups), people)
    columns = {"class": groups.str.strip_prefix("class=").gather(member)}
    for (question,), rows in human.partition_by("question", as_dict=True, maintain_order=True).items():
        table = rows.pivot("choice", index="demographic", values="prob").sort("demographic").drop("demographic")
        upto = np.cumsum(table.to_numpy(), axis=1)[member]
        columns[str(question)] = pl.Series((rng.random((people, 1)) > upto[:, :-1]).sum(axis=1) + 1)
    return pl.DataFrame(columns)


def rectified(opinions: pl.DataFrame, people: pl.DataFrame, book: pl.DataFrame) -> list[np.ndarray]:
    """Ridges fitted to four fifths of the people, question by question held out, averaged with the people's shares."""
    long = people.with_row_index("person").unpivot(index=["person", "class"], variable_name="question")
    estimates = []
    for out in range(5):
        shares = _shares(long.filter(pl.col("person") % 5 != out), book)
        for rows in _pairs(pl.concat([shares, opinions.filter(pl.col("source") != "human")]), book):
            prediction = speed._crossfit(rows, "ridge")  # noqa: SLF001 - the loop of another comparison
            error = float(((prediction - rows["target"].to_numpy()) ** 2).mean())
            weight = error / (error + 0.25 / (PEOPLE / 20))
            estimates.append(prediction + weight * (rows["target"].to_numpy() - prediction))
    return estimates


def _shares(answers: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """The people's shares as rows of Opinions."""
    counts = answers.group_by("question", "class", choice="value").len()
    cells = counts.select("question", "class").unique().join(book.select("question", "choice"), on="question")
    counted = cells.join(
        counts.with_columns(pl.col("choice").cast(pl.UInt8)), on=["question", "class", "choice"], how="left"
    )
    share = pl.col("len").fill_null(0) / pl.col("len").sum().over("question", "class")
    return counted.select(
        "question", demographic=pl.format("class={}", "class"), choice="choice", source=pl.lit("human"), prob=share
    )
