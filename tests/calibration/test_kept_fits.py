"""Fits that are kept: tuned across what the questions that they are for do not share with their own."""

import re

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from world import SHARP, WISE

import opinionframe as of
from opinionframe.calibration.methods.blend.shares import SHARE
from opinionframe.calibration.methods.blend.weights import group_weights
from opinionframe.errors import FrameError, OpinionFrameWarning, OptionError

CHOICE = ["question", "demographic", "choice"]
FIXED = {"kriging": 0.25, "dirichlet": 0.15, "power": 0.1, "no-model": 0.1, "ridge": 0.05, "raw": 0.3, "uniform": 0.05}
MEMBERS = list(FIXED)[:5]
WEIGHT = pl.col("name").str.starts_with("weight of ")


@pytest.fixture(scope="module")
def rows(world):
    return world.opinions.filter(pl.col("source").is_in(["human", SHARP, WISE]))


@pytest.fixture
def relation():
    """Makes a DuckDB relation of a frame."""
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    return lambda frame: connection.from_arrow(frame.to_arrow())


@pytest.fixture(scope="module")
def book(world):
    """The codebook with six topics, dealt to the questions in turn."""
    topic = pl.format("topic {}", pl.col("question").rank("dense") % 6)
    return world.codebook.with_columns(topic=topic)


def weights(learnt) -> dict[str, float]:
    return dict(learnt.parameters.filter(WEIGHT, pl.col("group") == WISE).select("name", "value").rows())


def test_weights_are_those_of_what_members_predict_of_topics_that_they_have_not_seen(rows, book):
    kept = of.fit(rows, book, split="topic", seed=3)
    shares = of.calibrate(rows, book, method=MEMBERS, split="topic", folds=6, refits=False, seed=3)
    human = rows.filter(source="human").select(*CHOICE, pl.col("prob").alias("target"), "n_eff")
    wide = (
        shares.filter(pl.col("source").str.starts_with(WISE))
        .pivot("source", index=CHOICE, values="prob")
        .rename(lambda name: name.replace(f"{WISE}|", SHARE).replace(WISE, SHARE + "raw"))
        .with_columns((1 / pl.len().over("question", "demographic")).alias(SHARE + "uniform"))
        .join(human, on=CHOICE)
        .with_columns(group=pl.lit(WISE), source=pl.lit(WISE), prob=SHARE + "raw")
    )
    by_hand = group_weights(wide, book, FIXED, ["group"]).drop("group").row(0, named=True)
    assert weights(kept) == pytest.approx(by_hand, abs=1e-6)
    assert weights(kept) != pytest.approx(weights(of.fit(rows, book, seed=3)), abs=1e-3)


def test_one_question_in_each_topic_is_the_split_by_question(rows, book):
    few = rows.filter(pl.col("question").is_in(rows.filter(source=WISE)["question"].unique().sort().head(8).implode()))
    one = of.fit(few, book.with_columns(topic="question"), split="topic", method="ridge", seed=1)
    other = of.fit(few, book, method="ridge", seed=1)
    assert_frame_equal(one.parameters, other.parameters, abs_tol=1e-9)


def test_penalties_of_lines_are_tuned_across_topics(rows, book):
    """By hand: the ridge of least squared error over topics, each predicted by the others."""
    learnt = of.fit(rows, book, method="ridge", split="topic", seed=1)
    pairs = (
        rows.filter(source=WISE)
        .join(rows.filter(source="human"), on=["question", "demographic", "choice"], suffix="_h")
        .join(book.select("question", "topic").unique(), on="question")
    )
    x, y, topic = pairs["prob"].to_numpy(), pairs["prob_h"].to_numpy(), pairs["topic"].to_numpy()

    def line(x, y, penalty):
        slope = ((x - x.mean()) * (y - y.mean())).sum() / (((x - x.mean()) ** 2).sum() + penalty)
        return slope, y.mean() - slope * x.mean()

    def error(penalty):
        parts = [(topic == t, line(x[topic != t], y[topic != t], penalty)) for t in np.unique(topic)]
        return sum(((y[own] - a - b * x[own]) ** 2).sum() for own, (b, a) in parts)

    best = min(np.logspace(-3, 4, 20), key=error)
    found = dict(learnt.parameters.filter(group=WISE).select("name", "value").rows())
    assert found["penalty"] == pytest.approx(best)
    assert found["slope"] == pytest.approx(line(x, y, best)[0])


