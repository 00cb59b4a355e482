"""Nominal questions in every verb that needs a distance, and scores of two metrics, which none takes together."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.optimize import linprog
from scipy.stats import binom

import opinionframe as of
from opinionframe.errors import FrameError, OptionError

A, B = "a|logprob|sd|standard", "b|logprob|sd|standard"
PAIR = [(A, B)]
PEOPLE = 40
GROUPS = ("all", "sex=F", "sex=M")

VERBS = {
    "align": of.align,
    "bounds": of.bounds,
    "denoise": of.denoise,
    "draw_bias": of.draw_bias,
    "ceiling": of.ceiling,
    "mean ceiling": lambda opinions, book, **options: of.ceiling(opinions, book, by=(), **options),
    "respondents": lambda opinions, book, **options: of.compare_respondents(
        opinions, book, pair=PAIR, seed=1, draws=50, **options
    ),
}


def _study(k: int, scale: str, seed: int = 7) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Four questions with `k` choices: 40 people per cell, and two sources with missing answers."""
    rng = np.random.default_rng(seed)
    labels = [f"choice {j}" for j in range(k)]
    questions = {f"{scale}{i}": {"text": f"Question {i}?", "labels": labels, "scale": scale} for i in range(4)}
    book = of.codebook(questions)
    parts = []
    for source, n_eff in (("human", float(PEOPLE)), (A, None), (B, None)):
        for question in questions:
            for group in GROUPS:
                shares = rng.dirichlet(np.ones(k))
                prob = rng.multinomial(PEOPLE, shares) / PEOPLE if source == "human" else shares
                missing = 0.0 if source == "human" else rng.uniform(0, 0.5)
                key = {"question": question, "demographic": group, "source": source}
                columns = {"choice": range(1, k + 1), "prob": prob, "n_eff": n_eff, "nonresponse": missing}
                parts.append(pl.DataFrame(key | columns, schema_overrides={"n_eff": pl.Float64}))
    return pl.concat(parts), book


