"""Learning curves: by hand where people answer as a line of the model says, and on a generated world."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from world import CUBED, SHARP

import opinionframe as of
from opinionframe.diagnosis.learning.curve import learning_curve
from opinionframe.errors import FrameError, OpinionFrameWarning, OptionError

MODEL, SHOTS = "m|logprob|sd|standard", "m|logprob|sd|few_shot"
ALL = ["linear", "ridge", "lasso", "forest", "paper", "power", "dirichlet", "cumulative", "no-model", "default"]
KEY = ["method", "source", "n_train"]


@pytest.fixture(scope="module")
def toy() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Twenty questions, two groups: people halve the model's distance from uniform; few-shot answers are theirs."""
    rng = np.random.default_rng(2)
    keys = [(f"q{i}", group, 2 + i % 3) for i in range(20) for group in ("sex=F", "sex=M")]
    rows = []
    for question, group, k in keys:
        model = rng.dirichlet(np.ones(k))
        human = 0.5 * model + 0.5 / k
        for source, shares in (("human", human), (MODEL, model), (SHOTS, human)):
            rows += [(question, group, j + 1, source, float(share)) for j, share in enumerate(shares)]
    opinions = pl.DataFrame(rows, ["question", "demographic", "choice", "source", "prob"], orient="row")
    book = (
        opinions.select("question", pl.col("choice").cast(pl.UInt8))
        .unique()
        .with_columns(
            label=pl.col("choice").cast(pl.String),
            position=pl.col("choice").cast(pl.Float64),
            text=pl.format("How about {}?", "question"),
            scale=pl.lit("ordinal"),
            topic=pl.lit(None, pl.String),
            dataset=pl.lit(None, pl.String),
        )
    )
    return opinions, book


@pytest.fixture(scope="module")
def sharp(world) -> pl.DataFrame:
    return world.opinions.filter(pl.col("source").is_in(["human", SHARP]))


def test_a_line_is_learnt_from_questions_with_as_many_choices(toy):
    """Among questions of one K the truth is a line, so one distribution is enough; raw is off by half."""
    opinions, book = toy
    three = opinions.filter(pl.col("choice").max().over("question") == 3)
    curves = learning_curve(three, book, sizes=[1, 4], draws=4, test=0.3, seed=1).filter(source=MODEL)
    scores = {
        (method, size): row for method, size, *row in curves.select("method", "n_train", "mse", "alignment").rows()
    }
    for size in (1, 4):
        assert scores["linear", size] == pytest.approx([0, 1], abs=1e-9)
        assert scores["few_shot", size] == pytest.approx([0, 1], abs=1e-9)
        assert scores["raw", size] == pytest.approx(scores["uniform", size])
    assert scores["raw", 1] == scores["raw", 4]
    assert set(curves["n"]) == {4}
    assert set(curves["n_draws"]) == {4}


def test_the_mean_of_labels_by_hand(toy):
    """Two questions: the one that is not tested is the label, and its shares are the prediction."""
    opinions, book = toy
    rows = opinions.filter(pl.col("question").is_in(["q1", "q4"]), demographic="sex=F")
    human = rows.filter(source="human").sort("question", "choice")["prob"].to_numpy().reshape(2, 3)
    curves = learning_curve(rows, book, sizes=[1], draws=3, test=0.5, seed=1).filter(source=MODEL)
    means = curves.filter(method="mean-of-labels")
    assert means["mse"].item() == pytest.approx(((human[0] - human[1]) ** 2).mean())
    distance = np.abs(np.cumsum(human[0] - human[1])[:2]).sum() / 2
    assert means["alignment"].item() == pytest.approx(1 - distance)
    other = opinions.filter(pl.col("question").is_in(["q1", "q2"]), demographic="sex=F")
    unknown = learning_curve(other, book, sizes=[1], draws=3, test=0.5, seed=1).filter(source=MODEL)
    scores = dict(unknown.select("method", "mse").rows())
    assert scores["mean-of-labels"] == pytest.approx(scores["uniform"])


