"""Coverage and size where samples are as surveys have them, by simulation. Writes coverage.csv and coverage.md.

Run: python reports/make.py --simulations, or python reports/inference/coverage.py 1000 (a few minutes on one core; the
argument is the number of studies).

Studies of a world are sources of one Alignment frame, scored and compared by the verbs that users run. What fails is
printed as failing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl

import opinionframe as of

HERE = Path(__file__).parent
QUESTIONS = (12, 24, 60)
GROUPS = 8
EFFECT, NOISE = 0.06, 0.04
LOW, HIGH, LARGEST_SIZE = 0.935, 0.965, 0.07
"""What is promised of 95% intervals, and of tests at 5%."""

CLUSTER_T, BOOTSTRAP = "cluster-robust t", "cluster bootstrap"
BOTH = ["question", "demographic"]
ATTRIBUTES = (1, 3, 8)

World = tuple[np.ndarray, float]
"""Differences of every study, shape (studies, questions, groups), NaN where a cell is missing; the true mean."""


def plain(rng: np.random.Generator, questions: int, studies: int) -> World:
    """Effects of questions and noise of cells, all normal; eight groups in every question."""
    effect = rng.normal(0, EFFECT, (studies, questions, 1))
    return effect + rng.normal(0, NOISE, (studies, questions, GROUPS)), 0.0


def informative(rng: np.random.Generator, questions: int, studies: int) -> World:
    """Questions are asked of 1, 2, 4 or 8 groups, drawn anew in every study, and differ by more the more groups."""
    sizes = np.array([1, 2, 4, 8])
    chosen = rng.integers(0, 4, (studies, questions, 1))
    effect = EFFECT * (chosen - 1.5) / 2 + rng.normal(0, EFFECT, (studies, questions, 1))
    cells = effect + rng.normal(0, NOISE, (studies, questions, GROUPS))
    cells[np.arange(GROUPS) >= sizes[chosen]] = np.nan
    return cells, float((sizes * EFFECT * (np.arange(4) - 1.5) / 2).sum() / sizes.sum())


def missing(rng: np.random.Generator, questions: int, studies: int) -> World:
    """As `plain`, but half of the cells are missing: 70% where a question's effect is above its mean, 30% below."""
    cells, _ = plain(rng, questions, studies)
    effect = np.nanmean(cells, axis=2, keepdims=True)
    there = rng.random(cells.shape) < np.where(effect > 0, 0.3, 0.7)
    spread = np.sqrt(EFFECT**2 + NOISE**2 / GROUPS)
    return np.where(there, cells, np.nan), float(-0.4 * spread * np.sqrt(2 / np.pi))


def skewed(rng: np.random.Generator, questions: int, studies: int) -> World:
    """As `plain`, but effects of questions are exponential about their mean (skewness 2)."""
    effect = EFFECT * (rng.exponential(1, (studies, questions, 1)) - 1)
    return effect + rng.normal(0, NOISE, (studies, questions, GROUPS)), 0.0


def random_groups(rng: np.random.Generator, questions: int, studies: int) -> World:
    """As `plain`, with effects of groups that are drawn anew in every study: claims are about new groups too."""
    cells, _ = plain(rng, questions, studies)
    return cells + rng.normal(0, EFFECT / 2, (studies, 1, GROUPS)), 0.0


def giant(rng: np.random.Generator, questions: int, studies: int) -> World:
    """As `random groups`, but one question has a third of the cells: 40 groups, the others from 1 to 5 each."""
    sizes = np.resize([1, 2, 3, 4, 5], questions)
    sizes[0] = max(40, round(1.5 * questions))
    shape = (studies, questions, sizes.max())
    cells = rng.normal(0, EFFECT, (studies, questions, 1)) + rng.normal(0, NOISE, shape)
    cells += rng.normal(0, EFFECT / 2, (studies, 1, sizes.max()))
    cells[:, np.arange(sizes.max()) >= sizes[:, None]] = np.nan
    return cells, 0.0


WORLDS: dict[str, tuple[Callable[..., World], tuple[str | list[str], ...]]] = {
    "plain": (plain, ("question",)),
    "informative sizes": (informative, ("question",)),
    "missing cells": (missing, ("question",)),
    "skewed effects": (skewed, ("question",)),
    "random groups": (random_groups, ("question", BOTH)),
    "one giant question": (giant, ("question", BOTH)),
}
"""What makes a world, and what its tests are clustered by."""


def frame(differences: np.ndarray, centre: float = 0.5) -> pl.DataFrame:
    """An Alignment frame with one source per study, its scores that far from `centre`."""
    places = np.nonzero(~np.isnan(differences))
    names = zip(("source", "question", "demographic"), ("s{}", "q{}", "g={}"), strict=True)
    cells = pl.DataFrame(dict(zip(("source", "question", "demographic"), places, strict=True)))
    return cells.select(pl.format(pattern, name).alias(name) for name, pattern in names).with_columns(
        alignment=pl.Series(np.clip(centre + differences[places], 0, 1)), baseline=pl.lit(centre)
    )


