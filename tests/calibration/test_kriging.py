"""The package's own calibrators: what they score on a known truth, and what they may not do."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from world import CUBED, POWER, SHARP, SQUARED, WISE

import opinionframe as of
from opinionframe.errors import FrameError

KEY = ["question", "demographic", "source", "choice"]
OWN = [pytest.param("default", marks=pytest.mark.slow), "kriging", "no-model", "power", "dirichlet", "cumulative"]


@pytest.fixture(scope="module")
def two(world) -> pl.DataFrame:
    return world.opinions.filter(pl.col("source").is_in(["human", SHARP, WISE]))


def scores(opinions: pl.DataFrame, codebook: pl.DataFrame) -> dict[str, float]:
    return dict(of.summarize(of.align(opinions, codebook)).select("source", "alignment").rows())


@pytest.mark.slow
def test_default_beats_linear_everywhere_and_never_falls_below_raw(world):
    """On all sources of the generated world, whole questions held out, whatever their flaw."""
    found = scores(
        of.calibrate(world.opinions, world.codebook, method=["default", "linear"], refits=False, seed=1), world.codebook
    )
    raw = sorted(source for source in found if source.count("|") == 3)
    assert raw == world.llm["source"].unique().sort().to_list()
    gains = [found[f"{source}|default"] - found[f"{source}|linear"] for source in raw]
    assert np.mean(gains) > 0.02
    assert min(found[f"{source}|default"] - found[source] for source in raw) > -0.002


@pytest.mark.parametrize("method", OWN)
def test_no_cell_is_predicted_from_its_own_question(method, world, two):
    question = two.filter(source=SHARP)["question"].sort()[0]
    mine = (pl.col("question") == question) & (pl.col("source") == "human")
    turned = pl.when(mine).then(pl.col("prob").reverse().over("question", "demographic", "source")).otherwise("prob")
    before, after = (
        of.calibrate(rows, world.codebook, method=method, refits=False, seed=1)
        .filter(pl.col("source").str.ends_with(method), pl.col("question") == question)
        .sort(KEY)
        for rows in (two, two.with_columns(prob=turned))
    )
    assert len(before)
    assert_frame_equal(before, after, rel_tol=0, abs_tol=1e-9)


@pytest.mark.parametrize("method", OWN)
def test_rows_in_any_order_are_predicted_alike_and_stay_on_the_simplex(method, world, two):
    one, other = (
        of.calibrate(rows, world.codebook, method=method, seed=3)
        .filter(pl.col("source").str.ends_with(method))
        .sort(KEY)
        for rows in (two, two.sample(fraction=1, shuffle=True, seed=9))
    )
    assert_frame_equal(one, other, abs_tol=1e-8)
    sums = one.group_by("question", "demographic", "source").agg(pl.col("prob").sum())["prob"]
    assert np.allclose(sums, 1)
    assert one["prob"].min() >= 0


def test_no_model_means_no_model(world, two):
    """The bar for `default` must not move when the answers do."""
    rng = np.random.default_rng(5)
    noise = pl.Series(rng.exponential(size=len(two)))
    noisy = two.with_columns(prob=pl.when(pl.col("source") == "human").then("prob").otherwise(noise)).with_columns(
        pl.col("prob") / pl.col("prob").sum().over("question", "demographic", "source")
    )
    real, sham = (
        of.calibrate(rows, world.codebook, method="no-model", seed=1)
        .filter(pl.col("source").str.ends_with("no-model"))
        .sort(KEY)
        for rows in (two, noisy)
    )
    assert_frame_equal(real, sham, abs_tol=1e-9)
    found = of.diagnose(noisy, world.codebook, method="kriging", seed=1)
    assert set(found["verdict"]) <= {"collapsed", "placebo not exceeded"}


def test_no_model_shares_a_fit_among_sources_that_answer_the_same_cells_alone(world, two):
    """What a source gets is what it gets by itself, though others stand beside it, with its cells or with fewer."""
    questions = two.filter(source=SHARP)["question"].unique().sort()
    sharp = two.filter(source=SHARP)
    fewer = sharp.filter(~pl.col("question").is_in(questions.tail(9).implode())).with_columns(
        source=pl.lit("few|a|b|c")
    )
    other = sharp.with_columns(source=pl.lit("zed|a|b|c"), prob=1 / pl.len().over("question", "demographic"))
    human = two.filter(source="human").with_columns(fold=pl.col("question"))
    sources = [part.with_columns(fold=pl.col("question")) for part in (sharp, fewer, other)]
    options = {"codebook": world.codebook, "method": "no-model", "split": "fold", "refits": False, "seed": 1}
    together = of.calibrate(pl.concat([human, *sources], how="diagonal"), **options)
    shares = {}
    for part in sources:
        name = part["source"][0] + "|no-model"
        alone = of.calibrate(pl.concat([human, part], how="diagonal"), **options).filter(source=name).sort(KEY)
        assert_frame_equal(together.filter(source=name).sort(KEY), alone, check_column_order=False)
        shares[name[:3]] = alone["prob"]
    assert shares["zed"].equals(shares[SHARP[:3]])
    assert len(shares["few"]) < len(shares["zed"])


@pytest.mark.parametrize("method", [*OWN, "linear", "ridge", "lasso"])
def test_a_fit_is_saved_read_and_applied_to_other_questions(method, world, two, tmp_path):
    questions = two.filter(source=SHARP)["question"].unique().sort()
    later = pl.col("question").is_in(questions.gather_every(3).implode())
    learnt = of.fit(two.filter(~later), world.codebook, method=method, seed=1)
    again = of.read_calibration(learnt.save(tmp_path / "fit"))
    assert_frame_equal(again.parameters, learnt.parameters)
    new = two.filter(later, pl.col("source") != "human")
    book = world.codebook.filter(later)
    assert_frame_equal(of.apply(new, book, learnt).sort(KEY), of.apply(new, book, again).sort(KEY))
    both = pl.concat([two.filter(later, source="human"), of.apply(new, book, again)], how="diagonal")
    found = scores(both, book)
    assert found[f"{SHARP}|{method}"] > found[SHARP] + 0.03


def test_a_power_of_a_power_is_found(codebook):
    """Human shares made from the model's by squaring and mixing with a fifth of uniform."""
    rng = np.random.default_rng(2)
    book = pl.concat(codebook.filter(question="q1").with_columns(question=pl.lit(f"q{i}")) for i in range(60))
    p = rng.dirichlet(np.ones(3), 60)
    sharp = p**2 / (p**2).sum(axis=1, keepdims=True)
    rows = [
        {"question": f"q{i}", "demographic": "all", "choice": j + 1, "source": source, "prob": float(q[i, j])}
        for source, q in (("human", 0.8 * sharp + 0.2 / 3), ("m|logprob|base|standard", p))
        for i in range(60)
        for j in range(3)
    ]
    learnt = of.fit(pl.DataFrame(rows), book, method="power", seed=1)
    found = dict(learnt.parameters.select("name", "value").rows())
    assert found["power"] == pytest.approx(2, rel=0.15)
    assert found["mixture"] == pytest.approx(0.2, abs=0.05)