@pytest.mark.parametrize("unit", ["distribution", "question"])
def test_every_method_copes_with_a_single_label(unit, toy):
    opinions, book = toy
    curves = learning_curve(opinions, book, method=ALL, unit=unit, sizes=[1, 2], draws=2, seed=1).filter(source=MODEL)
    assert set(curves["method"]) == {*ALL, "raw", "mean-of-labels", "few_shot", "uniform"}
    assert len(curves) == 2 * 14
    assert curves["mse"].is_between(0, 1).all()
    assert curves["alignment"].is_between(0, 1).all()
    one = dict(curves.filter(n_train=1).select("method", "alignment").rows())
    assert one["ridge"] == pytest.approx(one["uniform"], abs=1e-3)
    assert one["lasso"] == pytest.approx(one["uniform"], abs=1e-9)


@pytest.mark.parametrize("method", ["default", "no-model"])
def test_the_only_nominal_question_may_fall_in_the_test_part(method, toy):
    opinions, book = toy
    name = book["question"].min()
    mixed = book.with_columns(scale=pl.when(pl.col("question") == name).then(pl.lit("nominal")).otherwise("scale"))
    options = {"method": method, "sizes": [2], "draws": 6, "test": 0.4, "seed": 1}
    curves = learning_curve(opinions, mixed, **options).filter(method=method, source=MODEL)
    drawn = dict(curves.select("metric", "n_draws").rows())
    assert drawn["wasserstein"] == 6
    assert 0 < drawn["total_variation"] < 6


def test_a_line_converges_early_and_a_power_goes_on_where_the_truth_is_one(world):
    """The source cubes the shares of every group; the answer labels, which know no question, stay behind."""
    rows = world.opinions.filter(pl.col("source").is_in(["human", CUBED]))
    curves = learning_curve(rows, world.codebook, method=["linear", "power"], sizes=[1, 10, 200], draws=10, seed=1)
    scores = {(m, n): (e, a) for m, n, e, a in curves.select("method", "n_train", "mse", "alignment").rows()}
    assert scores["linear", 10][0] < 0.6 * scores["raw", 10][0]
    assert scores["linear", 10][0] < 1.15 * scores["linear", 200][0]
    assert scores["power", 200][0] < 0.5 * scores["linear", 200][0]
    assert scores["power", 200][1] > scores["linear", 200][1] + 0.02
    assert scores["mean-of-labels", 10][1] < scores["mean-of-labels", 200][1] < scores["linear", 10][1]
    inside = curves.filter(pl.col("alignment").is_between("alignment_conf_low", "alignment_conf_high"))
    assert len(inside) == len(curves)


def test_no_human_answer_beside_the_labels_is_seen(world, sharp):
    """Human rows of questions that no model was asked change nothing, nor does the order of rows."""
    asked = sharp.filter(source=SHARP)["question"].unique()
    options = {"method": ["linear", "default"], "sizes": [5], "draws": 2, "seed": 3}
    some = learning_curve(sharp.filter(pl.col("question").is_in(asked.implode())), world.codebook, **options)
    whole = learning_curve(sharp.sample(fraction=1, shuffle=True, seed=7), world.codebook, **options)
    assert_frame_equal(some, whole, abs_tol=1e-8)


def test_single_draws_average_to_the_curve_and_are_drawn(toy, tmp_path):
    opinions, book = toy
    options = {"method": ["linear", "power"], "sizes": [1, 5], "draws": 3, "split": "row", "seed": 1}
    single = learning_curve(opinions, book, each_draw=True, **options)
    whole = learning_curve(opinions.lazy(), book.lazy(), **options).collect()
    means = single.group_by(KEY).agg(pl.col("mse", "alignment").mean())
    assert_frame_equal(means.sort(KEY), whole.select(*KEY, "mse", "alignment").sort(KEY))
    figure = of.figures.learning(single.filter(source=MODEL), line="method")
    assert figure.save(tmp_path / "curve.svg").stat().st_size > 1000


def test_each_data_set_has_curves_of_its_own(toy):
    """The curve of a data set is that of its questions alone, whatever else is in the frame."""
    opinions, book = toy
    halves = book.with_columns(dataset=pl.when(pl.col("question") < "q15").then(pl.lit("A")).otherwise(pl.lit("B")))
    options = {"sizes": [1, 5], "draws": 2, "seed": 1}
    both = learning_curve(opinions, halves, **options)
    for name in "AB":
        part = halves.filter(dataset=name)
        alone = learning_curve(opinions.join(part, on="question", how="semi"), part, **options)
        assert_frame_equal(both.filter(dataset=name).drop("dataset"), alone)
    with pytest.raises(FrameError, match="20 questions have no dataset in the codebook"):
        learning_curve(opinions, book, by="dataset", **options)
    pooled = learning_curve(opinions, halves, by="source", **options)
    assert_frame_equal(pooled, learning_curve(opinions, book, **options))
    with pytest.raises(OptionError, match="Allowed: dataset, source"):
        learning_curve(opinions, halves, by="topic", **options)


