"""Embeddings of wordings in a codebook: what kriging makes of them, and what it refuses."""

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import DotProduct

import opinionframe as of
from opinionframe.calibration.methods.kriging.embedding_cosines import embedding_cosines
from opinionframe.calibration.methods.kriging.settings import FLAT
from opinionframe.calibration.methods.kriging.smoother import _weights, group_mean
from opinionframe.calibration.methods.kriging.surface import surface
from opinionframe.errors import FrameError

KEY = ["question", "demographic", "source", "choice"]
SOURCE = "m|logprob|base|standard"
QUESTIONS = 30
THREE = {"question": ["a", "a", "b", "b", "c", "c"]}


@pytest.fixture(scope="module")
def meanings() -> np.ndarray:
    """A direction in the plane for each question."""
    angle = np.random.default_rng(6).uniform(0, 2 * np.pi, QUESTIONS)
    return np.column_stack([np.cos(angle), np.sin(angle)])


@pytest.fixture(scope="module")
def book(meanings) -> pl.DataFrame:
    """Questions whose texts have no three letters in common, with their directions."""
    texts = [chr(0x4E00 + 3 * number) * 8 for number in range(QUESTIONS)]
    questions = pl.DataFrame({"question": [f"q{n:02}" for n in range(QUESTIONS)], "text": texts}).with_columns(
        embedding=pl.Series(meanings.tolist(), dtype=pl.List(pl.Float64))
    )
    choices = pl.DataFrame({"choice": [1, 2], "label": ["no", "yes"], "position": [1.0, 2.0]}).with_columns(
        pl.col("choice").cast(pl.UInt8), scale=pl.lit("ordinal"), topic=pl.lit("t"), dataset=pl.lit("d")
    )
    return questions.join(choices, how="cross")


@pytest.fixture(scope="module")
def opinions(meanings) -> pl.DataFrame:
    """The share of yes rises with the first coordinate of a question's direction; the model knows nothing."""
    yes = 0.5 + 0.4 * meanings[:, 0]
    rows = pl.DataFrame({"question": [f"q{n:02}" for n in range(QUESTIONS)], "human": yes, SOURCE: 0.5})
    shares = rows.unpivot(index="question", variable_name="source", value_name="yes")
    both = [
        shares.select("question", "source", choice=n, prob=p)
        for n, p in ((pl.lit(1), 1 - pl.col("yes")), (pl.lit(2), pl.col("yes")))
    ]
    return pl.concat(both).with_columns(pl.col("choice").cast(pl.UInt8), demographic=pl.lit("all"))


def calibrated(opinions: pl.DataFrame, book: pl.DataFrame, method: str = "no-model") -> pl.DataFrame:
    rows = of.calibrate(opinions, book, method=method, refits=False, seed=1)
    return rows.filter(pl.col("source").str.ends_with(method)).sort(KEY)


def score(opinions: pl.DataFrame, book: pl.DataFrame, method: str = "no-model") -> float:
    both = pl.concat([opinions.filter(source="human"), calibrated(opinions, book, method)], how="diagonal")
    return of.summarize(of.align(both, book))["alignment"].item()


def test_cosines_by_hand():
    """(3, 4) and (4, 3) are 24/25 alike, (3, 4) and (-4, 3) not at all; lengths do not count."""
    vectors = [[3.0, 4.0], [3.0, 4.0], [8.0, 6.0], [8.0, 6.0], [-4.0, 3.0], [-4.0, 3.0]]
    cosines = embedding_cosines(pl.DataFrame(THREE | {"embedding": vectors}))
    np.testing.assert_allclose(cosines, [[1, 0.96, 0], [0.96, 1, -0.28], [0, -0.28, 1]], atol=1e-12)
    assert embedding_cosines(pl.DataFrame(THREE)) is None


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_lengths_beyond_the_squares_of_floats_do_not_count(size):
    vectors = [[3 * size, 4 * size]] * 2 + [[8.0, 6.0]] * 2 + [[-4.0, 3.0]] * 2
    cosines = embedding_cosines(pl.DataFrame(THREE | {"embedding": vectors}))
    np.testing.assert_allclose(cosines[0], [1, 0.96, 0], atol=1e-12)


