"""Coverage of the intervals of `contrasts` for correlations, by simulation. Writes correlation.csv and correlation.md.

Run: python reports/make.py --simulations, or python reports/inference/correlation.py 2000 (some minutes on one core;
the argument is the number of studies).

Each study draws questions, the true shares of five groups, 100 to 400 people of each, and a model that tells these
groups apart by a slope and an error. Studies are datasets of one frame, so that the interval is the verb's. Beside it
stand two others from the same sums: that of the first order, and Fisher's z of its error.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
from scipy import stats

import opinionframe as of

HERE = Path(__file__).parent
QUESTIONS = (12, 24, 60)
GROUPS = 5
SPREAD = 0.06
"""The standard deviation of a question's true shares between groups, in the middle question."""
MANY = 200_000
"""Questions of the study that gives the true correlation."""

WORLDS = {
    "knows nothing": {"slope": 0.0, "error": 0.05, "people": 100, "unequal": 0.5},
    "knows half": {"slope": 0.5, "error": 0.05, "people": 100, "unequal": 0.5},
    "knows nearly all": {"slope": 1.0, "error": 0.02, "people": 100, "unequal": 0.5},
    "unequal questions": {"slope": 0.5, "error": 0.05, "people": 300, "unequal": 0.9},
}
"""`unequal`: the standard deviation of the logarithm of how far groups are apart, over questions."""


