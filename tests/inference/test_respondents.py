"""People as a sample: errors of differences against simulation, and what `questions` changes."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import opinionframe as of
from opinionframe.errors import FrameError, OptionError
from opinionframe.inference import compare_respondents
from opinionframe.schemas import Tests

RAW = "m|logprob|sd|standard"
RIDGE = f"{RAW}|ridge"
QUESTIONS, CHOICES, PEOPLE = 18, 3, 150.0


def world(seed):
    """True shares of 18 questions x 4 groups, and two models' shares."""
    rng = np.random.default_rng(seed)
    return [rng.dirichlet(np.full(CHOICES, 3.0), (QUESTIONS, 4)) for _ in range(3)]


def survey(human, models, n_eff=PEOPLE):
    keys = pl.DataFrame({"question": [f"q{i}" for i in range(QUESTIONS)]}).join(
        pl.DataFrame({"demographic": [f"class={i}" for i in range(4)]}), how="cross"
    )
    cells = keys.join(pl.DataFrame({"choice": range(1, CHOICES + 1)}), how="cross", maintain_order="left_right")
    people = cells.with_columns(
        source=pl.lit("human"), prob=pl.Series(human.reshape(-1)), n_eff=pl.lit(n_eff, pl.Float64)
    )
    answers = [
        cells.with_columns(source=pl.lit(name), prob=pl.Series(shares.reshape(-1)), n_eff=pl.lit(None, pl.Float64))
        for name, shares in zip((RAW, RIDGE), models, strict=True)
    ]
    return pl.concat([people, *answers])


BLANK = {"label": "x", "text": "?", "scale": "ordinal", "topic": None, "dataset": None}
CODEBOOK = pl.DataFrame(
    [{"question": f"q{i}", "choice": k, "position": float(k), **BLANK} for i in range(QUESTIONS) for k in (1, 2, 3)],
    schema_overrides={"topic": pl.String, "dataset": pl.String},
)


def difference(people, models):
    scores = [1 - np.abs(np.cumsum(model - people, axis=-1)[..., :-1]).sum(axis=-1) / 2 for model in models]
    return (scores[1] - scores[0]).mean(axis=(-2, -1))


def test_spread_and_interval_are_those_of_new_samples():
    truth, *models = world(1)
    rng = np.random.default_rng(2)
    samples = rng.multinomial(int(PEOPLE), truth, size=(2_000, QUESTIONS, 4)) / PEOPLE
    real = difference(samples, models).std()
    exact = difference(truth, models)
    covered = []
    for sample in samples[:60]:
        test = compare_respondents(survey(sample, models), CODEBOOK).row(0, named=True)
        covered.append(test["conf_low"] <= exact <= test["conf_high"])
        assert test["estimate"] == pytest.approx(difference(sample, models))
        assert test["std_error"] == pytest.approx(real, rel=0.25)
    assert np.mean(covered) >= 0.85


def test_drawn_questions_widen_the_interval():
    truth, *models = world(3)
    opinions = survey(truth, models)
    fixed = compare_respondents(opinions, CODEBOOK)
    drawn = compare_respondents(opinions.lazy(), CODEBOOK, questions="drawn").collect()
    Tests.validate(pl.concat([fixed, drawn]))
    assert (fixed["method"][0], drawn["method"][0]) == ("people linearised", "people and questions linearised")
    assert fixed["covers"][0] == "new people for these questions and groups"
    assert drawn["covers"][0] == "new people and new questions for these groups"
    assert drawn["std_error"][0] > 2 * fixed["std_error"][0]
    per_question = [difference(truth[i : i + 1], [model[i : i + 1] for model in models]) for i in range(QUESTIONS)]
    clustered = np.std(per_question, ddof=1) / QUESTIONS**0.5
    assert clustered * 0.9 < drawn["std_error"][0] < clustered * 1.3