@pytest.mark.parametrize("dtype", [pl.Array(pl.Float32, 2), pl.List(pl.Int64)])
def test_vectors_may_be_arrays_and_of_whole_numbers(dtype):
    book = pl.DataFrame(THREE | {"embedding": [[3, 4]] * 4 + [[-4, 3]] * 2}, schema_overrides={"embedding": dtype})
    np.testing.assert_allclose(embedding_cosines(book)[0], [1, 1, 0], atol=1e-7)


def test_weights_are_those_of_a_gaussian_process_over_embeddings_and_labels(opinions, book, meanings):
    """The same covariance as an inner product of features, in scikit-learn."""
    human = opinions.filter(source="human").with_columns(n_eff=pl.lit(None, pl.Float64))
    arrays = surface(human, human, book)
    known = np.arange(QUESTIONS) % 3 > 0
    share, noise = 0.75, 0.2
    weights = _weights(arrays, known, np.arange(QUESTIONS), (share, noise, 1.0))
    ours = weights @ group_mean(arrays.human, arrays.trust)
    same = np.ones((QUESTIONS, 1))
    features = np.hstack([math.sqrt(share) * meanings, math.sqrt(1 - share) * same, math.sqrt(FLAT) * same])
    process = GaussianProcessRegressor(DotProduct(0, "fixed"), alpha=noise, optimizer=None)
    process.fit(features[known], arrays.human[known, 0])
    np.testing.assert_allclose(ours[~known], process.predict(features[~known]).reshape(-1, 1), atol=1e-6)


@pytest.mark.parametrize("method", ["no-model", "kriging", pytest.param("default", marks=pytest.mark.slow)])
def test_meanings_predict_where_wordings_say_nothing(method, opinions, book, meanings):
    without = score(opinions, book.drop("embedding"), method)
    assert score(opinions, book, method) > without + 0.1
    dealt = np.random.default_rng(2).permutation(meanings)
    shuffled = pl.DataFrame({"question": sorted(set(book["question"])), "embedding": dealt.tolist()})
    assert score(opinions, book.drop("embedding").join(shuffled, on="question"), method) > without - 0.03


def test_neither_order_nor_names_nor_the_axes_of_the_embeddings_matter(opinions, book):
    usual = calibrated(opinions, book, "kriging")
    mirrored = pl.concat_list(-2 * pl.col("embedding").list.get(1), 2 * pl.col("embedding").list.get(0))
    turned = book.with_columns(embedding=mirrored).sample(fraction=1, shuffle=True, seed=4)
    assert_frame_equal(calibrated(opinions.reverse(), turned, "kriging"), usual, abs_tol=1e-9)


def test_renamed_questions_are_predicted_alike(opinions, book):
    """In folds of one's own, since those that are dealt follow the names."""
    parted = opinions.with_columns(part=pl.col("question").str.slice(1).cast(pl.Int64) % 5)
    other = pl.format("{}x", 99 - pl.col("question").str.slice(1).cast(pl.Int64)).alias("question")
    one, two = (
        of.calibrate(rows, codebook, method="no-model", split="part", refits=False, seed=1)
        .filter(pl.col("source").str.ends_with("no-model"))
        .sort(KEY)
        for rows, codebook in ((parted, book), (parted.with_columns(other), book.with_columns(other)))
    )
    assert_frame_equal(one.with_columns(other).sort(KEY), two, abs_tol=1e-9)


def test_a_fit_is_saved_with_them_and_refuses_a_codebook_without(opinions, book, tmp_path):
    later = pl.col("question") >= "q20"
    learnt = of.fit(opinions.filter(~later), book.filter(~later), method="kriging", seed=1)
    again = of.read_calibration(learnt.save(tmp_path / "fit"))
    new = opinions.filter(later, source=SOURCE)
    applied = of.apply(new, book.filter(later), again)
    both = pl.concat([opinions.filter(later, source="human"), applied], how="diagonal")
    scores = dict(of.summarize(of.align(both, book)).select("source", "alignment").rows())
    assert scores[f"{SOURCE}|kriging"] > scores[SOURCE] + 0.1
    with pytest.raises(FrameError, match="with embeddings of 2 numbers; the 10 questions here, e.g. 'q20', .* have no"):
        of.apply(new, book.filter(later).drop("embedding"), again)


