"""Regions hold the truth as often as they say, by hand, beside other packages and where the truth is known."""

from math import ceil

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy import stats

import opinionframe as of
from opinionframe.errors import FrameError, OptionError
from opinionframe.estimation.regions.pooled_quantile import guaranteed_quantile, pooled_quantile
from opinionframe.schemas import Regions

SOURCE = "m|logprob|sd|standard|ridge"


def book(questions: list[str], choices: int = 3, scale: str = "ordinal", topics: list[str] | None = None):
    topic = dict(zip(questions, topics or [None] * len(questions), strict=True))
    items = {
        name: {"text": f"{name}?", "labels": [f"{name} {j}" for j in range(choices)], "scale": scale}
        for name in questions
    }
    made = of.codebook(items)
    return made.with_columns(topic=pl.col("question").replace_strict(topic, return_dtype=pl.String))


def rows(shares: np.ndarray, questions: list[str], groups: list[str], source: str, n_eff: np.ndarray | None = None):
    """Opinions of `shares`, shape (questions, groups, choices)."""
    keys = [(q, g, j) for q in questions for g in groups for j in range(1, shares.shape[2] + 1)]
    frame = pl.DataFrame(keys, {"question": pl.String, "demographic": pl.String, "choice": pl.UInt8}, orient="row")
    frame = frame.with_columns(source=pl.lit(source), prob=pl.Series(shares.reshape(-1)))
    return frame if n_eff is None else frame.with_columns(n_eff=pl.Series(n_eff.repeat(shares.shape[2])))