def test_a_kept_fit_remembers_its_split_and_predicts_alike_when_it_is_read(rows, book, tmp_path):
    asked = rows.filter(source=WISE)["question"].unique().sort()
    first, last = (pl.col("question").is_in(part.implode()) for part in (asked.head(30), asked.tail(5)))
    learnt = of.fit(rows.filter(first), book.filter(first), split="topic", seed=1)
    again = of.read_calibration(learnt.save(tmp_path))
    assert again.split == "topic"
    new = rows.filter(last, pl.col("source") != "human")
    assert_frame_equal(of.apply(new, book.filter(last), again), of.apply(new, book.filter(last), learnt))


@pytest.mark.parametrize("method", ["default", "kriging", "paper", "power", "no-model", "forest"])
def test_every_method_is_fitted_by_topic_and_applied_to_others(method, rows, book):
    is_last = pl.col("topic") == "topic 5"
    others, last = (book.filter(part)["question"].unique().implode() for part in (~is_last, is_last))
    training, tested = (rows.filter(pl.col("question").is_in(part)) for part in (others, last))
    learnt = of.fit(training, book.filter(~is_last), method=method, split="topic", seed=1)
    applied = of.apply(tested.filter(pl.col("source") != "human"), book.filter(is_last), learnt)
    sums = applied.filter(pl.col("source").str.ends_with(f"|{method}")).group_by("question", "demographic", "source")
    assert sums.agg(pl.col("prob").sum())["prob"].to_list() == pytest.approx([1.0] * sums.len().height)


def test_few_topics_keep_the_fixed_weights_and_say_so(rows, book):
    three = book.with_columns(topic=pl.format("topic {}", pl.col("question").rank("dense") % 3))
    with pytest.warns(OpinionFrameWarning, match=r"2 of 2 fits have labels in fewer than 4 folds of split='topic'"):
        learnt = of.fit(rows, three, split="topic", seed=1)
    assert weights(learnt)["weight of raw"] == 0.3


@pytest.mark.parametrize("method", ["ridge", "lasso", "default", "power"])
def test_a_source_with_labels_in_one_topic_is_refused(method, rows, book):
    """Nothing of its own is held out, so that the largest penalty would make it uniform."""
    first = book.filter(topic="topic 1")["question"].unique()
    lone = rows.filter((pl.col("source") != WISE) | pl.col("question").is_in(first.implode()))
    said = rf"1 of 2 fits have human answers in a single fold of split='topic', e\.g\. '{re.escape(WISE)}'"
    with pytest.raises(FrameError, match=said):
        of.fit(lone, book, method=method, split="topic", seed=1)


@pytest.mark.parametrize("split", ["question", "topic"])
def test_a_relation_is_tuned_as_a_frame_is_where_some_topics_have_no_people(split, rows, book, relation):
    topics = book.with_columns(topic=pl.format("topic {}", pl.col("question").rank("dense") % 22))
    unlabelled = topics.filter(pl.col("topic").is_in(["topic 0", "topic 3"]))["question"].unique()
    partly = rows.filter((pl.col("source") != "human") | ~pl.col("question").is_in(unlabelled.implode()))
    frame = of.fit(partly, topics, method="ridge", split=split, seed=1)
    engine = of.fit(relation(partly), topics, method="ridge", split=split, seed=1)
    assert_frame_equal(engine.parameters, frame.parameters, check_row_order=False, abs_tol=1e-9)


def test_a_relation_is_refused_where_a_frame_is(rows, book, relation):
    first = book.filter(topic="topic 1")["question"].unique().implode()
    lone = rows.filter((pl.col("source") != WISE) | pl.col("question").is_in(first))
    one = rows.filter((pl.col("source") != "human") | pl.col("question").is_in(first))
    with pytest.raises(FrameError, match="1 of 2 fits have human answers in a single fold of split='topic'"):
        of.fit(relation(lone), book, method="ridge", split="topic", seed=1)
    with pytest.raises(OptionError, match="split='topic' has 1 unit with human answers"):
        of.fit(relation(one), book, method="ridge", split="topic", seed=1)


def test_a_split_that_leaves_nothing_to_hold_out_is_refused(rows, world, book):
    with pytest.raises(OptionError, match=r"split='topic' has 1 unit with human answers"):
        of.fit(rows, world.codebook.with_columns(topic=pl.lit("one")), split="topic", seed=1)
    with pytest.raises(OptionError, match=r"split='row'.*question"):
        of.fit(rows, book, split="row", seed=1)
