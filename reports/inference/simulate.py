"""Size, coverage and power of every test by simulation, and the ceiling's interval. Writes simulation.csv and .md.

Run: python reports/inference/simulate.py (about ten minutes on two cores).

Every simulated study is a source of one Alignment frame, compared with uniform, whose scores are 0.5:
the tests that run here are the ones users run. Truth is a mean difference of 0.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from opinionframe.inference import ceiling, compare, minimum_detectable
from opinionframe.inference.noise import two_samples

HERE = Path(__file__).parent
METHODS = ["paired t", "cluster-robust t", "cluster-robust t (CR1)", "cluster bootstrap", "sign-flip"]
TWO_WAY = ["cluster-robust t", "cluster bootstrap"]
QUESTIONS = (20, 40, 100)
GROUPS = 15
EFFECT, NOISE = 0.08, 0.05
CHUNK = 250
READING = """The default is the cluster-robust t. It keeps its size where question effects are symmetric or moderately
skewed, as the differences of real models on 98 OpinionQA questions are (skewness between -0.5 and 0.6, once 1.4).
With exponential effects (skewness 2) it rejects too often at 20 questions; the studentised cluster bootstrap less so.
Where the groups are a sample as well, only tests clustered in two ways keep their size."""


def normal(rng: np.random.Generator, questions: int, studies: int) -> tuple[np.ndarray, np.ndarray]:
    """Question effects and cell noise, all normal; 15 groups in every question. Differences and who is there."""
    effect = rng.normal(0, EFFECT, (studies, questions, 1))
    return effect + rng.normal(0, NOISE, (studies, questions, GROUPS)), np.ones((questions, GROUPS), bool)


def weak(rng: np.random.Generator, questions: int, studies: int) -> tuple[np.ndarray, np.ndarray]:
    """As `normal`, but question effects are a fifth of the noise."""
    effect = rng.normal(0, NOISE / 5, (studies, questions, 1))
    return effect + rng.normal(0, NOISE, (studies, questions, GROUPS)), np.ones((questions, GROUPS), bool)


def unequal(rng: np.random.Generator, questions: int, studies: int) -> tuple[np.ndarray, np.ndarray]:
    """As `normal`, but questions have 1, 4, 8, 15 or 30 groups."""
    sizes = np.resize([1, 4, 8, 15, 30], questions)
    effect = rng.normal(0, EFFECT, (studies, questions, 1))
    there = np.arange(30) < sizes[:, None]
    return effect + rng.normal(0, NOISE, (studies, questions, 30)), there


def survey(rng: np.random.Generator, questions: int, studies: int) -> tuple[np.ndarray, np.ndarray]:
    """Two equally good models of 4-choice opinions, scored against samples of 200 people: bounded and not normal."""
    base = rng.dirichlet(np.full(4, 1.5), (studies, questions, 1))
    people = _around(rng, np.repeat(base, GROUPS, axis=2), 30)
    human = rng.multinomial(200, people) / 200
    models = [np.repeat(_around(rng, base, 4), GROUPS, axis=2) for _ in range(2)]
    scores = [1 - np.abs(np.cumsum(_around(rng, model, 60) - human, axis=-1)[..., :-1]).sum(-1) / 3 for model in models]
    return scores[0] - scores[1], np.ones((questions, GROUPS), bool)


def skewed(rng: np.random.Generator, questions: int, studies: int) -> tuple[np.ndarray, np.ndarray]:
    """As `normal`, but question effects follow an exponential distribution about its mean: a stress test."""
    effect = EFFECT * (rng.exponential(1, (studies, questions, 1)) - 1)
    return effect + rng.normal(0, NOISE, (studies, questions, GROUPS)), np.ones((questions, GROUPS), bool)


def crossed(rng: np.random.Generator, questions: int, studies: int) -> tuple[np.ndarray, np.ndarray]:
    """As `normal`, with effects of groups too, as if the 15 groups were drawn from many: clusters in two ways."""
    differences, there = normal(rng, questions, studies)
    return differences + rng.normal(0, EFFECT / 2, (studies, 1, GROUPS)), there


WORLDS: dict[str, Callable[..., tuple[np.ndarray, np.ndarray]]] = {
    world.__name__: world for world in (normal, weak, unequal, survey, skewed, crossed)
}


def _around(rng: np.random.Generator, shares: np.ndarray, size: float) -> np.ndarray:
    """Dirichlet draws about `shares`."""
    drawn = rng.gamma(np.maximum(size * shares, 0.05))
    return drawn / drawn.sum(-1, keepdims=True)


def frame(differences: np.ndarray, there: np.ndarray) -> pl.DataFrame:
    """An Alignment frame with one source per study."""
    studies, questions, groups = differences.shape
    at = np.nonzero(np.broadcast_to(there, differences.shape))
    names = [
        pl.Series([f"{prefix}{i}" for i in range(size)])
        for prefix, size in (("s", studies), ("q", questions), ("g=", groups))
    ]
    source, question, demographic = (name.gather(places) for name, places in zip(names, at, strict=True))
    scores = pl.DataFrame({"question": question, "demographic": demographic, "source": source})
    shift = pl.Series(0.5 + np.clip(differences[at], -0.5, 0.5))
    return scores.with_columns(alignment=shift, baseline=pl.lit(0.5), ceiling=pl.lit(None, pl.Float64))


def study(world: str, questions: int, studies: int, draws: int, seed: int) -> pl.DataFrame:
    """Share of studies in which each method rejects a true null at 5%, and in which its interval covers the truth."""
    rng = np.random.default_rng(seed)
    found = []
    columns = ["method", "p_value", "conf_low", "conf_high"]
    for start in range(0, studies, CHUNK):
        aligned = frame(*WORLDS[world](rng, questions, min(CHUNK, studies - start)))
        keep = {"pair": "baseline", "adjust": "none", "draws": draws, "seed": seed + start}
        found.append(compare(aligned, method=METHODS, **keep).select(columns))
        if world == "crossed":
            both = compare(aligned, method=TWO_WAY, cluster=["question", "demographic"], **keep).select(columns)
            found.append(both.with_columns(pl.format("{}, two-way", "method").alias("method")))
    covers = (pl.col("conf_low") <= 0) & (pl.col("conf_high") >= 0)
    return (
        pl.concat(found)
        .group_by("method", maintain_order=True)
        .agg(
            (pl.col("p_value") <= 0.05).mean().alias("rejects"),
            covers.mean().alias("covers"),
            pl.len().alias("studies"),
        )
        .select(pl.lit(world).alias("world"), pl.lit(questions).alias("questions"), pl.all())
    )


def power(questions: int, studies: int, seed: int) -> pl.DataFrame:
    """Power of the default test at the difference that `minimum_detectable` promises to find with 80%."""
    rng = np.random.default_rng(seed)
    pilot = frame(*normal(rng, 2_000, 1))
    promised = minimum_detectable(pilot, questions=[questions], pair="baseline")["detectable"][0]
    differences, there = normal(rng, questions, studies)
    tests = compare(frame(differences + promised, there), pair="baseline", method="cluster-robust t", adjust="none")
    return pl.DataFrame(
        {
            "quantity": "power at the detectable difference",
            "size": questions,
            "share": (tests["p_value"] <= 0.05).mean(),
        }
    )


def ceilings(n: int, repeats: int, seed: int) -> pl.DataFrame:
    """How often the interval of the mean ceiling of 100 cells with `n` people covers the true one."""
    rng = np.random.default_rng(seed)
    truth = rng.dirichlet(np.ones(5), 100)
    below = np.cumsum(truth, axis=1)[:, :-1]
    exact = 1 - two_samples(below * (1 - below), np.full(100, float(n))).sum(axis=1).mean() / 4
    questions = pl.DataFrame({"question": [f"q{i}" for i in range(100)]}).join(
        pl.DataFrame({"choice": range(1, 6)}), how="cross"
    )
    book = questions.with_columns(
        label=pl.col("choice").cast(pl.String), position=pl.col("choice").cast(pl.Float64), text=pl.lit("?"),
        scale=pl.lit("ordinal"), topic=pl.lit(None, pl.String), dataset=pl.lit(None, pl.String),
    )  # fmt: skip
    blank = questions.with_columns(demographic=pl.lit("all"), source=pl.lit("human"), n_eff=pl.lit(float(n)))
    samples = (rng.multinomial(n, truth) / n for _ in range(repeats))
    found = pl.concat(
        ceiling(blank.with_columns(prob=pl.Series(sample.reshape(-1))), book, by=()) for sample in samples
    )
    covered = ((found["conf_low"] <= exact) & (found["conf_high"] >= exact)).mean()
    return pl.DataFrame({"quantity": "coverage of the mean ceiling", "size": n, "share": covered})


def summary(tests: pl.DataFrame, others: pl.DataFrame) -> str:
    """Both tables as Markdown."""
    lines = [
        "# Size and coverage by simulation",
        "",
        "Share of studies rejecting a true null at 5%, and share of 95% intervals that cover the truth.",
        "",
    ]
    lines += ["| world | questions | method | rejects | covers | studies |", "|---|---|---|---|---|---|"]
    lines += [f"| {w} | {q} | {m} | {r:.1%} | {c:.1%} | {n} |" for w, q, m, r, c, n in tests.rows()]
    lines += ["", "| quantity | questions or people | share |", "|---|---|---|"]
    lines += [f"| {name} | {size} | {share:.1%} |" for name, size, share in others.rows()]
    worlds = ["", READING, "", "Worlds:", ""] + [f"- {name}: {make.__doc__}" for name, make in WORLDS.items()]
    return "\n".join([*lines, *worlds, ""])


def main(studies: int = 10_000, draws: int = 999) -> None:
    """All settings, to simulation.csv, others.csv and simulation.md."""
    settings = [(world, questions) for world in WORLDS for questions in QUESTIONS]
    tests = pl.concat(study(world, q, studies, draws, seed=100 * i) for i, (world, q) in enumerate(settings))
    tests.write_csv(HERE / "simulation.csv", float_precision=4)
    write_others(tests)


def write_others(tests: pl.DataFrame) -> None:
    """Power and ceilings, to others.csv, and everything to simulation.md."""
    others = pl.concat(
        [*(power(q, 10_000, seed=1) for q in QUESTIONS), *(ceilings(n, 1_000, seed=2) for n in (50, 200, 1_000))]
    )
    others.write_csv(HERE / "others.csv", float_precision=4)
    (HERE / "simulation.md").write_text(summary(tests, others))


if __name__ == "__main__":
    main()
