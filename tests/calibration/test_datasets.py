"""Several data sets in one frame: a fit for each, or one for all."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import opinionframe as of
from opinionframe.errors import FrameError, OptionError

SOURCE = "m|verbalized|sd|standard"


@pytest.fixture
def two() -> tuple[pl.DataFrame, pl.DataFrame]:
    """In A people keep 0.2 of the model's distance from uniform, in B 0.8."""
    rng = np.random.default_rng(0)
    rows, books = [], []
    for name, slope in (("A", 0.2), ("B", 0.8)):
        keys = [f"{name}{number}" for number in range(20)]
        books.append(of.codebook({key: {"text": f"{key}?", "labels": ["no", "yes"]} for key in keys}, dataset=name))
        for key in keys:
            p = rng.uniform(0.05, 0.95)
            for choice, x in ((1, p), (2, 1 - p)):
                rows += [(key, choice, SOURCE, x), (key, choice, "human", 0.5 + slope * (x - 0.5))]
    opinions = pl.DataFrame(rows, ["question", "choice", "source", "prob"], orient="row")
    return opinions.with_columns(demographic=pl.lit("sex=F")), pl.concat(books)


def error(calibrated: pl.DataFrame) -> float:
    """The greatest distance from the human share."""
    key = ["question", "demographic", "choice"]
    human = calibrated.filter(source="human").select(*key, human="prob")
    rows = calibrated.filter(source=f"{SOURCE}|linear").join(human, on=key)
    assert len(rows) == len(human)
    return float((rows["prob"] - rows["human"]).abs().max())


def test_each_data_set_has_a_fit_of_its_own(two):
    opinions, book = two
    apart = of.calibrate(opinions, book, method="linear", by=["source", "dataset"], seed=1)
    assert error(apart) < 1e-9
    assert_frame_equal(of.calibrate(opinions, book, method="linear", seed=1), apart, check_row_order=False)
    learnt = of.fit(opinions, book, method="linear", seed=1)
    assert learnt.parameters["group"].unique().sort().to_list() == [f"{SOURCE}|A", f"{SOURCE}|B"]
    assert error(of.apply(opinions, book, learnt)) < 1e-9
    strange = book.with_columns(pl.col("dataset") + " again")
    with pytest.raises(FrameError, match="by='source' for other datasets"):
        of.apply(opinions, strange, learnt)


def test_pooling_is_a_choice(two):
    opinions, book = two
    pooled = of.calibrate(opinions, book, method="linear", by="source", seed=1)
    assert error(pooled) > 0.05
    one = book.with_columns(dataset=pl.lit("one"))
    assert_frame_equal(of.calibrate(opinions, one, method="linear", seed=1), pooled, check_row_order=False)
    assert of.fit(opinions, book, method="linear", by="source", seed=1).by == ("source",)
    assert of.fit(opinions, one, method="linear", seed=1).by == ("source",)


def test_a_split_by_data_set_learns_from_the_others(two):
    opinions, book = two
    held_out = of.calibrate(opinions, book, method="linear", split="dataset", seed=1)
    pooled = of.calibrate(opinions, book, method="linear", split="dataset", by="source", seed=1)
    assert_frame_equal(held_out, pooled, check_row_order=False)
    assert error(held_out) > 0.05


def test_rows_in_an_engine_have_a_fit_in_each_data_set(two):
    duckdb = pytest.importorskip("duckdb")
    opinions, book = two
    relation = duckdb.connect().from_arrow(opinions.to_arrow())
    key = ["source", "question", "demographic", "choice"]
    for by in (None, "source"):
        here = of.calibrate(opinions, book, method="linear", by=by, refits=False, seed=1).select(*key, "prob")
        there = of.calibrate(relation, book, method="linear", by=by, seed=1).pl().select(*key, "prob")
        assert_frame_equal(there.sort(key), here.sort(key), check_dtypes=False)
    learnt = of.fit(relation, book, method="linear", seed=1)
    assert learnt.by == ("source", "dataset")
    assert error(of.apply(relation, book, learnt).pl()) < 1e-9