def test_the_paper_s_curve_goes_to_1200_labels():
    """Enough cells for all of its sizes, by its own calibrator with a row split."""
    keys = pl.DataFrame({"question": [f"q{i}" for i in range(40)]}).join(
        pl.DataFrame({"demographic": [f"g=c{i}" for i in range(40)]}), how="cross"
    )
    model = pl.Series(np.random.default_rng(1).integers(1, 10, len(keys)) / 10)
    shares = keys.with_columns(model=model).with_columns(human=0.3 + 0.4 * pl.col("model"))
    rows = [
        shares.select("question", "demographic", choice=pl.lit(choice), source=pl.lit(source), prob=prob)
        for source, column in ((MODEL, "model"), ("human", "human"))
        for choice, prob in ((1, pl.col(column)), (2, 1 - pl.col(column)))
    ]
    book = of.codebook({f"q{i}": {"text": f"q{i}?", "labels": ["no", "yes"]} for i in range(40)})
    curve = learning_curve(pl.concat(rows), book, method="paper", split="row", draws=1, seed=1).filter(method="paper")
    assert curve["n_train"].to_list() == [1, 5, 10, 50, 100, 200, 500, 1000, 1200]
    assert curve.filter(pl.col("n_train") >= 5)["mse"].max() < 0.002


def test_sizes_beyond_the_labels(toy):
    opinions, book = toy
    assert set(learning_curve(opinions, book, draws=2, seed=1)["n_train"]) == {1, 5, 10}
    with pytest.warns(OpinionFrameWarning, match="2 of 4 sources and sizes have too few labels"):
        learning_curve(opinions, book, sizes=[5, 500], draws=2, seed=1)
    with pytest.raises(OptionError, match="No source has 500 labels outside the test part; the most is 32"):
        learning_curve(opinions, book, sizes=[500], draws=2, seed=1)


def test_refusals(toy):
    opinions, book = toy
    for wrong, said in (
        ({"unit": "row"}, "Allowed: distribution, question"),
        ({"split": "dataset"}, "Allowed: battery, question, row, topic"),
        ({"method": "default", "split": "row"}, "Use split='question'"),
        ({"sizes": [0]}, "each 1 or more"),
        ({"draws": 0}, "at least 1"),
        ({"test": 1}, "between 0 and 1"),
    ):
        with pytest.raises(OptionError, match=said):
            learning_curve(opinions, book, **wrong, seed=1)
    with pytest.raises(OptionError, match="1 labelled units"):
        learning_curve(opinions.filter(question="q1"), book, seed=1)
    with pytest.raises(FrameError, match="0 sources have the form"):
        learning_curve(opinions.filter(source="human"), book, seed=1)


@pytest.mark.parametrize("split", ["topic", "battery"])
def test_a_split_by_topic_or_battery_holds_out_whole_ones(toy, split):
    """Of units of 1, 2, 5 and 12 questions one is held out in each draw, so that the test cells say which."""
    opinions, book = toy
    stems = ["Is tea good with", "Who should pay for", "Does anybody need", "How often do friends play"]
    units = {f"q{i}": np.searchsorted([1, 3, 8], i, side="right") for i in range(20)}
    unit = pl.col("question").replace_strict(units, return_dtype=pl.Int64)
    named = book.with_columns(
        topic=pl.format("topic {}", unit),
        text=pl.format("{} {}?", unit.replace_strict(dict(enumerate(stems))), "question"),
    )
    curves = learning_curve(opinions, named, sizes=[2], draws=12, test=0.25, split=split, each_draw=True, seed=1)
    held_out = curves.filter(source=MODEL, method="linear")["n"]
    assert set(held_out / 2) == {1, 2, 5, 12}
    assert_frame_equal(
        learning_curve(opinions, named, sizes=[2], draws=3, seed=1),
        learning_curve(opinions, book, sizes=[2], draws=3, seed=1),
    )