@pytest.fixture(scope="module")
def halves(opinions, book):
    """Two thirds of the questions with people, to be learnt from; a third without, and their codebook."""
    later = pl.col("question") >= "q20"
    return opinions.filter(~later), book.filter(~later), opinions.filter(later, source=SOURCE), book.filter(later)


def applied(halves, learnt: pl.DataFrame, there: pl.DataFrame, method: str = "no-model") -> pl.DataFrame:
    """What a fit to one codebook says of the questions of another."""
    opinions, _, new, _ = halves
    rows = of.apply(new, there, of.fit(opinions, learnt, method=method, seed=1))
    return rows.filter(pl.col("source").str.ends_with(method)).sort(KEY).select(*KEY, "prob")


def test_codebooks_of_a_fit_and_of_its_use_may_differ_in_types_and_own_columns(halves):
    _, one, _, other = halves
    usual = applied(halves, one, other)
    arrays = other.with_columns(pl.col("embedding").cast(pl.Array(pl.Float64, 2)), note=pl.lit("new"))
    assert_frame_equal(applied(halves, one.with_columns(note=1), arrays), usual)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (pl.col("embedding").list.head(1), "embeddings of 2 numbers; the 10 .* have embeddings of 1 numbers"),
        (pl.lit("near"), "holds String, not vectors"),
        (pl.when(pl.col("question") != "q25").then("embedding"), "1 of 10 questions .* e.g. 'q25'"),
    ],
)
def test_other_embeddings_than_those_of_the_fit_are_refused(change, message, halves):
    _, one, _, other = halves
    with pytest.raises(FrameError, match=message):
        applied(halves, one, other.with_columns(embedding=change))


def test_a_fit_without_embeddings_refuses_them(halves):
    _, one, _, other = halves
    with pytest.raises(FrameError, match="with no embeddings; the 10 .* have embeddings of 2 .* Drop theirs"):
        applied(halves, one.drop("embedding"), other)


def test_a_question_that_is_nominal_where_a_fit_is_used_is_another_question(halves):
    """One of the fit's own questions is in the other codebook too: its people are not looked up."""
    opinions, one, new, other = halves
    both = pl.concat([one.filter(question="q03").with_columns(scale=pl.lit("nominal")), other])
    learnt = of.fit(opinions, one, method="no-model", seed=1)
    without = (frame.filter(pl.col("question") != "q03") for frame in (learnt.human, learnt.codebook))
    forgotten = replace(learnt, **dict(zip(("human", "codebook"), without, strict=True)))
    assert_frame_equal(of.apply(new, both, learnt), of.apply(new, other, forgotten))


@pytest.mark.parametrize(
    ("embedding", "message"),
    [
        (["near"] * 6, "holds String, not vectors"),
        ([["near"]] * 6, "not vectors of numbers"),
        ([[[1.0]]] * 6, "not vectors of numbers"),
        ([[1.0, 2.0]] * 4 + [None] * 2, "1 of 3 questions have no embedding of 2 finite numbers, .* e.g. 'c'"),
        ([[1.0, 2.0]] * 4 + [[1.0]] * 2, "1 of 3 questions .* e.g. 'c'"),
        ([[1.0, 2.0]] * 4 + [[1.0, math.nan]] * 2, "1 of 3 questions .* e.g. 'c'"),
        ([[1.0, 2.0]] * 4 + [[1.0, None]] * 2, "1 of 3 questions .* e.g. 'c'"),
        ([[1.0, 2.0]] * 4 + [[0.0, 0.0]] * 2, "1 of 3 questions .* not all 0, .* e.g. 'c'"),
        ([[1.0, 2.0]] * 5 + [[1.0, 3.0]], "1 of 3 questions .* or several, e.g. 'c'"),
        ([[]] * 6, "3 of 3 questions have no embedding of finite numbers"),
        ([None] * 6, "not vectors"),
    ],
)
def test_what_is_no_embedding_is_refused(embedding, message):
    with pytest.raises(FrameError, match=message):
        embedding_cosines(pl.DataFrame(THREE | {"embedding": embedding}, strict=False))
