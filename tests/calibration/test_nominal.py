"""Nominal questions: the order in which their choices are listed changes no prediction, or the method refuses them."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import opinionframe as of
from opinionframe.calibration.methods.by_scale import ByScale
from opinionframe.calibration.methods.kriging.kriging import Kriging
from opinionframe.calibration.methods.registry import POWER
from opinionframe.errors import FrameError

BY_SCALE = ByScale(Kriging("by-scale"), POWER)

PARTIES = ["Left", "Right", "Green", "None"]
GROUPS = ("all", "sex=F", "sex=M")
SOURCES = ("m|logprob|sd|standard", "n|logprob|sd|standard")
KEYS = ["question", "demographic", "source"]
EXCHANGED = [1, 3, 0, 2]


def _book(order: list[int], n_ordinal: int = 5) -> pl.DataFrame:
    """Five votes and a nominal question of its own, their choices listed in `order`, beside ordinal questions."""
    votes = {f"vote{i}": [PARTIES[j] for j in order] for i in range(5)}
    papers = {"paper": [["The Sun", "The Times", "Neither", "Both"][j] for j in order]}
    items = {f"item{i}": ["Low", "Middle", "High", "Highest"] for i in range(n_ordinal)}
    nominal = {
        key: {"text": f"{key}?", "labels": labels, "scale": "nominal"} for key, labels in (votes | papers).items()
    }
    return of.codebook(nominal | {key: {"text": f"{key}?", "labels": labels} for key, labels in items.items()})


def _labelled_shares(n_ordinal: int = 5) -> pl.DataFrame:
    """Shares by label of people and two models."""
    rng = np.random.default_rng(5)
    labels = _book([0, 1, 2, 3], n_ordinal).select("question", "label")
    parts = []
    for source in ("human", *SOURCES):
        for group in GROUPS:
            mass = pl.Series("mass", rng.gamma(0.8, size=len(labels)))
            n_eff = pl.lit(60.0 if source == "human" else None, pl.Float64)
            key = {"demographic": pl.lit(group), "source": pl.lit(source), "n_eff": n_eff}
            parts.append(labels.with_columns(mass, **key))
    return pl.concat(parts).with_columns(prob=pl.col("mass") / pl.col("mass").sum().over(KEYS)).drop("mass")


SHARES = _labelled_shares()


def _opinions(book: pl.DataFrame, shares: pl.DataFrame = SHARES) -> pl.DataFrame:
    return shares.join(book.select("question", "choice", "label"), on=["question", "label"]).drop("label")


def _by_label(rows: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    labels = book.select("question", "choice", "label")
    return rows.join(labels, on=["question", "choice"]).select(*KEYS, "label", "prob").sort(*KEYS, "label")


TAKING = of.calibrators().filter(~pl.col("needs_order"))["name"].to_list()
NEEDING = ["cumulative", "kriging"]

PREDICTIONS = {
    f"calibrate by {name}": lambda o, b, name=name: of.calibrate(o, b, method=name, folds=5, seed=1) for name in TAKING
}
PREDICTIONS |= {
    f"apply {name}": lambda o, b, name=name: of.apply(o, b, of.fit(o, b, method=name, seed=1))
    for name in of.calibrators().filter("keeps_parameters")["name"]
    if name in TAKING
}
PREDICTIONS |= {
    name: lambda o, b, name=name: of.baselines(o, b, which=name)
    for name in ("uniform", "question-mean", "label-mean", "other-groups", "permuted-groups")
}
PREDICTIONS["stack"] = lambda o, b: of.stack(o, b, folds=4, seed=1)


@pytest.mark.parametrize("name", PREDICTIONS)
def test_listing_the_choices_in_another_order_permutes_what_is_predicted(name):
    books = [_book([0, 1, 2, 3]), _book(EXCHANGED)]
    predicted, permuted = (_by_label(PREDICTIONS[name](_opinions(book), book), book) for book in books)
    assert_frame_equal(predicted, permuted, check_exact=False, abs_tol=1e-9)
    assert predicted.height > SHARES.height


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("method", [*TAKING, "stack"])
def test_tied_shares_in_an_order_of_each_question_are_permuted_alike(method, seed):
    """Shares of ten answers, many of them 0 or equal; every question lists its choices in an order of its own."""
    rng = np.random.default_rng(seed)
    counts = np.concatenate([rng.multinomial(10, rng.dirichlet(np.ones(4) * 0.7)) for _ in range(len(SHARES) // 4)])
    tied = SHARES.sort(KEYS).with_columns(prob=pl.Series(counts / 10))
    books = [
        _book([0, 1, 2, 3]),
        pl.concat(_relisted(part, rng) for part in _book([0, 1, 2, 3]).partition_by("question")),
    ]
    verb = of.stack if method == "stack" else of.calibrate
    options = {} if method == "stack" else {"method": method, "refits": False}
    predicted, permuted = (
        _by_label(verb(_opinions(book, tied), book, folds=4, seed=seed, **options), book) for book in books
    )
    assert_frame_equal(predicted, permuted, abs_tol=1e-9)
    assert predicted.height > tied.height


def _relisted(question: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """A question of the codebook with its labels in another order, if it is nominal."""
    ordinal = question["scale"][0] == "ordinal"
    return (
        question
        if ordinal
        else question.with_columns(label=question["label"].sample(4, shuffle=True, seed=rng.integers(99)))
    )


def test_the_registry_says_who_needs_an_order():
    shipped = of.calibrators().filter(pl.col("name").is_in([*TAKING, *NEEDING]))
    assert sorted(shipped.filter("needs_order")["name"]) == NEEDING
    assert {"default", "no-model", "linear", "ridge", "lasso", "forest", "paper", "power", "dirichlet"} <= set(TAKING)


@pytest.mark.parametrize("method", NEEDING)
def test_a_method_that_needs_an_order_refuses_nominal_questions(method):
    book = _book([0, 1, 2, 3])
    opinions = _opinions(book)
    refusal = (
        rf"method='{method}' reads the order.* 6 questions are nominal, e.g. 'paper', 'vote0', 'vote1'.*default, dir"
    )
    for verb in (of.calibrate, of.fit, of.diagnose, of.learning_curve):
        with pytest.raises(FrameError, match=refusal):
            verb(opinions, book, method=method, seed=1)
    ordinal = opinions.filter(pl.col("question").str.starts_with("item"))
    learnt = of.fit(ordinal, book, method=method, seed=1)
    with pytest.raises(FrameError, match=refusal):
        of.apply(opinions, book, learnt)
    without = of.calibrate(ordinal, book, method=method, folds=4, seed=1)
    alone = of.calibrate(ordinal, book.filter(scale="ordinal"), method=method, folds=4, seed=1)
    assert_frame_equal(without, alone)


def test_a_calibrator_of_ones_own_may_need_an_order():
    class Ordered(of.Calibrator):
        name, needs_order = "ordered", True

        def crossfit(self, supervision, seed):
            return supervision.rows

    book = _book([0, 1, 2, 3])
    with pytest.raises(FrameError, match="method='ordered' reads the order"):
        of.calibrate(_opinions(book), book, method=Ordered(), seed=1)


def test_kriging_in_the_blend_takes_each_question_by_its_scale():
    book = _book([0, 1, 2, 3])
    opinions = _opinions(book)
    by_scale = of.calibrate(opinions, book, method=BY_SCALE, folds=4, seed=1).filter(
        pl.col("source").str.ends_with("|by-scale")
    )
    power = of.calibrate(opinions, book, method="power", folds=4, seed=1).filter(
        pl.col("source").str.ends_with("|power")
    )
    is_nominal = ~pl.col("question").str.starts_with("item")
    same = ["question", "demographic", "choice", "prob"]
    by = [*same[:3], "source"]
    assert_frame_equal(by_scale.filter(is_nominal).sort(by)[same], power.filter(is_nominal).sort(by)[same])
    # Folds are dealt to all questions, so that kriging is compared where it has these folds too.
    folds = pl.col("question").str.tail(1).cast(pl.Int64, strict=False).fill_null(0) % 4
    dealt = opinions.with_columns(part=folds)
    kriging = dealt.filter(~is_nominal).pipe(of.calibrate, book, method="kriging", split="part", folds=4, seed=1)
    whole = of.calibrate(dealt, book, method=BY_SCALE, split="part", folds=4, seed=1)
    ordinal = [
        rows.filter(~is_nominal, pl.col("source").str.ends_with(f"|{name}")).sort(by)[same]
        for rows, name in ((whole, "by-scale"), (kriging, "kriging"))
    ]
    assert_frame_equal(*ordinal)


def test_one_ordinal_question_among_nominal_ones_is_predicted_too():
    book = _book([0, 1, 2, 3], n_ordinal=1)
    opinions = _opinions(book, _labelled_shares(1))
    by_scale, power = (
        of.calibrate(opinions, book, method=method, folds=4, seed=1).filter(pl.col("source").str.ends_with(f"|{name}"))
        for name, method in (("by-scale", BY_SCALE), ("power", "power"))
    )
    assert_frame_equal(*(rows.drop("source").sort(pl.all()) for rows in (by_scale, power)))


def test_a_fit_to_ordinal_questions_alone_says_so():
    book = _book([0, 1, 2, 3])
    opinions = _opinions(book)
    learnt = of.fit(opinions.filter(pl.col("question").str.starts_with("item")), book, seed=1)
    with pytest.raises(FrameError, match=r"6 questions are nominal.*'kriging' was fitted to ordinal ones alone"):
        of.apply(opinions, book, learnt)


def test_the_label_mean_of_nominal_questions_by_hand():
    questions = {
        "a": {"text": "a?", "labels": ["Yes", "No"], "scale": "nominal"},
        "b": {"text": "b?", "labels": ["No", "Yes"], "scale": "nominal"},
        "c": {"text": "c?", "labels": ["Red", "Blue"], "scale": "nominal"},
    }
    book = of.codebook(questions)
    prob = {"a": [0.9, 0.1], "b": [0.4, 0.6], "c": [0.2, 0.8]}
    human = pl.concat(
        pl.DataFrame({"question": key, "demographic": "all", "choice": [1, 2], "source": "human", "prob": shares})
        for key, shares in prob.items()
    )
    rows = of.baselines(human, book).filter(choice=1)
    means = {key: rows.filter(question=key, source="label-mean")["prob"].item() for key in prob}
    # Of a: b's share of Yes and one question of uniform; of b: a's share of No and the same; c has nobody.
    assert means == pytest.approx({"a": (0.6 + 0.5) / 2, "b": (0.1 + 0.5) / 2, "c": 0.5})
    assert rows.filter(source="question-mean")["prob"].to_list() == pytest.approx([0.5] * 3)


def test_nominal_questions_teach_no_baseline_of_ordinal_ones():
    book = _book([0, 1, 2, 3])
    opinions = _opinions(book)
    ordinal = pl.col("question").str.starts_with("item")
    together = of.baselines(opinions, book).filter(ordinal)
    alone = of.baselines(opinions.filter(ordinal), book.filter(ordinal))
    assert_frame_equal(together.sort(pl.all()), alone.sort(pl.all()))