def tested(world: str, questions: int, studies: int, draws: int) -> Iterator[dict[str, object]]:
    """Tests of a true null in every study of a world, by each method and kind of clusters."""
    make, clusters = WORLDS[world]
    differences, truth = make(np.random.default_rng([questions, list(WORLDS).index(world)]), questions, studies)
    aligned = frame(differences - truth)
    for cluster in clusters:
        keep = {"pair": "baseline", "cluster": cluster, "adjust": "none", "draws": draws, "seed": 1}
        for method in (CLUSTER_T, BOOTSTRAP):
            tests = of.compare(aligned, method=method, **keep)
            yield row(world, questions, f"{method}, {tests['covers'][0]}", tests, 0.0)


def near_one(questions: int, studies: int) -> Iterator[dict[str, object]]:
    """Intervals of mean alignment near 0.95, by their log odds and plain: scores are 1 less a half-normal distance."""
    spread = 0.05 * np.sqrt(np.pi / 2)
    distance = spread * np.abs(np.random.default_rng(questions).normal(size=(studies, questions, 1)))
    for interval in ("logit", "plain"):
        means = of.intervals(frame(-distance, 1.0), interval=interval).with_columns(p_value=None)
        yield row("means near 1", questions, interval, means, 0.95)


def at_once(questions: int, studies: int) -> Iterator[dict[str, object]]:
    """Intervals of 20 sources that err together (correlation 0.5), all to hold at once; the same by Bonferroni."""
    rng = np.random.default_rng(questions)
    widths: dict[str, list[pl.DataFrame]] = {"max-T": [], "Bonferroni": [], "one by one": []}
    for number in range(studies):
        differences = EFFECT * (rng.normal(size=(1, questions, 1)) + rng.normal(size=(20, questions, 1)))
        keep = {"pair": "baseline", "method": CLUSTER_T, "adjust": "none", "draws": 999, "seed": number}
        aligned = frame(differences / np.sqrt(2))
        for name, options in (
            ("max-T", {"simultaneous": True}),
            ("Bonferroni", {"conf": 1 - 0.05 / 20}),
            ("one by one", {}),
        ):
            tests = of.compare(aligned, **keep, **options)
            widths[name].append(tests.select(pl.col("conf_low").max(), pl.col("conf_high").min(), p_value=None))
    for name, each in widths.items():
        yield row("20 sources at once", questions, name, pl.concat(each), 0.0)


def people(attributes: int, studies: int) -> Iterator[dict[str, object]]:
    """Two models on groups that the same 400 people make, who have weights; the truth is their mean over studies."""
    world = np.random.default_rng(0)
    shares = world.dirichlet(np.full(4, 2.0), 10)
    models = {name: np.array([world.dirichlet(each * 30) for each in shares]) for name in "ab"}
    codebook = of.codebook({f"q{q}": {"text": f"Question {q}?", "labels": list("ABCD")} for q in range(10)})
    rows = [
        (f"q{q}", k + 1, name, float(model[q, k]))
        for name, model in models.items()
        for q in range(10)
        for k in range(4)
    ]
    types = {"question": pl.String, "choice": pl.UInt8, "source": pl.String, "prob": pl.Float64}
    answers = pl.DataFrame(rows, schema=types, orient="row")
    tests: dict[str, list[pl.DataFrame]] = {"people counted once": [], "half-sample replicates": [], "shares alone": []}
    for seed in range(studies):
        rng = np.random.default_rng([attributes, seed])
        respondents = pl.DataFrame(
            {f"q{q}": rng.choice(4, 400, p=shares[q]) + 1 for q in range(10)}
            | {f"a{number}": rng.choice(["x", "y"], 400) for number in range(attributes)}
            | {"w": np.exp(rng.normal(0, 0.4, 400))}
        )
        halves = rng.permuted(np.tile([0.0, 2.0], (80, 200)), axis=1).T * respondents["w"].to_numpy()[:, None]
        replicates = [f"r{number}" for number in range(80)]
        respondents = respondents.hstack(pl.DataFrame(halves, schema=replicates))
        human = of.reference(respondents, codebook, [f"a{number}" for number in range(attributes)], weight="w")
        cells = human.select("question", "demographic", "choice").join(answers, on=["question", "choice"])
        opinions = pl.concat([human, cells], how="diagonal")
        known = {"microdata": respondents, "weight": "w"}
        design = of.Design(replicates=replicates, scale=1 / 80)
        for name, options in zip(tests, (known, known | {"design": design}, {}), strict=True):
            tests[name].append(of.compare_respondents(opinions, codebook, pair=[("a", "b")], **options))
    for name, each in tests.items():
        every = pl.concat(each).with_columns(p_value=None)
        yield row("overlapping people", attributes, name, every, float(every["estimate"].mean()))


