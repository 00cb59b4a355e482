"""Ceiling, noise correction, draw bias and nonresponse bounds: against exact sums, simulation and a linear program."""

import itertools
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

import opinionframe as of
from opinionframe.alignment.perfect_model import expected_error
from opinionframe.errors import FrameError, OptionError
from opinionframe.inference import bounds, ceiling, denoise, draw_bias
from opinionframe.inference.noise import between_halves, two_samples

REFERENCE = Path(__file__).parent / "reference" / "reference.csv"


def codebook(positions):
    """One question per list of positions: q0, q1, …"""
    rows = [
        (f"q{q}", i + 1, f"choice {i}", float(x)) for q, places in enumerate(positions) for i, x in enumerate(places)
    ]
    frame = pl.DataFrame(rows, schema=["question", "choice", "label", "position"], orient="row")
    return frame.with_columns(
        text=pl.lit("?"), scale=pl.lit("ordinal"), topic=pl.lit(None, pl.String), dataset=pl.lit(None, pl.String)
    )


def opinions(cells):
    """Opinions from (question, demographic, source, probs, n_eff, nonresponse)."""
    rows = [(q, d, i + 1, s, float(p), n, r) for q, d, s, probs, n, r in cells for i, p in enumerate(probs)]
    columns = ["question", "demographic", "choice", "source", "prob", "n_eff", "nonresponse"]
    types = {"n_eff": pl.Float64, "nonresponse": pl.Float64}
    return pl.DataFrame(rows, schema=columns, schema_overrides=types, orient="row")


def survey(shares, n, source="human"):
    return [(f"q{i}", "all", source, row, n, 0.0) for i, row in enumerate(shares)]


def distance(p, q, positions):
    step = np.abs(np.cumsum(p - q, axis=-1)[..., :-1])
    return (np.diff(positions) * step).sum(axis=-1) / (positions[-1] - positions[0])


def test_two_binomials_differ_as_r_says():
    for name, value in pl.read_csv(REFERENCE).rows():
        if name.startswith("binomial."):
            n, p = name.removeprefix("binomial.").split(".", 1)
            share = float(p)
            ours = two_samples(np.array([[share * (1 - share)]]), np.array([float(n)]))
            assert ours.item() == pytest.approx(value, rel=1e-10)


@pytest.mark.parametrize("n", [2.5, 99.7, 170.5, 182.5, 500.5, 4000.7])
@pytest.mark.parametrize("p", [0.01, 0.3, 0.45, 0.5])
def test_sizes_that_are_no_whole_number_differ_as_their_characteristic_function_says(n, p):
    angle = (np.arange(200_000) + 0.5) * np.pi / 200_000
    chord = 1 - np.cos(angle)
    exact = ((1 - (1 - 2 * p * (1 - p) * chord) ** n) / chord).mean() / n
    ours = two_samples(np.array([[p * (1 - p)]]), np.array([n])).item()
    assert ours == pytest.approx(exact, rel=2e-6)


@pytest.mark.parametrize("n", [None, 1.0, 1.8])
def test_agreement_of_nobody_knows_how_many_has_no_ceiling(n):
    human = opinions([("q0", "all", "human", [0.0, 1.0], n, None), ("q0", "sex=F", "human", [0.0, 1.0], 9.0, None)])
    assert ceiling(human, codebook([[1, 2]]))["ceiling"].to_list() == [None, 1.0]


def test_every_cell_of_known_size_has_a_ceiling():
    sizes = [2.0, 41.0, 341.0, 343.0, 351.7, 999.0, 2309.5, 9001.0]
    human = opinions([("q0", f"size={n}", "human", [0.48, 0.52], n, None) for n in sizes])
    found = ceiling(human, codebook([[1, 2]]))
    assert found["ceiling"].is_between(0, 1).all()
    assert found.null_count().sum_horizontal().item() == 0


@pytest.mark.parametrize("n", [2, 5 * 2, 50])
def test_halves_are_all_halves(n):
    count, half = np.arange(n + 1), n // 2
    part = np.arange(half + 1)
    exact = [(stats.hypergeom.pmf(part, n, k, half) * np.abs(2 * part - k)).sum() / half for k in count]
    assert between_halves((count / n)[None], np.array([float(n)]))[0] == pytest.approx(exact, abs=1e-12)


def expected_errors(share, n):
    """E|share of a sample of n - share|, summed over all samples."""
    counts = np.arange(n + 1)[:, None, None]
    return (stats.binom.pmf(counts, n, share) * np.abs(counts / n - share)).sum(axis=0)


SHARES = {"flat": [0.25] * 4, "sloping": [0.5, 0.3, 0.15, 0.05], "skewed": [0.93, 0.04, 0.02, 0.01]}