@pytest.mark.parametrize(("source", "power"), [(CUBED, 1 / POWER), (SQUARED, 1 / 2)])
def test_the_power_of_the_generated_world_is_found(source, power, world):
    """Two sources give the shares of every group, cubed and squared: the fit takes the root, and mixes nothing in."""
    rows = world.opinions.filter(pl.col("source").is_in(["human", source]))
    found = dict(of.fit(rows, world.codebook, method="power", seed=1).parameters.select("name", "value").rows())
    assert found["power"] == pytest.approx(power, rel=0.1)
    assert found["mixture"] == 0
    known = scores(of.calibrate(rows, world.codebook, method="power", seed=1), world.codebook)
    assert known[f"{source}|power"] > known[source] + 0.03


def test_a_source_that_was_not_fitted_is_refused(world, two):
    learnt = of.fit(two.filter(pl.col("source") != WISE), world.codebook, method="power", seed=1)
    with pytest.raises(FrameError, match="1 groups of rows were not part of the fit, e.g. 'wise"):
        of.apply(two, world.codebook, learnt)


def test_a_folder_without_a_calibration_is_refused(tmp_path):
    with pytest.raises(FrameError, match="does not hold a saved calibration"):
        of.read_calibration(tmp_path)


def test_from_a_single_question_the_raw_answer_is_kept(world, two):
    """One labelled question leaves no inner fold to choose a correction by, so kriging makes none."""
    questions = two.filter(source=SHARP)["question"].unique().sort()
    few = two.filter(pl.col("question").is_in(questions.head(1).implode()))
    learnt = of.fit(few, world.codebook, method="kriging", seed=1)
    new = two.filter(pl.col("source") == SHARP, pl.col("question").is_in(questions.tail(5).implode()))
    applied = of.apply(new, world.codebook, learnt)
    raw, kept = (applied.filter(source=name).sort(KEY) for name in (SHARP, f"{SHARP}|kriging"))
    assert raw["prob"].to_list() == pytest.approx(kept["prob"].to_list(), abs=1e-9)


def test_a_fit_applies_alike_whether_or_not_the_new_codebook_lists_its_questions_too(world, two):
    questions = two.filter(source=SHARP)["question"].unique().sort()
    later = pl.col("question").is_in(questions.tail(20).implode())
    learnt = of.fit(two.filter(~later), world.codebook.filter(~later), method="default", seed=1)
    new = two.filter(later, pl.col("source") != "human")
    short, whole = (of.apply(new, book, learnt).sort(KEY) for book in (world.codebook.filter(later), world.codebook))
    assert_frame_equal(short, whole, abs_tol=1e-9)


def test_a_fit_does_not_look_up_the_human_answers_to_the_questions_it_is_applied_to(world, two):
    question = two.filter(source=SHARP)["question"].sort()[0]
    learnt = of.fit(two, world.codebook, method="default", seed=1)
    turned = pl.when(question=question).then(pl.col("prob").reverse().over("question", "demographic")).otherwise("prob")
    other = of.Calibration(
        learnt.method, learnt.by, learnt.parameters, learnt.human.with_columns(prob=turned), learnt.codebook
    )
    new = two.filter(pl.col("question") == question, pl.col("source") != "human")
    one, two_ = (of.apply(new, world.codebook, calibration).sort(KEY) for calibration in (learnt, other))
    assert_frame_equal(one, two_, abs_tol=1e-9)