def test_a_data_set_too_small_to_fit_is_refused_with_the_remedy(two):
    opinions, book = two
    lone = pl.col("question").str.starts_with("A") | (pl.col("question") == "B0")
    with pytest.raises(FrameError, match=r"m\|verbalized\|sd\|standard\|B.*by='source'"):
        of.calibrate(opinions.filter(lone), book, method="linear", seed=1)
    few = pl.col("question").str.starts_with("A") | pl.col("question").is_in(["B0", "B1", "B2"])
    calibrated = of.calibrate(opinions.filter(few), book, method="linear", seed=1).filter(source=f"{SOURCE}|linear")
    known = calibrated.group_by(pl.col("question").str.head(1)).agg(pl.col("fit_influence").count() > 0)
    assert dict(known.rows()) == {"A": True, "B": False}
    # What pools both counts no fits, and says so; the survey that has its fits counts them.
    human = opinions.filter(few, source="human")
    aligned = of.align(pl.concat([human, calibrated], how="diagonal_relaxed"), book)
    pooled, without = (of.intervals(frame) for frame in (aligned, aligned.drop("fit_influence")))
    assert_frame_equal(pooled, without)
    assert pooled["covers"].to_list() == ["new questions for these groups"]
    of_a = of.intervals(aligned.filter(pl.col("question").str.starts_with("A")))
    assert of_a["covers"].to_list() == ["new questions and new fits for these groups"]


def test_a_stack_has_weights_in_each_data_set():
    """In A the first member answers as people do, in B the second."""
    rng = np.random.default_rng(3)
    names = [f"{name}|verbalized|sd|standard" for name in "mn"]
    rows, books = [], []
    for right, dataset in enumerate("AB"):
        keys = [f"{dataset}{number}" for number in range(12)]
        books.append(of.codebook({key: {"text": f"{key}?", "labels": ["no", "yes"]} for key in keys}, dataset=dataset))
        for key in keys:
            p = rng.uniform(0.05, 0.95)
            for source, share in ((names[right], p), (names[1 - right], 1 - p), ("human", p)):
                rows += [(key, "sex=F", 1, source, share), (key, "sex=F", 2, source, 1 - share)]
    opinions = pl.DataFrame(rows, ["question", "demographic", "choice", "source", "prob"], orient="row")
    book = pl.concat(books)
    weights = of.stack_weights(opinions, book, seed=1)
    right = weights.filter((pl.col("dataset") == "A") == (pl.col("source") == names[0]))
    assert right.filter(pl.col("fold").is_null())["dataset"].to_list() == ["A", "B"]
    assert right["weight"].to_list() == pytest.approx([1.0] * len(right), abs=1e-6)
    stacked = of.stack(opinions, book, seed=1)
    means = of.summarize(of.align(stacked, book)).filter(pl.col("source").str.starts_with("stack"))
    assert means["alignment"].to_list() == pytest.approx([1.0], abs=1e-6)
    assert "dataset" not in of.stack_weights(opinions, book, by=(), seed=1).columns
    pooled = of.summarize(of.align(of.stack(opinions, book, by=(), seed=1), book))
    assert pooled.filter(pl.col("source").str.starts_with("stack"))["alignment"].item() < 0.9


def test_every_verb_after_align_knows_the_data_set(two):
    opinions, book = two
    aligned = of.align(of.baselines(opinions, book, which="uniform"), book)
    assert set(aligned["question"].str.head(1) + aligned["dataset"]) == {"AA", "BB"}
    means = of.summarize(aligned, by=["dataset", "source"])
    assert means.select("dataset", "source").rows() == [(d, s) for d in "AB" for s in (SOURCE, "uniform")]
    for name in "AB":
        alone = of.summarize(aligned.filter(pl.col("question").str.starts_with(name)))
        assert_frame_equal(means.filter(dataset=name).drop("dataset"), alone)
    pair = [(SOURCE, "uniform")]
    assert of.compare(aligned, pair=pair, by="dataset", adjust="none", seed=1)["dataset"].unique().sort().to_list() == [
        "A",
        "B",
    ]
    assert of.intervals(aligned, by="dataset")["dataset"].unique().sort().to_list() == ["A", "B"]
    assert of.tables.settings(aligned).rows["section"].unique().sort().to_list() == ["A", "B"]