@pytest.mark.parametrize("shares", list(SHARES.values()), ids=list(SHARES))
@pytest.mark.parametrize(
    ("n", "misses"),
    [(2, 0.025), (5, 0.012), (6, 0.009), (7, 0.006), (11, 0.002), (19, 0.002), (30, 0.001), (60, 0.001), (200, 0.001),
     (300, 0.001)],
)  # fmt: skip
def test_the_mean_ceiling_over_all_samples_is_what_the_truth_scores(n, misses, shares):
    below = np.cumsum(shares)[:-1]
    counts = np.arange(n + 1)
    estimates = expected_error(counts / n, np.full(n + 1, float(n)))
    mean = (stats.binom.pmf(counts[:, None], n, below) * estimates[:, None]).sum(axis=0).mean()
    assert mean == pytest.approx(expected_errors(below[None], n).mean(), abs=misses)
    assert (estimates >= 0).all()


@pytest.mark.parametrize(("n", "ours", "least"), [(5, 0.0239, 0.0185), (7, 0.0144, 0.0095), (13, 0.0074, 0.0046)])
def test_no_estimate_from_one_sample_is_right_for_every_population(n, ours, least):
    """The least worst error over all shares of a yes-no question, by a linear program, is no less than it says."""
    share, count = np.sin(np.linspace(0, np.pi / 4, 400)) ** 2, np.arange(n + 1)
    chance = stats.binom.pmf(count[None], n, share[:, None])
    exact = expected_errors(share[None], n)[0]
    estimates = expected_error(count / n, np.full(n + 1, float(n)))
    assert np.abs(chance @ estimates - exact).max() == pytest.approx(ours, abs=1e-4)
    folded = np.stack([chance[:, [k, n - k]].sum(axis=1) for k in range(1, (n + 1) // 2)], axis=1)
    off = -np.ones((len(share), 1))
    rows = np.vstack([np.hstack([folded, off]), np.hstack([-folded, off])])
    cost = np.append(np.zeros(folded.shape[1]), 1.0)
    worst = optimize.linprog(cost, rows, np.concatenate([exact, -exact]), method="highs").fun
    assert worst == pytest.approx(least, abs=1e-4)


def test_all_say_the_same_ceiling_and_the_truth_does_not_pass_it():
    rng = np.random.default_rng(4)
    for n, shares in itertools.product((10, 19, 60), SHARES.values()):
        samples = rng.multinomial(n, shares, 400) / n
        frame = opinions(survey(samples, float(n)) + survey([shares] * 400, None, "truth"))
        book = codebook([range(1, 5)] * 400)
        aligned, cells = of.align(frame, book).sort("question"), ceiling(frame, book).sort("question")
        assert aligned["ceiling"].to_numpy() == pytest.approx(cells["ceiling"].to_numpy())
        assert denoise(frame, book).sort("question")["perfect"].to_numpy() == pytest.approx(cells["ceiling"].to_numpy())
        gap = aligned["alignment"] - aligned["ceiling"]
        assert abs(gap.mean()) <= 0.0025 + 3 * gap.std() / 20
        assert cells["second_sample"].mean() < cells["ceiling"].mean()


@pytest.mark.parametrize("n", [50, 200, 1000])
def test_ceiling_recovers_the_truth_within_its_interval(n):
    rng = np.random.default_rng(n)
    positions = np.array([1, 2, 3.5, 4, 6])
    truth = rng.dirichlet(np.ones(5), 150)
    book = codebook([positions] * 150)
    below = np.cumsum(truth, axis=1)[:, :-1]
    exact = 1 - (expected_errors(below, n) * np.diff(positions)).sum(axis=1).mean() / 5
    lower = 1 - (two_samples(below * (1 - below), np.full(150, float(n))) * np.diff(positions)).sum(axis=1).mean() / 5
    first, second = rng.multinomial(n, truth) / n, rng.multinomial(n, truth) / n
    human = opinions(survey(first, float(n)))
    overall = ceiling(human, book, by=()).row(0, named=True)
    assert overall["conf_low"] <= exact <= overall["conf_high"]
    assert overall["n"] == 150
    scored = 1 - distance(first, truth, positions).mean()
    assert abs(scored - overall["ceiling"]) <= 2.6 * overall["std_dev"]
    assert abs(1 - distance(first, second, positions).mean() - overall["second_sample"]) <= 3.7 * overall["std_dev"]
    assert overall["second_sample"] == pytest.approx(lower, abs=0.005)
    cells = ceiling(human.lazy(), book).collect()
    assert overall["ceiling"] == pytest.approx(cells["ceiling"].mean())


def test_ceiling_is_null_where_the_size_is_unknown():
    human = opinions([("q0", "all", "human", [0.5, 0.5], None, None), ("q0", "sex=F", "human", [0.5, 0.5], 80.0, None)])
    cells = ceiling(human, codebook([[1, 2]]))
    assert cells["ceiling"].is_null().to_list() == [True, False]
    assert ceiling(human, codebook([[1, 2]]), by="demographic")["demographic"].to_list() == ["sex=F"]
    assert ceiling(human.drop("n_eff"), codebook([[1, 2]]))["ceiling"].null_count() == 2


@pytest.mark.parametrize("n", [30, 100])
def test_correction_brings_a_model_closer_to_its_true_score(n):
    rng = np.random.default_rng(1)
    positions = np.arange(1.0, 5.0)
    truth, model = rng.dirichlet(np.full(4, 2.0), 2_000), rng.dirichlet(np.full(4, 2.0), 2_000)
    frame = opinions(
        survey(rng.multinomial(n, truth) / n, float(n)) + survey(model, None, "m") + survey(truth, None, "p")
    )
    scores = (
        denoise(frame, codebook([positions] * 2_000))
        .group_by("source")
        .agg(pl.col("alignment", "corrected", "perfect").mean())
    )
    exact = 1 - distance(truth, model, positions).mean()
    plain, corrected = scores.filter(source="m").select("alignment", "corrected").row(0)
    assert abs(corrected - exact) < 0.25 * abs(plain - exact)
    perfect = scores.filter(source="p").row(0, named=True)
    assert perfect["alignment"] == pytest.approx(perfect["perfect"], abs=0.002)
    assert perfect["alignment"] < perfect["corrected"] < 1


@pytest.mark.parametrize("draws", [3, 5])
def test_few_draws_score_lower_by_what_it_says(draws):
    rng = np.random.default_rng(2)
    positions = np.array([1, 1.5, 2])
    human, model = rng.dirichlet(np.ones(3), 40), rng.dirichlet(np.ones(3), 40)
    frame = opinions(survey(human, None) + survey(model, None, "m"))
    ours = draw_bias(frame, codebook([positions] * 40), draws=[draws]).sort(pl.col("question").str.slice(1).cast(int))
    sampled = rng.multinomial(draws, model, size=(20_000, 40)) / draws
    simulated = 1 - distance(sampled, human, positions).mean(axis=0)
    assert ours["expected"].to_numpy() == pytest.approx(simulated, abs=0.01)
    assert (ours["bias"] <= 1e-12).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6), st.floats(0.0, 1.0))
def test_bounds_are_those_of_a_linear_program(seed, k, missing):
    rng = np.random.default_rng(seed)
    positions = np.cumsum(rng.uniform(0.1, 2.0, k))
    human, model = rng.dirichlet(np.full(k, 0.7)), rng.dirichlet(np.full(k, 0.7))
    frame = opinions([("q0", "all", "human", human, None, 0.0), ("q0", "all", "m", model, None, missing)])
    ours = bounds(frame, codebook([positions])).row(0, named=True)

    points = np.eye(k)
    worst = max(distance((1 - missing) * model + missing * point, human, positions) for point in points)
    width = np.diff(positions) / (positions[-1] - positions[0])
    below = np.tril(np.ones((k, k)))[:-1]
    wanted = below @ (human - (1 - missing) * model)
    cost = np.concatenate([np.zeros(k), width])
    rows = np.block([[below, -np.eye(k - 1)], [-below, -np.eye(k - 1)]])
    best = optimize.linprog(
        cost, rows, np.concatenate([wanted, -wanted]), [[1.0] * k + [0.0] * (k - 1)], [missing], method="highs"
    ).fun
    assert ours["worst"] == pytest.approx(1 - worst, abs=1e-9)
    assert ours["best"] == pytest.approx(1 - best, abs=1e-7)
    assert ours["coverage"] == pytest.approx(1 - missing)
    assert (
        ours["worst"] - 1e-9
        <= (ours["alignment"] if ours["alignment"] is not None else ours["best"])
        <= ours["best"] + 1e-9
    )


def test_a_cell_never_answered_is_missing_whole():
    human = [("q0", d, "human", [0.5, 0.5], 10.0, 0.0) for d in ("all", "sex=F")]
    frame = opinions([*human, ("q0", "all", "m", [1.0, 0.0], None, None)])
    ours = bounds(frame.lazy(), codebook([[1, 2]])).collect()
    assert ours.drop("metric").rows() == [
        ("q0", "all", "m", 1.0, 0.5, 0.5, 0.5),
        ("q0", "sex=F", "m", 0.0, 0.5, None, 1.0),
    ]
    assert bounds(frame, codebook([[1, 2]]), absent="unasked")["demographic"].to_list() == ["all"]


def test_refusals_say_what_to_do():
    book = codebook([[1, 2]])
    human = [("q0", "all", "human", [0.5, 0.5], 10.0, 0.0)]
    model = [("q0", "sex=F", "m", [0.5, 0.5], None, None)]
    with pytest.raises(FrameError, match=r"1 cells have no human reference, e\.g\. \('q0', 'sex=F', 'm'\)"):
        denoise(opinions(human + model), book)
    with pytest.raises(FrameError, match="No row has the source 'people'"):
        ceiling(opinions(human), book, reference="people")
    with pytest.raises(FrameError, match="at least one other source"):
        bounds(opinions(human), book)
    with pytest.raises(FrameError, match="1 questions are nominal"):
        ceiling(opinions(human), book.with_columns(scale=pl.lit("nominal")), metric="wasserstein")
    with pytest.raises(OptionError, match="by='topic' is not known"):
        ceiling(opinions(human), book, by="topic")
    with pytest.raises(OptionError, match=r"draws=\[0\]"):
        draw_bias(opinions(human), book, draws=[0])