def test_by_the_rows_alone():
    truth, *models = world(4)
    opinions = survey(truth, models)
    keep = {"questions": "drawn", "simultaneous": True, "draws": 150, "seed": 5}
    shuffled = opinions.sample(fraction=1, shuffle=True, seed=1)
    assert_frame_equal(compare_respondents(opinions, CODEBOOK, **keep), compare_respondents(shuffled, CODEBOOK, **keep))


def test_refusals_say_what_to_do():
    truth, *models = world(5)
    with pytest.raises(FrameError, match=r"72 cells of the reference have no n_eff, e\.g\. \('q0', 'class=0'\)"):
        compare_respondents(survey(truth, models, None), CODEBOOK)
    with pytest.raises(OptionError, match="questions='all' is not known"):
        compare_respondents(survey(truth, models), CODEBOOK, questions="all")
    with pytest.raises(FrameError, match=r"2 comparisons have no cell in common.*baselines"):
        compare_respondents(survey(truth, models), CODEBOOK, pair="baseline")


def people_in_groups(rng, attributes, *, people=300, questions=8):
    """Human rows of a sample of people, each in `all` and in one of two classes of every attribute."""
    answers = np.stack([rng.choice(CHOICES, people, p=share) for share in PEOPLES_SHARES[:questions]])
    member = {"all": np.ones(people, bool)}
    for number in range(attributes):
        one = rng.random(people) < 0.5
        member |= {f"a{number}=x": one, f"a{number}=y": ~one}
    rows = [
        (f"q{q}", group, k + 1, (answers[q][here] == k).mean(), float(here.sum()))
        for q in range(questions)
        for group, here in member.items()
        for k in range(CHOICES)
    ]
    return pl.DataFrame(rows, schema=["question", "demographic", "choice", "prob", "n_eff"], orient="row")


PEOPLES_SHARES = np.random.default_rng(5).dirichlet(np.full(CHOICES, 2.0), QUESTIONS)


@pytest.mark.parametrize("attributes", [0, 1, 6])
def test_people_in_several_groups_are_no_more_people(attributes):
    """Were groups taken as independent, six attributes would shrink the error to a third of its size."""
    rng = np.random.default_rng(6)
    models = [PEOPLES_SHARES * 0.6 + 0.4 * rng.dirichlet(np.ones(CHOICES), QUESTIONS) for _ in range(2)]
    model_rows = [
        (f"q{q}", k + 1, name, float(model[q, k]))
        for name, model in zip((RAW, RIDGE), models, strict=True)
        for q in range(8)
        for k in range(CHOICES)
    ]
    shares = pl.DataFrame(model_rows, schema=["question", "choice", "source", "prob"], orient="row")
    tests = []
    for seed in range(60):
        human = people_in_groups(np.random.default_rng(seed), attributes)
        keys = human.select("question", "demographic", "choice")
        answers = keys.join(shares, on=["question", "choice"]).with_columns(n_eff=pl.lit(None, pl.Float64))
        opinions = pl.concat([human.with_columns(source=pl.lit("human")), answers], how="diagonal")
        tests.append(compare_respondents(opinions.cast({"choice": pl.UInt8}), CODEBOOK))
    every = pl.concat(tests)
    spread, error = every["estimate"].std(), every["std_error"].mean()
    assert 0.85 * spread < error < 1.4 * spread
    truth = every["estimate"].mean()
    covered = every.select((pl.col("conf_low") <= truth) & (pl.col("conf_high") >= truth))
    assert covered.to_series().mean() >= 0.9


def sampled_people(seed, attributes, people=300):
    """Microdata: answers to eight questions, one of two classes of every attribute, and weights."""
    rng = np.random.default_rng(seed)
    answers = {f"q{q}": rng.choice(CHOICES, people, p=share) + 1 for q, share in enumerate(PEOPLES_SHARES[:8])}
    classes = {f"a{number}": rng.choice(["x", "y"], people) for number in range(attributes)}
    return pl.DataFrame(answers | classes | {"w": rng.uniform(0.5, 1.5, people)})