def row(world: str, size: int, interval: str, tests: pl.DataFrame, truth: float) -> dict[str, object]:
    """Coverage of `truth` and, where tests of a true null have p-values, size at 5%, with their standard errors."""
    studies = len(tests)
    covers = tests.select(
        ((pl.col("conf_low") <= truth) & (pl.col("conf_high") >= truth)).fill_null(value=True).mean()
    ).item()
    rejects = None if tests["p_value"].dtype == pl.Null else tests.select((pl.col("p_value") <= 0.05).mean()).item()
    error = [None if share is None else standard_error(share, studies) for share in (covers, rejects)]
    return {
        "world": world, "size": size, "interval": interval, "covers": covers, "covers_error": error[0],
        "rejects": rejects, "rejects_error": error[1], "studies": studies, "verdict": verdict(covers, rejects, error),
    }  # fmt: skip


def standard_error(share: float, studies: int) -> float:
    """Of a share, two studies on either side added: a share of 0 or 1 has an error too (Agresti and Coull 1998)."""
    middle = (share * studies + 2) / (studies + 4)
    return float((middle * (1 - middle) / (studies + 4)) ** 0.5)


def verdict(covers: float, rejects: float | None, error: list[float | None]) -> str:
    """`short` or `wide` where coverage lies two of its standard errors outside the promise, `rejects` beyond 7%."""
    away = 2 * (error[0] or 0.0)
    words = ["short"] if covers + away < LOW else ["wide"] if covers - away > HIGH else []
    if rejects is not None and rejects - 2 * (error[1] or 0.0) > LARGEST_SIZE:
        words.append("rejects too often")
    return ", ".join(words)


def report(results: pl.DataFrame) -> str:
    """The results as Markdown."""
    failing = results.filter(pl.col("verdict").str.contains("short|rejects"))
    lines = [
        "# Coverage and size where samples are as surveys have them",
        "",
        "Share of 95% intervals that cover the truth, and of tests that reject a true null at 5%, each with its",
        f"standard error over studies. Promised is {LOW:.1%} to {HIGH:.1%}, and a size of at most {LARGEST_SIZE:.0%}.",
        "What lies two standard errors outside is said: **short** and **rejects too often** fail, wide covers more",
        "than promised.",
        f"{len(failing)} of {len(results)} rows fail.",
        "",
        "| world | size | interval | covers | rejects | studies | |",
        "|---|---:|---|---|---|---:|---|",
    ]
    for each in results.iter_rows(named=True):
        rejects = "" if each["rejects"] is None else f"{each['rejects']:.1%} ± {each['rejects_error']:.1%}"
        said = each["verdict"] if each["verdict"] in ("", "wide") else f"**{each['verdict']}**"
        covers = f"{each['covers']:.1%} ± {each['covers_error']:.1%}"
        cells = (each["world"], each["size"], each["interval"], covers, rejects, each["studies"], said)
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    makers = {name: make for name, (make, _) in WORLDS.items()}
    makers |= {"means near 1": near_one, "20 sources at once": at_once, "overlapping people": people}
    worlds = [f"- {name}: {' '.join((make.__doc__ or '').split())}" for name, make in makers.items()]
    sizes = (
        "Size is the number of questions, of attributes for overlapping people. Fitted calibrators are in `fits.md`."
    )
    return "\n".join([*lines, "", sizes, READING, "", "Worlds:", "", *worlds, ""])


READING = """
The default is the cluster-robust t over new questions for these groups. Where groups are drawn too, it is the wrong
claim and fails: cluster by both. Where effects are as skewed as exponential ones, `cluster bootstrap` fails least;
where one question has a third of the cells it falls short, and the t is wide."""


def main(studies: int = 1_000, draws: int = 999) -> None:
    """All worlds, to coverage.csv and coverage.md; those that need a call per study in fewer of them."""
    rows = [line for world in WORLDS for questions in QUESTIONS for line in tested(world, questions, studies, draws)]
    rows += [line for questions in (5, *QUESTIONS) for line in near_one(questions, studies)]
    rows += [line for questions in (12, 24) for line in at_once(questions, studies // 3)]
    rows += [line for attributes in ATTRIBUTES for line in people(attributes, 3 * studies // 10)]
    results = pl.DataFrame(rows, infer_schema_length=None)
    results.write_csv(HERE / "coverage.csv", float_precision=4)
    (HERE / "coverage.md").write_text(report(results), encoding="utf-8")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