def _mixed() -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same with four ordinal and four nominal questions."""
    ordinal, nominal = _study(4, "ordinal"), _study(4, "nominal")
    return pl.concat([ordinal[0], nominal[0]]), pl.concat([ordinal[1], nominal[1]])


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort([key for key in ("question", "demographic", "source", "draws") if key in frame.columns])


@pytest.mark.parametrize("verb", VERBS)
def test_with_two_choices_both_metrics_are_one(verb):
    opinions, nominal = _study(2, "nominal")
    ordinal = nominal.with_columns(scale=pl.lit("ordinal"), position=pl.col("choice").cast(pl.Float64))
    unordered = VERBS[verb](opinions, nominal).pipe(_sorted)
    assert unordered["metric"].unique().to_list() == ["total_variation"]
    ordered = VERBS[verb](opinions, ordinal).pipe(_sorted)
    assert ordered["metric"].unique().to_list() == ["wasserstein"]
    assert_frame_equal(unordered.drop("metric"), ordered.drop("metric"), check_exact=False, abs_tol=1e-9)
    assert_frame_equal(VERBS[verb](opinions, ordinal, metric="total_variation").pipe(_sorted), unordered)


@pytest.mark.parametrize("verb", ["align", "bounds", "denoise", "draw_bias", "ceiling"])
def test_each_question_of_a_mixed_codebook_is_scored_by_its_scale(verb):
    together = VERBS[verb](*_mixed()).pipe(_sorted)
    alone = [VERBS[verb](*_study(4, scale)) for scale in ("ordinal", "nominal")]
    assert_frame_equal(together, pl.concat(alone).pipe(_sorted))


def test_means_of_two_metrics_stand_in_rows_of_their_own():
    opinions, book = _mixed()
    together = of.ceiling(opinions, book, by="demographic")
    alone = [of.ceiling(*_study(4, scale), by="demographic") for scale in ("ordinal", "nominal")]
    assert_frame_equal(together, pl.concat(alone).sort("demographic", "metric"))
    tests = of.compare_respondents(opinions, book, pair=PAIR, seed=1, draws=20, overlap="keep")
    assert tests["metric"].to_list() == ["total_variation", "wasserstein"]
    assert tests["family"].unique().to_list() == ["listed (2 comparisons)"]
    aligned = of.align(opinions, book)
    difference = pl.col("alignment").filter(source=A).mean() - pl.col("alignment").filter(source=B).mean()
    means = aligned.group_by("metric").agg(difference).sort("metric")["alignment"]
    assert tests["estimate"].to_list() == pytest.approx(means.to_list())


def test_total_variation_by_hand(opinions, codebook):
    nominal = codebook.with_columns(scale=pl.lit("nominal"), position=pl.lit(None, pl.Float64))
    rows = opinions.filter(question="q1").with_columns(n_eff=pl.lit(100.0))
    shares = {"human": [0.5, 0.3, 0.2], "m": [0.2, 0.3, 0.5]}
    cell = pl.concat(
        rows.head(3).with_columns(
            source=pl.lit(source), prob=pl.Series(values), choice=pl.Series([1, 2, 3], dtype=pl.UInt8)
        )
        for source, values in shares.items()
    )
    scored = of.align(cell, nominal).row(0, named=True)
    assert scored["alignment"] == pytest.approx(0.7)
    assert scored["baseline"] == pytest.approx(1 - (1 / 6 + 1 / 30 + 2 / 15) / 2)
    errors = [
        binom(100, share).expect(lambda count, share=share: abs(count / 100 - share)) for share in shares["human"]
    ]
    assert scored["ceiling"] == pytest.approx(1 - sum(errors) / 2, abs=0.001)
    permuted = cell.with_columns(choice=pl.col("choice").replace_strict({1: 3, 2: 1, 3: 2}, return_dtype=pl.UInt8))
    assert of.align(permuted, nominal)["alignment"].item() == pytest.approx(0.7)


@pytest.mark.parametrize("n_eff", [2.0, 3.0, 5.0])
def test_a_ceiling_of_few_people_and_many_choices_is_a_score(n_eff):
    opinions, book = _study(12, "nominal")
    assert of.align(opinions.with_columns(n_eff=n_eff), book)["ceiling"].is_between(0, 1).all()


def test_the_ceiling_of_nominal_questions_is_what_people_score_against_a_sample():
    _, book = _study(4, "nominal")
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    rng = np.random.default_rng(3)
    samples = rng.multinomial(PEOPLE, shares, size=(4_000, 2)) / PEOPLE
    perfect = 1 - np.abs(samples[:, 0] - shares).sum(axis=1) / 2
    second = 1 - np.abs(samples[:, 0] - samples[:, 1]).sum(axis=1) / 2
    cells = pl.DataFrame({"demographic": [f"g={i}" for i in range(1_000)], "prob": samples[:1_000, 0]})
    rows = cells.with_columns(choice=pl.lit([1, 2, 3, 4], pl.List(pl.UInt8))).explode("prob", "choice")
    people = rows.with_columns(question=pl.lit("nominal0"), source=pl.lit("human"), n_eff=pl.lit(float(PEOPLE)))
    expected = of.ceiling(people, book).select(pl.col("ceiling", "std_dev", "second_sample").mean()).row(0)
    assert expected == pytest.approx((perfect.mean(), perfect.std(), second.mean()), abs=0.003)


def test_bounds_of_nominal_questions_are_those_of_a_linear_program():
    opinions, book = _study(4, "nominal")
    shares = (
        opinions.sort("choice").group_by("question", "demographic", "source").agg("prob", pl.col("nonresponse").first())
    )
    human = shares.filter(source="human").select("question", "demographic", people="prob")
    cells = of.bounds(opinions, book).join(shares, on=["question", "demographic", "source"])
    for cell in cells.join(human, on=["question", "demographic"]).rows(named=True):
        missing, people = cell["nonresponse"], np.array(cell["people"])
        answered = np.array(cell["prob"]) * (1 - missing)
        worst = max(np.abs(answered + missing * one - people).sum() / 2 for one in np.eye(4))
        gap = np.block([[np.eye(4), -np.eye(4)], [-np.eye(4), -np.eye(4)]])
        least = linprog(
            np.repeat([0, 0.5], 4),
            A_ub=gap,
            b_ub=np.concatenate([people - answered, answered - people]),
            A_eq=[np.repeat([1, 0], 4)],
            b_eq=[missing],
        ).fun
        assert (cell["worst"], cell["best"]) == pytest.approx((1 - worst, 1 - least), abs=1e-9)


SCORES = {
    "summarize": of.summarize,
    "intervals": of.intervals,
    "compare": lambda aligned, **options: of.compare(aligned, pair=PAIR, **options),
    "equivalence": lambda aligned, **options: of.equivalence(aligned, margin=0.1, pair=PAIR, **options),
    "minimum_detectable": lambda aligned, **options: of.minimum_detectable(aligned, pair=PAIR, **options),
    "anova": of.anova,
}


def _triples(aligned: pl.DataFrame) -> pl.DataFrame:
    """Scores with the raw, few-shot and calibrated source of a triple beside the others."""
    few_shot, calibrated = A.replace("standard", "few_shot"), f"{A}|ridge"
    others = (aligned.filter(source=B).with_columns(source=pl.lit(name)) for name in (few_shot, calibrated))
    return pl.concat([aligned, *others])


@pytest.mark.parametrize("verb", SCORES)
def test_scores_of_two_metrics_are_not_taken_together(verb):
    aligned = of.align(*_mixed()).pipe(_triples)
    with pytest.raises(
        FrameError, match=r"2 metrics.*total_variation \(48 rows\), wasserstein \(48 rows\).*filter.*by=\["
    ):
        SCORES[verb](aligned)
    by = ["source", "metric"] if verb == "summarize" else "metric"
    together = SCORES[verb](aligned, by=by)
    alone = [SCORES[verb](part) for part in aligned.partition_by("metric")]
    assert {name for part in alone for name in part["metric"]} == {"total_variation", "wasserstein"}
    columns = [name for name in alone[0].columns if name not in ("family", "p_adjusted")]
    order = [name for name in ("metric", "source", "versus", "method", "questions") if name in columns]
    assert_frame_equal(together.select(columns).sort(order), pl.concat(alone).select(columns).sort(order))


def test_a_lazy_summary_of_two_metrics_is_refused_on_collect():
    plan = of.summarize(of.align(*_mixed()).lazy())
    with pytest.raises(Exception, match="2 metrics"):
        plan.collect()
    assert of.summarize(of.align(*_mixed()).lazy(), ["source", "metric"]).collect().height == 4


def test_a_score_without_a_metric_is_not_taken_for_another(opinions, codebook):
    scores = of.align(opinions, codebook)
    unnamed = scores.drop("metric").with_columns(source=pl.lit("other"))
    assert of.summarize(unnamed)["metric"].to_list() == [None]
    with pytest.raises(FrameError, match=r"not named \(\d+ rows\).*with_columns\(metric=pl.lit\('wasserstein'\)\)"):
        of.summarize(pl.concat([scores, unnamed], how="diagonal"))


def test_a_cell_may_be_scored_by_two_metrics_but_not_twice_by_one(opinions, codebook):
    scores = of.align(opinions, codebook)
    both = pl.concat([scores, of.align(opinions, codebook, metric="total_variation")])
    assert of.summarize(both, ["source", "metric"]).height == 2 * scores["source"].n_unique()
    with pytest.raises(FrameError, match="more than once"):
        of.summarize(pl.concat([both, scores]), ["source", "metric"])


def test_a_metric_without_known_noise_is_refused_with_those_that_have_it(opinions, codebook):
    with pytest.raises(OptionError, match="Allowed: by scale, total_variation, wasserstein"):
        of.bounds(opinions, codebook, metric="hellinger")
    nominal = codebook.with_columns(scale=pl.lit("nominal"), position=pl.lit(None, pl.Float64))
    with pytest.raises(FrameError, match=r"2 questions are nominal.*needs an order. Leave out metric"):
        of.ceiling(opinions, nominal, metric="wasserstein")