def test_alignment_has_a_data_set_where_the_codebook_names_any(two):
    opinions, book = two
    none = book.with_columns(dataset=pl.lit(None, pl.String))
    assert "dataset" not in of.align(opinions, none).columns
    own = of.align(opinions.with_columns(dataset=pl.lit("mine")), book)
    assert own["dataset"].unique().to_list() == ["mine"]
    half = of.align(opinions.lazy(), book.with_columns(dataset=pl.when(pl.col("dataset") == "A").then("dataset")))
    assert dict(half.group_by("dataset").len().collect().rows()) == {"A": 20, None: 20}
    assert of.tables.settings(half).rows["section"].unique().sort().to_list() == ["A", "All questions"]


def test_extraction_by_data_set(two):
    opinions, book = two
    human = opinions.filter(source="human")
    prompts = of.prompts(human, book, elicitation="verbalized", prompt="base")
    answers = of.ask(prompts, of.FakeModel(seed=1), seed=1)
    unread = pl.col("prompt_id").is_in(prompts.filter(pl.col("question").is_in(["B0", "B1"]))["prompt_id"].implode())
    lost = answers.with_columns(
        status=pl.when(unread).then(pl.lit("unparsable")).otherwise("status"),
        probs=pl.when(~unread).then("probs"),
    )
    shares = of.extraction(lost, prompts, book)
    assert shares.select("dataset", "prompts", "extracted").rows() == [("A", 20, 1.0), ("B", 20, 0.9)]
    assert of.tables.extraction(shares).rows.height == 2
    with pytest.raises(FrameError, match="20 questions are not in the codebook"):
        of.extraction(lost, prompts, book.filter(dataset="A"))


def test_a_column_of_ones_own_comes_before_the_codebook(two):
    opinions, book = two
    swapped = opinions.with_columns(dataset=pl.lit("one"))
    assert error(of.calibrate(swapped, book, method="linear", by=["source", "dataset"], seed=1)) > 0.05
    with pytest.raises(OptionError, match="Allowed: .*dataset"):
        of.calibrate(opinions, book, method="linear", by="wave", seed=1)


def test_a_diagnosis_has_a_row_in_each_data_set_unless_they_are_pooled(two):
    opinions, book = two
    apart = of.diagnose(opinions, book, method="linear", seed=1)
    assert apart.select("dataset", "source").rows() == [(name, f"{SOURCE}|linear") for name in "AB"]
    calibrated = of.calibrate(opinions, book, method="linear", seed=1)
    means = of.summarize(of.align(calibrated, book), by=["dataset", "source"])
    for name, column in ((SOURCE, "raw"), (f"{SOURCE}|linear", "alignment")):
        assert apart[column].to_list() == pytest.approx(means.filter(source=name)["alignment"].to_list(), abs=1e-9)
    pooled = of.diagnose(opinions, book, method="linear", by="source", seed=1)
    assert pooled.height == 1
    assert "dataset" not in pooled.columns
    assert pooled["raw"].item() == pytest.approx(apart["raw"].mean(), abs=1e-9)


def test_a_source_has_a_point_in_every_data_set(two):
    opinions, book = two
    aligned = of.align(opinions, book)
    chart = of.figures.spread(aligned).chart.to_dict()
    points = [row for rows in chart["datasets"].values() for row in rows if "cells" in row]
    assert sorted((row["dataset"], row["source"], row["cells"]) for row in points) == [
        ("A", SOURCE, 20),
        ("B", SOURCE, 20),
    ]


def test_a_stack_pools_folds_of_one_s_own_that_are_datasets_and_refuses_a_dataset_in_a_single_fold(two):
    opinions, book = two
    other = opinions.filter(source=SOURCE).with_columns(source=pl.lit("n|verbalized|sd|standard"), prob=pl.lit(0.5))
    rows = pl.concat([opinions, other]).with_columns(wave=pl.col("question").str.head(1))
    pooled = of.stack_weights(rows, book, split="wave", seed=1)
    assert "dataset" not in pooled.columns
    assert of.stack(rows, book, split="wave", seed=1).height == len(rows) + 80
    lone = rows.filter((pl.col("wave") == "A") | (pl.col("question") == "B0"))
    for verb in (of.stack, of.stack_weights):
        with pytest.raises(
            FrameError, match=r"1 datasets of 'stack.*' have human answers in a single fold, e\.g\. 'B'"
        ):
            verb(lone, book, folds=5, seed=1)