BOOK = CODEBOOK.filter(pl.col("question").is_in([f"q{q}" for q in range(8)]))


def answered(microdata, attributes, **keywords):
    """Human rows of all groups, and two sources that answer them."""
    by = [f"a{number}" for number in range(attributes)]
    human = of.reference(microdata, BOOK, [*by, *(["a0 & a1"] if attributes > 1 else [])], **keywords)
    rng = np.random.default_rng(6)
    models = [PEOPLES_SHARES * 0.6 + 0.4 * rng.dirichlet(np.ones(CHOICES), QUESTIONS) for _ in range(2)]
    rows = [
        (f"q{q}", k + 1, name, float(model[q, k]))
        for name, model in zip((RAW, RIDGE), models, strict=True)
        for q in range(8)
        for k in range(CHOICES)
    ]
    types = {"question": pl.String, "choice": pl.UInt8, "source": pl.String, "prob": pl.Float64}
    shares = pl.DataFrame(rows, schema=types, orient="row")
    answers = human.select("question", "demographic", "choice").join(shares, on=["question", "choice"])
    return pl.concat([human, answers], how="diagonal")


@pytest.mark.parametrize("attributes", [1, 5])
def test_people_drawn_once_have_the_error_of_new_samples(attributes):
    tests = []
    for seed in range(150):
        microdata = sampled_people(seed, attributes)
        opinions = answered(microdata, attributes, weight="w")
        tests.append(compare_respondents(opinions, BOOK, microdata=microdata, weight="w"))
    every = pl.concat(tests)
    assert every["std_error"].mean() == pytest.approx(every["estimate"].std(), rel=0.2)
    truth = every["estimate"].mean()
    assert every.select((pl.col("conf_low") <= truth) & (pl.col("conf_high") >= truth)).to_series().mean() >= 0.92


def test_people_and_shares_have_to_agree():
    microdata = sampled_people(1, 2)
    opinions = answered(microdata, 2)
    bound = compare_respondents(opinions, BOOK).row(0, named=True)
    joint = compare_respondents(opinions, BOOK, microdata=microdata.lazy()).row(0, named=True)
    assert joint["estimate"] == bound["estimate"]
    assert joint["std_error"] == pytest.approx(bound["std_error"], rel=0.1)
    drawn = compare_respondents(opinions, BOOK, microdata=microdata, questions="drawn")["std_error"].item()
    assert drawn > joint["std_error"]
    with pytest.raises(FrameError, match=r"microdata gives other shares than the reference in 72 of 72 cells, e\.g\."):
        compare_respondents(opinions, BOOK, microdata=microdata, weight="w")
    with pytest.raises(FrameError, match="microdata lacks 1 columns, e.g. a1"):
        compare_respondents(opinions, BOOK, microdata=microdata.drop("a1"))


def test_people_of_whom_there_is_one_group_alone_are_drawn_too():
    people = pl.DataFrame({"q": [1, 2, 2, 3, 1, 1] * 5})
    book = of.codebook({"q": {"text": "How much?", "labels": ["none", "some", "all"]}})
    human = people.with_columns(pl.col("q").cast(pl.UInt8)).pipe(of.reference, book)
    shares = {"a|verbalized|base|standard": [0.2, 0.3, 0.5], "b|verbalized|base|standard": [0.5, 0.3, 0.2]}
    models = [
        human.select("question", "demographic", "choice").with_columns(source=pl.lit(name), prob=pl.Series(values))
        for name, values in shares.items()
    ]
    opinions = pl.concat([human, *models], how="diagonal")
    options = {"pair": [tuple(shares)]}
    known = of.compare_respondents(opinions, book, microdata=people.cast(pl.UInt8), **options)
    assert known["estimate"].item() == pytest.approx(
        of.compare_respondents(opinions, book, **options)["estimate"].item()
    )
    assert known["std_error"].item() > 0