def by_hand() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two questions of three choices, predicted and answered."""
    predicted = np.array([[[0.2, 0.5, 0.3]], [[0.5, 0.3, 0.2]]])
    answered = np.array([[[0.5, 0.2, 0.3]], [[0.4, 0.3, 0.3]]])
    both = [rows(predicted, ["a", "b"], ["all"], SOURCE), rows(answered, ["a", "b"], ["all"], "human")]
    return pl.concat(both), book(["a", "b"])


def world(seed: int, *, questions: int, groups: int, n: float, heavy: bool = False, choices: int = 4):
    """Predictions, truths and samples of `n` people, whose errors are alike within a question."""
    rng = np.random.default_rng(seed)
    predicted = rng.dirichlet(np.full(choices, 3.0), (questions, groups))
    shocks = (
        rng.standard_t(3, (2, questions, groups, choices)) / np.sqrt(3)
        if heavy
        else rng.normal(size=(2, questions, groups, choices))
    )
    logits = np.log(predicted) + 0.45 * shocks[0][:, :1] + 0.45 * shocks[1]
    truth = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    sample = rng.multinomial(int(n), truth) / n
    return predicted, truth, sample


def covered(regions: pl.DataFrame, truth: np.ndarray) -> tuple[float, float]:
    """The share of cells whose truth is within the radius, and within all limits; cells sorted as `truth`."""
    distance = np.abs(np.cumsum(regions["prob"].to_numpy().reshape(truth.shape) - truth, axis=2))[:, :, :-1].mean(
        axis=2
    )
    radius = regions["radius"].to_numpy().reshape(truth.shape)[:, :, 0]
    low, high = (regions[name].to_numpy().reshape(truth.shape) for name in ("low", "high"))
    within = ((low - 1e-9 <= truth) & (truth <= high + 1e-9)).all(axis=2)
    return float((distance <= radius).mean()), float(within.mean())


def test_two_questions_by_hand() -> None:
    opinions, codebook = by_hand()
    regions = of.prediction_regions(opinions, codebook, conf=0.5, split="question")
    assert regions["radius"].round(9).to_list() == [0.1] * 3 + [0.15] * 3  # each the other question's error
    assert regions["low"].round(9).to_list() == [0.1, 0.4, 0.2, 0.2, 0.0, 0.0]
    assert regions["high"].round(9).to_list() == [0.3, 0.6, 0.4, 0.8, 0.6, 0.5]
    assert regions["n_units"].to_list() == [1] * 6
    assert regions["holds"].unique().to_list() == ["sample"]
    assert list(regions.columns) == Regions.column_names()


def test_shares_of_other_choices_bound_a_share_further() -> None:
    predicted = np.array([[[0.9, 0.05, 0.05]], [[0.4, 0.3, 0.3]]])
    answered = np.array([[[0.9, 0.05, 0.05]], [[0.7, 0.15, 0.15]]])
    opinions = pl.concat([rows(predicted, ["a", "b"], ["all"], SOURCE), rows(answered, ["a", "b"], ["all"], "human")])
    regions = of.prediction_regions(opinions, book(["a", "b"]), conf=0.5, split="question").filter(question="a")
    assert regions["low"].round(9).to_list() == [0.6, 0.0, 0.0]
    assert regions["high"].round(9).to_list() == [1.0, 0.35, 0.35]


def test_one_cell_per_unit_is_split_conformal() -> None:
    names = [f"q{i:02}" for i in range(60)]
    predicted, _, sample = world(1, questions=60, groups=1, n=50)
    known = rows(sample, names, ["all"], "human").filter(pl.col("question") != "q00")
    regions = of.prediction_regions(
        pl.concat([rows(predicted, names, ["all"], SOURCE), known]), book(names, 4), split="question"
    )
    places = np.arange(4) / 3
    errors = [
        stats.wasserstein_distance(places, places, p[0], s[0]) for p, s in zip(predicted[1:], sample[1:], strict=True)
    ]
    expected = np.quantile(errors, ceil(60 * 0.9) / 59, method="inverted_cdf")
    assert regions.filter(question="q00")["radius"][0] == pytest.approx(expected, abs=1e-12)
    guaranteed = of.prediction_regions(
        pl.concat([rows(predicted, names, ["all"], SOURCE), known]), book(names, 4), split="question", guaranteed=True
    )
    assert_frame_equal(guaranteed, regions)


def test_nominal_questions_are_within_a_total_variation_distance() -> None:
    opinions, _ = by_hand()
    regions = of.prediction_regions(opinions, book(["a", "b"], scale="nominal"), conf=0.5, split="question")
    assert regions["radius"].round(9).to_list() == [0.1] * 3 + [0.3] * 3
    assert regions["metric"].unique().to_list() == ["total_variation"]


def test_quantiles_by_hand() -> None:
    # Two units of two cells: each cell has the mass (1/2) / 3, the new unit 1/3.
    errors, unit = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 1, 0, 1])
    assert [guaranteed_quantile(errors, unit, conf) for conf in (1 / 6, 0.5, 2 / 3, 0.7)] == [1.0, 3.0, 4.0, np.inf]
    # Ten units of ten equal cells tell as much as ten cells, of which it takes the ninth; where units are alike, as
    # much as a hundred cells, of which it takes the 81st.
    equal = np.repeat(np.arange(1.0, 11.0), 10)
    assert pooled_quantile(equal, np.repeat(np.arange(10), 10), 0.8) == 9.0
    assert pooled_quantile(np.arange(1.0, 101.0), np.tile(np.arange(10), 10), 0.8) == 81.0


def test_a_large_unit_tells_no_more_than_leaving_it_out_shows() -> None:
    sizes = np.array([6, 1, 2, 1, 2])
    unit = np.repeat(np.arange(5), sizes)
    errors = np.random.default_rng(4).permutation(12) + 1.0
    order = np.argsort(errors)
    ranked, ranked_unit = errors[order], unit[order]
    hits = [(errors[unit == each] <= ceil(0.6 * 12)).sum() for each in range(5)]
    left_out = np.array([(sum(hits) - hits[each]) / (12 - sizes[each]) for each in range(5)])
    variance = 4 / 5 * ((left_out - sum(hits) / 12) ** 2).sum()
    independent = min(max(0.6 * 0.4 / variance, 144 / (sizes**2).sum()), 12)
    place = ceil(0.6 * 12 * (1 + 1 / independent))
    assert pooled_quantile(ranked, ranked_unit, 0.6) == place
    assert pooled_quantile(np.arange(1.0, 5.0), np.zeros(4, dtype=int), 0.5) == 4.0  # one unit: as one cell


def test_one_large_topic_beside_small_ones_does_not_narrow_regions() -> None:
    """Errors of 11 topics of 2 cells and one of 40, alike within a topic; new topics are drawn as these were."""
    rng = np.random.default_rng(5)
    unit = np.repeat(np.arange(12), [40] + [2] * 11)
    held = []
    for _ in range(1500):
        errors = np.abs(rng.normal(size=12)[unit] + 0.3 * rng.normal(size=62))
        order = np.argsort(errors)
        new = np.abs(rng.normal(size=50) + 0.3 * rng.normal(size=50))
        held.append((new <= pooled_quantile(errors[order], unit[order], 0.9)).mean())
    assert np.mean(held) > 0.89


def test_own_answers_do_not_move_a_region() -> None:
    names, groups = [f"q{i:02}" for i in range(20)], ["sex=F", "sex=M"]
    predicted, _, sample = world(2, questions=20, groups=2, n=30)
    changed = sample.copy()
    changed[3] = [1.0, 0.0, 0.0, 0.0]
    first, second = (
        of.prediction_regions(
            pl.concat([rows(predicted, names, groups, SOURCE), rows(each, names, groups, "human")]),
            book(names, 4),
            split="question",
        )
        for each in (sample, changed)
    )
    assert_frame_equal(first.filter(question="q03"), second.filter(question="q03"))
    assert not first.filter(question="q04").equals(second.filter(question="q04"))


@pytest.mark.parametrize("heavy", [False, True])
def test_regions_hold_the_truth_behind_small_samples(heavy) -> None:
    names, groups = [f"q{i:02}" for i in range(60)], [f"g={i}" for i in range(5)]
    known, unknown = [], []
    for seed in range(25):
        predicted, truth, sample = world(seed, questions=60, groups=5, n=15, heavy=heavy)
        model = rows(predicted, names, groups, SOURCE)
        human = rows(sample, names, groups, "human", np.full(300, 15.0))
        known.append(
            covered(
                of.prediction_regions(pl.concat([model, human], how="diagonal"), book(names, 4), split="question"),
                truth,
            )
        )
        unknown.append(
            covered(
                of.prediction_regions(pl.concat([model, human.drop("n_eff")]), book(names, 4), split="question"), truth
            )
        )
    assert all(0.88 <= share <= 0.92 for share in np.mean(known, axis=0))
    assert all(share >= 0.94 for share in np.mean(unknown, axis=0))


@pytest.mark.parametrize(("questions", "n", "choices"), [(12, 3, 4), (40, 15, 11)])
def test_regions_hold_the_truth_behind_tiny_samples_and_on_long_scales(questions, n, choices) -> None:
    names, groups = [f"q{i:02}" for i in range(questions)], [f"g={i}" for i in range(4)]
    shares = []
    for seed in range(60):
        predicted, truth, sample = world(seed, questions=questions, groups=4, n=n, choices=choices)
        human = rows(sample, names, groups, "human", np.full(4 * questions, float(n)))
        both = pl.concat([rows(predicted, names, groups, SOURCE), human], how="diagonal")
        shares.append(covered(of.prediction_regions(both, book(names, choices), split="question"), truth))
    assert all(0.88 <= share <= 0.93 for share in np.mean(shares, axis=0)), np.mean(shares, axis=0)


def test_perfect_predictions_beside_small_samples_keep_an_error() -> None:
    names = [f"q{i:02}" for i in range(40)]
    shares = []
    for seed in range(10):
        _, truth, sample = world(seed, questions=40, groups=3, n=20)
        groups = ["g=1", "g=2", "g=3"]
        both = pl.concat(
            [rows(truth, names, groups, SOURCE), rows(sample, names, groups, "human", np.full(120, 20.0))],
            how="diagonal",
        )
        regions = of.prediction_regions(both, book(names, 4), split="question")
        shares.append(covered(regions, truth))
        assert 0 < regions["radius"].max() < 0.1
    assert np.min(shares) == 1.0


def test_worth_is_the_sample_whose_answers_lie_as_near() -> None:
    opinions, codebook = by_hand()
    regions = of.prediction_regions(opinions, codebook, conf=0.5, split="question").filter(question="a")
    people = regions["worth"][0]
    draws = np.random.default_rng(1).multinomial(20_000, regions["prob"], 20_000) / 20_000
    distance = np.abs(np.cumsum(draws - regions["prob"].to_numpy(), axis=1))[:, :-1].mean(axis=1)
    assert people == pytest.approx(20_000 * (np.quantile(distance, 0.5) / regions["radius"][0]) ** 2, rel=0.03)
    two = pl.concat(
        [
            rows(np.array([[[0.2, 0.8]], [[0.5, 0.5]]]), ["a", "b"], ["all"], SOURCE),
            rows(np.array([[[0.3, 0.7]], [[0.4, 0.6]]]), ["a", "b"], ["all"], "human"),
        ]
    )
    yes_no = of.prediction_regions(two, book(["a", "b"], 2), conf=0.5, split="question")
    expected = (stats.norm.ppf(0.75) / 0.1) ** 2 * np.array([0.16, 0.25])
    assert yes_no.unique("question", maintain_order=True)["worth"].to_numpy() == pytest.approx(expected, rel=1e-3)


def test_questions_of_another_survey_have_the_errors_of_the_one_learnt_from() -> None:
    survey = of.load("gss2018")
    asked = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base"], seed=1)
    learnt = of.fit(asked, survey.codebook, method="power", seed=1)
    crossfitted = of.calibrate(asked, survey.codebook, method="power", refits=False, seed=1)
    other = book(["new"])
    answers = rows(np.array([[[0.2, 0.3, 0.5]]]), ["new"], ["all"], "fake|logprob|base|standard")
    new = of.apply(answers, other, learnt).filter(pl.col("source").str.ends_with("|power"))
    both = pl.concat([crossfitted, new], how="diagonal")
    regions = of.prediction_regions(both, pl.concat([survey.codebook, other], how="diagonal"), split="question")
    questions = survey.codebook["question"].n_unique()
    assert regions.filter(question="new")["n_units"].to_list() == [questions] * 3
    assert regions.filter(pl.col("question") != "new")["n_units"].unique().to_list() == [questions - 1]


@pytest.mark.parametrize(("split", "units"), [("question", 40), ("battery", 20), ("topic", 10), ("dataset", 5)])
def test_whole_units_are_left_out(split, units) -> None:
    """The answers to a whole unit may be anything without moving the regions of its questions."""
    names = [f"q{i:02}" for i in range(40)]
    codebook = book(names, 4, topics=[f"topic {i // 4}" for i in range(40)]).with_columns(
        text=pl.col("question").replace_strict(
            {q: f"{'abcdefghijklmnopqrst'[i // 2] * 9}: {q}?" for i, q in enumerate(names)}
        ),
        dataset=pl.col("question").replace_strict({q: f"survey {i // 8}" for i, q in enumerate(names)}),
    )
    predicted, _, sample = world(3, questions=40, groups=1, n=30)
    moved = sample.copy()
    first = 40 // units
    moved[:first] = [1.0, 0.0, 0.0, 0.0]
    before, after = (
        of.prediction_regions(
            pl.concat([rows(predicted, names, ["all"], SOURCE), rows(people, names, ["all"], "human")]),
            codebook, conf=0.8, split=split,
        )
        for people in (sample, moved)
    )  # fmt: skip
    own = pl.col("question").is_in(names[:first])
    assert before["n_units"].unique().to_list() == [units - 1]
    assert_frame_equal(before.filter(own), after.filter(own))
    assert before.filter(~own)["radius"].max() < after.filter(~own)["radius"].max()


def test_rows_in_any_order_lazy_or_not() -> None:
    opinions, codebook = by_hand()
    plain = of.prediction_regions(opinions, codebook, conf=0.5, split="question")
    shuffled = of.prediction_regions(opinions.reverse().lazy(), codebook.reverse(), SOURCE, conf=0.5, split="question")
    assert_frame_equal(plain, shuffled)
    assert Regions.is_valid(plain)
    assert not Regions.is_valid(plain.with_columns(low=pl.col("high") + 0.01))


@pytest.mark.parametrize(
    ("change", "options", "error", "words"),
    [
        (lambda o: o, {}, OptionError, "errors of 9 units of split='question'.*answered 1.*answered, or a conf of 0.5"),
        (lambda o: o.filter(question="a"), {"conf": 0.5}, OptionError, "answered 0.*leave out .* by wasserstein"),
        (lambda o: o, {"reference": ["human"]}, OptionError, "no source"),
        (lambda o: o, {"guaranteed": "no"}, OptionError, "neither True nor False"),
        (lambda o: o, {"split": "topic"}, FrameError, "2 questions have no topic.*'a', 'b'"),
        (lambda o: o, {"split": "row"}, OptionError, "Allowed: battery, dataset, question, topic"),
        (lambda o: o, {"source": "uniform"}, OptionError, "ridge"),
        (lambda o: o, {"source": "human"}, OptionError, "ridge"),
        (lambda o: o, {"conf": 90}, OptionError, "below 1"),
        (lambda o: o.filter(source="human"), {}, FrameError, "None of 1 sources is calibrated.*'human'"),
        (lambda o: o.filter(source=SOURCE), {}, FrameError, "No row has the source 'human'"),
        (lambda o: o.filter((pl.col("source") == SOURCE) != (pl.col("question") == "a")), {}, FrameError, "No cell"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(change, options, error, words) -> None:
    opinions, codebook = by_hand()
    with pytest.raises(error, match=words):
        of.prediction_regions(change(opinions), codebook, **{"split": "question"} | options)


@pytest.mark.parametrize(
    ("calibrated", "wanted", "remedy"),
    [
        ("question", "topic", "Calibrate anew with split='topic', or take .* split='question'"),
        ("battery", "topic", ".*or take regions .* split='battery'"),
        ("topic", "dataset", ".*split='dataset'"),
        ("demographic", "question", r".*with split='question'\.$"),
    ],
)
def test_rows_that_learnt_from_a_cells_own_unit_are_refused(calibrated, wanted, remedy) -> None:
    opinions, codebook = by_hand()
    codebook = codebook.with_columns(topic="question", dataset="question")
    split = pl.when(source=SOURCE).then(pl.lit(calibrated)).alias("fit_split")
    with pytest.raises(FrameError, match=f"1 sources.*{calibrated}.*too small. {remedy}"):
        of.prediction_regions(opinions.with_columns(split), codebook, conf=0.5, split=wanted)
    whole = opinions.with_columns(split).with_columns(fit_split=pl.lit("dataset"))
    plain = of.prediction_regions(opinions, codebook, conf=0.5, split=wanted)
    assert_frame_equal(of.prediction_regions(whole, codebook, conf=0.5, split=wanted), plain)
    with pytest.raises(FrameError, match="fit_split of Int"):
        of.prediction_regions(opinions.with_columns(fit_split=1), codebook, conf=0.5, split=wanted)


def test_calibrated_rows_say_what_their_fits_held_out() -> None:
    survey = of.load("gss2018")
    topic = pl.col("question").rank("dense").mod(6).cast(pl.String)
    book = survey.codebook.with_columns(topic=topic)
    asked = of.elicit(survey.opinions, book, of.FakeModel(seed=1), prompt=["base"], seed=1)
    by_question, by_topic = (
        of.calibrate(asked, book, method="power", split=split, folds=3, refits=False, seed=1)
        for split in ("question", "topic")
    )
    with pytest.raises(FrameError, match="fits saw answers to the same topic"):
        of.prediction_regions(by_question, book, conf=0.5)
    assert len(of.prediction_regions(by_topic, book, conf=0.5))
    drawn = of.draw_examples(asked, book, n=3, draws=1, split="topic", seed=1)
    few = of.calibrate_few(by_question, book, drawn, method="linear", seed=1)
    assert few.filter(pl.col("source").str.ends_with("draw 1"))["fit_split"].unique().to_list() == ["topic"]
    with pytest.raises(FrameError, match="fit_split of Int"):
        of.calibrate(asked.with_columns(fit_split=1), book, method="power", seed=1)