def drawn(rng: np.random.Generator, shape: tuple[int, int], world: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Shares of people and of the model, (studies, questions, groups) each."""
    level = rng.uniform(0.35, 0.65, (*shape, 1))
    apart = SPREAD * np.exp(rng.normal(0, world["unequal"], level.shape))
    truth = np.clip(level + apart * rng.normal(size=(*shape, GROUPS)), 0.02, 0.98)
    people = rng.binomial(int(world["people"]), truth) / world["people"]
    error = rng.normal(0, world["error"], truth.shape)
    return people, np.clip(level + world["slope"] * (truth - level) + error, 0.01, 0.99)


def sums(people: np.ndarray, model: np.ndarray, n: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Squared deviations of the model and of people, less people's noise, and their products, by study and question."""
    noise = (people * (1 - people)).sum(-1) / (n - 1) * (1 - 1 / GROUPS)
    x, y = (shares - shares.mean(-1, keepdims=True) for shares in (people, model))
    return (y**2).sum(-1), (x**2).sum(-1) - noise, (x * y).sum(-1)


def opinions(people: np.ndarray, model: np.ndarray, n: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same as Opinions of two choices, each study a dataset of the codebook."""
    studies, questions, groups = people.shape
    question = np.arange(studies * questions)
    cells = pl.DataFrame(
        {
            "question": np.repeat(question, groups).astype(str),
            "demographic": [f"region={j}" for j in range(groups)] * len(question),
            "human": people.ravel(),
            "model": model.ravel(),
        }
    ).unpivot(["human", "model"], index=["question", "demographic"], variable_name="source", value_name="yes")
    known = pl.when(pl.col("source") == "human").then(n).alias("n_eff")
    sides = [
        cells.select("question", "demographic", "source", known, choice=pl.lit(j, pl.UInt8), prob=prob)
        for j, prob in ((1, 1 - pl.col("yes")), (2, pl.col("yes")))
    ]
    book = pl.DataFrame(
        {
            "question": np.repeat(question.astype(str), 2),
            "choice": np.tile(np.array([1, 2], np.uint8), len(question)),
            "label": ["no", "yes"] * len(question),
            "position": [0.0, 1.0] * len(question),
            "text": np.repeat([f"Question {i}?" for i in question], 2),
            "scale": "ordinal",
            "topic": None,
            "dataset": np.repeat(np.repeat(np.arange(studies), questions).astype(str), 2),
        },
        schema_overrides={"topic": pl.String},
    )
    return pl.concat(sides), book


def measured(name: str, questions: int, studies: int) -> dict[str, object]:
    """The shares of studies, in [0, 1], whose intervals hold the true correlation."""
    world, rng = WORLDS[name], np.random.default_rng([list(WORLDS).index(name), questions])
    own, squares, together = (part.mean() for part in sums(*drawn(rng, (1, MANY), world), world["people"]))
    truth = together / np.sqrt(own * squares)
    people, model = drawn(rng, (studies, questions), world)
    table = of.contrasts(*opinions(people, model, world["people"]), by="dataset").filter(measure="correlation")
    table = table.sort(pl.col("dataset").cast(pl.Int64))
    is_known = table["conf_low"].is_not_null().to_numpy()
    by_question = [part[is_known] for part in sums(people, model, world["people"])]
    own, squares, together = (part.mean(axis=1, keepdims=True) for part in by_question)
    estimate = together / np.sqrt(own * squares)
    moves = by_question[2] / np.sqrt(own * squares) - estimate / 2 * (by_question[0] / own + by_question[1] / squares)
    half = stats.t.ppf(0.975, questions - 1) * moves.std(axis=1, ddof=1) / np.sqrt(questions)
    estimate = estimate[:, 0]
    inside = np.abs(estimate) < 1
    first = np.abs(estimate - truth) <= half
    z = np.abs(np.arctanh(np.where(inside, estimate, 0)) - np.arctanh(truth)) <= half / (1 - estimate**2)
    ours = table.filter(is_known).select((pl.col("conf_low") <= truth) & (pl.col("conf_high") >= truth)).to_series()
    return {
        "world": name,
        "questions": questions,
        "correlation": abs(round(float(truth), 2)),
        "jackknife": float(ours.mean()),
        "first_order": float(first.mean()),
        "fisher_z": float(np.where(inside, z, first).mean()),
        "studies": int(is_known.sum()),
        "no_interval": int((~is_known).sum()),
    }


TEXT = """# Intervals of correlations between group differences

Share of 95% intervals that hold the true correlation, over {studies} studies of five groups each. `jackknife` is what
`of.contrasts` gives: the error of leaving out one question after the other, and t with as many degrees of freedom as
questions weigh in it. Beside it stand the interval of the first order with one degree of freedom less than questions,
and Fisher's z with the same error. Standard errors of the shares are at most {error:.1%}. A study has no interval where
people's differences do not stand out of their noise.

The jackknife's cover {least:.1%} to {most:.1%}, those of the first order {first_least:.1%} to {first_most:.1%}, and
Fisher's z {fisher_least:.1%} to {fisher_most:.1%}: it mends neither errors that are too small, where groups differ more
in some questions than in others, nor estimates above 1, which noise leaves where a model knows nearly all.

| world | questions | correlation | jackknife | first order | Fisher's z | studies with an interval |
|---|---:|---:|---:|---:|---:|---:|
{lines}
"""


def written(table: pl.DataFrame, studies: int) -> str:
    """The report of a table of `measured` rows."""
    lines = "\n".join(
        f"| {row['world']} | {row['questions']} | {row['correlation']:.2f} | {row['jackknife']:.1%} | "
        f"{row['first_order']:.1%} | {row['fisher_z']:.1%} | {row['studies']} |"
        for row in table.rows(named=True)
    )
    ends = {
        f"{prefix}{end}": getattr(table[column], how)()
        for prefix, column in (("", "jackknife"), ("first_", "first_order"), ("fisher_", "fisher_z"))
        for end, how in (("least", "min"), ("most", "max"))
    }
    share = table.select("jackknife", "first_order", "fisher_z").to_numpy()
    error = float(np.sqrt(share * (1 - share) / table["studies"].to_numpy()[:, None]).max())
    return TEXT.format(studies=studies, error=error, lines=lines, **ends)


def main(studies: int = 2000) -> None:
    """Writes both files."""
    table = pl.DataFrame([measured(name, questions, studies) for name in WORLDS for questions in QUESTIONS])
    table.write_csv(HERE / "correlation.csv", float_precision=4)
    (HERE / "correlation.md").write_text(written(table, studies), encoding="utf-8")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
