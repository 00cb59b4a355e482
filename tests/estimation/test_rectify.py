"""`rectify` by hand, against R's survey package and ppi-python, and on people whose truth is known."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

import opinionframe as of
from opinionframe.errors import FrameError, OptionError
from opinionframe.microdata import Design

HERE = Path(__file__).parent
PEOPLE = HERE.parent / "microdata" / "reference" / "people.csv"
BOOK = of.codebook({"trust": {"text": "Trust?", "labels": ["none", "some", "much"]}})
DESIGNS = {
    "weights": of.Design(),
    "strata": of.Design(strata="stratum"),
    "units": of.Design(psu="unit"),
    "both": of.Design(strata="stratum", psu="unit"),
    "fay": of.Design(replicates=[f"fay{i}" for i in range(1, 9)], scale=1 / (8 * 0.49)),
}


@pytest.fixture(scope="module")
def people():
    return pl.read_csv(PEOPLE)


@pytest.fixture(scope="module")
def cells():
    return pl.read_csv(HERE / "reference" / "predictions.csv").with_columns(
        demographic=pl.format("sex={} & stratum={}", "sex", "stratum")
    )


@pytest.fixture(scope="module")
def predictions(cells):
    long = cells.unpivot(["f1", "f2", "f3"], index="demographic", variable_name="choice", value_name="prob")
    return long.with_columns(pl.col("choice").str.tail(1).cast(pl.UInt8), question=pl.lit("trust"), source=pl.lit("m"))


@pytest.mark.parametrize("method", ["difference", "regression"])
@pytest.mark.parametrize("design", ["weights", "strata", "units", "both"])
def test_estimates_of_known_shares_as_in_r(design, method, people, cells, predictions):
    theirs = pl.read_csv(HERE / "reference" / "greg.csv").filter(design=design)
    estimates = of.rectify(
        predictions, people, BOOK, method=method, population=cells, weight="w", design=DESIGNS[design]
    ).filter(demographic="all")
    assert estimates["estimate"].to_list() == pytest.approx(theirs[method].to_list(), rel=1e-10)
    assert estimates["std_error"].to_list() == pytest.approx(theirs[f"{method}_error"].to_list(), rel=1e-10)
    if method == "regression":  # by the calibrated weights, which R takes, the error differs by what they moved
        assert estimates["std_error"].to_list() == pytest.approx(theirs["calibrated_error"].to_list(), rel=0.1)


@pytest.mark.parametrize("name", DESIGNS)
def test_the_survey_estimate_is_that_of_reference(name, people, predictions):
    estimates = of.rectify(predictions, people, BOOK, method="survey", weight="w", design=DESIGNS[name])
    human = of.reference(people, BOOK, ["sex & stratum"], weight="w", design=DESIGNS[name])
    both = human.join(estimates, on=["question", "demographic", "choice"], suffix="_e").filter(
        pl.col("std_error_e").is_not_null()
    )
    assert both.height > 20
    assert both["prob_e"].to_list() == pytest.approx(both["prob"].to_list(), abs=1e-12)
    shows_spread = both["std_error"] > 1e-7
    assert (both.filter(~shows_spread)["std_error_e"] > 0.01).all()
    both = both.filter(shows_spread)
    assert both["std_error_e"].to_list() == pytest.approx(both["std_error"].to_list(), abs=1e-7)
    assert both["n_eff_e"].to_list() == pytest.approx(both["n_eff"].to_list(), rel=1e-9)


@pytest.mark.parametrize("name", DESIGNS)
def test_intervals_of_few_units_are_as_wide_as_in_r(name, people):
    """Jeffreys' limits for the effective number that svyciprop takes, divided for Student's quantile."""
    theirs = pl.read_csv(HERE / "reference" / "degrees.csv").filter(design=name)
    by = ["sex", "sex & stratum"]
    estimates = of.rectify(None, people, BOOK, by=by, weight="w", design=DESIGNS[name]).join(theirs, on="demographic")
    human = of.reference(people, BOOK, by, weight="w", design=DESIGNS[name]).filter(pl.col("std_error") > 1e-7)
    varied = estimates.join(human, on=["question", "demographic", "choice"], how="semi")
    assert varied.height >= 9
    p, size = (varied[each].to_numpy() for each in ("prob", "std_error"))
    size = p * (1 - p) / size**2 / varied["divisor"].to_numpy()
    low = stats.beta.ppf(0.025, p * size + 0.5, (1 - p) * size + 0.5)
    assert varied["conf_low"].to_list() == pytest.approx(np.minimum(low, p).tolist(), rel=1e-9)
    told = estimates.join(human, on=["question", "demographic"], how="semi")
    half = stats.t.isf(0.025, told["n"] - 1) * np.sqrt(told["divisor"]) * told["mean_error"]
    high = (told["mean"] + half).clip(upper_bound=3).to_list()
    assert told["mean_high"].to_list() == pytest.approx(high, rel=1e-9, nan_ok=True)


def test_intervals_of_means_cover_where_few_people_were_asked():
    """With normal quantiles 73% covered of three people each, and those who agreed had no interval at all."""
    rng, shares = np.random.default_rng(3), [0.2, 0.5, 0.3]
    for people, low in ((3, 0.94), (5, 0.93), (10, 0.92)):
        groups = np.repeat(np.arange(400), people)
        sample = pl.DataFrame({"sex": groups.astype(str), "trust": rng.choice([1, 2, 3], len(groups), p=shares)})
        rows = of.rectify(None, sample, BOOK, by="sex")
        means = rows.filter(pl.col("demographic") != "all", choice=1)
        truth = float(np.dot(shares, [1, 2, 3]))
        assert means.select(pl.lit(truth).is_between("mean_low", "mean_high").mean()).item() > low
        assert (means["mean_high"] > means["mean_low"]).all()


def test_the_interval_of_a_mean_that_all_agree_on_has_half_an_answer_more_of_every_choice():
    sample = pl.DataFrame({"sex": ["F"] * 4, "trust": [2] * 4})
    row = of.rectify(None, sample, BOOK, by="sex").row(0, named=True)
    shares = np.array([0.5, 4.5, 0.5]) / 5.5
    error = np.sqrt((shares @ [1.0, 4.0, 9.0] - (shares @ [1.0, 2.0, 3.0]) ** 2) / 6.5)
    half = stats.t.isf(0.025, 3) * error
    assert (row["mean"], row["mean_error"]) == pytest.approx((2.0, error))
    assert (row["mean_low"], row["mean_high"]) == pytest.approx((2 - half, 2 + half))


def test_a_choice_that_nobody_or_everybody_gave_has_the_error_of_its_interval():
    """Four of four: the interval has the quantiles of a beta distribution, the error is its standard deviation."""
    sample = pl.DataFrame({"sex": ["F"] * 4, "trust": [2] * 4})
    rows = of.rectify(None, sample, BOOK, by="sex").filter(demographic="sex=F").sort("choice")
    nobody = stats.beta(0.5, 4.5)
    assert rows["prob"].to_list() == [0.0, 1.0, 0.0]
    assert rows["std_error"].to_list() == pytest.approx([nobody.std()] * 3)
    assert rows["conf_high"].to_list() == pytest.approx([nobody.ppf(0.975), 1.0, nobody.ppf(0.975)])
    unlike = of.rectify(None, sample.with_columns(trust=pl.Series([1, 2, 2, 2])), BOOK, by="sex")
    some = unlike.filter(demographic="sex=F").sort("choice")["std_error"].to_list()
    assert some == pytest.approx([(0.25 * 0.75 / 3) ** 0.5, (0.25 * 0.75 / 3) ** 0.5, nobody.std()], rel=0.2)


def test_a_choice_that_nobody_gave_has_an_interval_by_the_design():
    """Ten towns of two people who answer alike, five of either mind: nine people's worth, told from ten towns."""
    towns = np.repeat(np.arange(10), 2)
    sample = pl.DataFrame({"sex": "F", "trust": np.where(towns < 5, 1, 2), "town": towns.astype(str)})
    coded = sample.with_columns(pl.col("trust").cast(pl.UInt8))
    human = of.reference(coded, BOOK, "sex", design=Design(psu="town")).filter(demographic="sex=F").sort("choice")
    assert human["n_eff"].to_list() == pytest.approx([9.0] * 3)
    assert human["std_error"].to_list() == pytest.approx([1 / 6, 1 / 6, 0.0])
    rows = of.rectify(None, coded, BOOK, by="sex", design=Design(psu="town")).filter(demographic="sex=F")
    row = rows.sort("choice").row(2, named=True)
    size = 9.0 * (stats.t.isf(0.025, 19) / stats.t.isf(0.025, 9)) ** 2
    posterior = stats.beta(0.5, size + 0.5)
    assert (row["prob"], row["conf_low"]) == (0.0, 0.0)
    assert row["conf_high"] == pytest.approx(posterior.ppf(0.975))
    assert row["std_error"] == pytest.approx(posterior.std())
    # Korn and Graubard's is Clopper's and Pearson's of the same size, the most cautious of them.
    assert row["conf_high"] < stats.beta(1, size).ppf(0.975) < 0.4


def test_intervals_cover_where_few_units_were_drawn():
    """Ten towns of ten people who answer alike: with normal quantiles, 91% of the intervals covered."""
    rng = np.random.default_rng(3)
    covered = []
    for _ in range(150):
        town = np.repeat(np.arange(10), 10)
        leaning = np.sqrt(0.15) * rng.normal(size=10)[town] + np.sqrt(0.85) * rng.normal(size=100)
        sample = pl.DataFrame({"town": town, "sex": rng.choice(["F", "M"], 100), "trust": 1 + (leaning > -0.4)})
        rows = of.rectify(None, sample, BOOK, by="sex", design=of.Design(psu="town")).filter(choice=1)
        share = pl.lit(stats.norm.cdf(-0.4))
        covered += rows.select(share.is_between("conf_low", "conf_high")).to_series().to_list()
    assert 0.93 < np.mean(covered) < 0.98


def groups_of(seed, n, n_unlabelled):
    """Labelled and unlabelled people of four groups, choosing among three; predictions and shares of the groups."""
    rng = np.random.default_rng(seed)
    truth, predicted = rng.dirichlet([1, 1, 1], 4), rng.dirichlet([2, 2, 2], 4)
    labelled, unlabelled = rng.integers(0, 4, n), rng.integers(0, 4, n_unlabelled)
    answers = np.array([rng.choice(3, p=truth[group]) for group in labelled])
    names = [f"town={group}" for group in range(4)]
    sample = pl.DataFrame({"town": labelled, "trust": answers + 1})
    rows = [("trust", names[g], k + 1, "m", predicted[g, k]) for g in range(4) for k in range(3)]
    opinions = pl.DataFrame(rows, ["question", "demographic", "choice", "source", "prob"], orient="row")
    shares = pl.DataFrame({"demographic": names, "share": np.bincount(unlabelled, minlength=4) / n_unlabelled})
    return sample, opinions, shares.with_columns(n=n_unlabelled), (answers, predicted[labelled], predicted[unlabelled])


@pytest.mark.parametrize("seed", range(4))
def test_shares_as_in_ppi_python(seed):
    ppi = pytest.importorskip("ppi_py")
    sample, opinions, shares, (answers, of_labelled, of_unlabelled) = groups_of(seed, 80, 300)
    for method, lam in (("difference", 1), ("tuned", None)):
        ours = of.rectify(opinions, sample, BOOK, method=method, population=shares).filter(demographic="all")
        for choice in range(3):
            y = (answers == choice).astype(float)
            theirs = (y, of_labelled[:, choice], of_unlabelled[:, choice])
            point = float(np.squeeze(ppi.ppi_mean_pointestimate(*theirs, lam=lam)))
            low, high = (
                float(np.squeeze(each)) for each in ppi.ppi_mean_ci(*theirs, alpha=0.3173105078629141, lam=lam)
            )
            assert ours["estimate"][choice] == pytest.approx(point, abs=1e-8)
            assert ours["std_error"][choice] == pytest.approx((high - low) / 2, abs=1e-8)


def test_the_mean_on_the_scale_as_in_ppi_python():
    ppi = pytest.importorskip("ppi_py")
    sample, opinions, shares, (answers, of_labelled, of_unlabelled) = groups_of(9, 120, 400)
    ours = of.rectify(opinions, sample, BOOK, method="difference", population=shares).filter(demographic="all")
    place = np.array([1.0, 2.0, 3.0])
    theirs = (answers + 1.0, of_labelled @ place, of_unlabelled @ place)
    low, high = (float(np.squeeze(each)) for each in ppi.ppi_mean_ci(*theirs, alpha=0.05, lam=1))
    assert (ours["prob"] - ours["estimate"]).abs().max() < 1e-12  # nothing was moved onto the simplex
    assert ours["mean"][0] == pytest.approx((low + high) / 2, abs=1e-8)
    assert ours["mean_error"][0] == pytest.approx((high - low) / 2 / stats.norm.isf(0.025), abs=1e-8)
    wider = stats.t.isf(0.025, 119) / stats.norm.isf(0.025)
    half = (high - low) / 2 * wider  # theirs has the normal quantile
    assert (ours["mean_high"][0] - ours["mean_low"][0]) / 2 == pytest.approx(half, abs=1e-8)


def test_a_correction_by_hand():
    book = of.codebook({"q": {"text": "Yes?", "labels": ["yes", "no"]}})
    sample = pl.DataFrame({"sex": ["F"] * 3 + ["M"], "q": [1, 1, 2, 2]})
    opinions = pl.DataFrame(
        {"question": "q", "demographic": ["sex=F", "sex=F", "sex=M", "sex=M"], "choice": [1, 2] * 2, "source": "m",
         "prob": [0.8, 0.2, 0.2, 0.8]}
    )  # fmt: skip
    shares = pl.DataFrame({"demographic": ["sex=F", "sex=M"], "share": [0.5, 0.5]})
    difference = of.rectify(opinions, sample, book, method="difference", population=shares)
    # Two of four said yes; predictions average 0.65 in the sample and 0.5 in the population.
    assert difference.filter(demographic="all")["prob"].to_list() == pytest.approx([0.35, 0.65])
    residuals = np.array([0.2, 0.2, -0.8, -0.2])
    assert difference.filter(demographic="all")["std_error"][0] == pytest.approx(residuals.std() / 2)
    # Within a group predictions are constant: its estimate is the survey's.
    assert difference.filter(demographic="sex=F")["prob"].to_list() == pytest.approx([2 / 3, 1 / 3])
    assert difference.filter(demographic="sex=F")["method"].unique().to_list() == ["survey"]
    # Regression: the slope of yes on 0.8, 0.8, 0.8, 0.2 is (2/3 - 0) / 0.6.
    regression = of.rectify(opinions, sample, book, method="regression", population=shares).filter(demographic="all")
    assert regression["tuning"][0] == pytest.approx(2 / 3 / 0.6)
    assert regression["prob"][0] == pytest.approx(0.5 + 2 / 3 / 0.6 * (0.5 - 0.65))


def test_without_a_model_it_is_the_survey_estimate(people):
    alone = of.rectify(None, people, BOOK, by="sex", weight="w", design=of.Design(psu="unit"))
    human = of.reference(people, BOOK, "sex", weight="w", design=of.Design(psu="unit"))
    assert (
        alone.select("demographic", "choice", "source").rows() == human.select("demographic", "choice", "source").rows()
    )
    assert alone["prob"].to_list() == pytest.approx(human["prob"].to_list(), abs=1e-12)
    assert alone["gain"].to_list() == pytest.approx([1.0] * 9)
    of.schemas.Opinions.validate(alone, codebook=BOOK)
    of.schemas.Estimates.validate(alone)


def test_composites_of_totals_by_hand():
    """Three questions, each asked of everybody alone: D of one is told by the other two."""
    names = ("a", "b", "c")
    book = of.codebook({name: {"text": f"{name}?", "labels": ["x", "y", "z"]} for name in names})
    counts = {"a": (8, 1, 1), "b": (2, 5, 3), "c": (1, 3, 6)}
    predicted = {"a": (0.5, 0.25, 0.25), "b": (0.2, 0.4, 0.4), "c": (0.4, 0.4, 0.2)}
    people = pl.DataFrame({name: [k for k in (1, 2, 3) for _ in range(each[k - 1])] for name, each in counts.items()})
    rows = [(name, "all", k + 1, "m", share) for name, each in predicted.items() for k, share in enumerate(each)]
    opinions = pl.DataFrame(rows, ["question", "demographic", "choice", "source", "prob"], orient="row")
    estimates = of.rectify(opinions, people, book)
    shares, models = (np.array(list(each.values())) for each in (counts, predicted))
    shares = shares / 10
    raw = ((shares - models) ** 2).sum(axis=1) - (1 - (shares**2).sum(axis=1)) / 9
    typical = (10 * shares + models + 1 / 3) / 12
    variance = (1 - (typical**2).sum(axis=1)) / 10
    distance = np.zeros(3)
    for _ in range(3):  # the precision of a cell depends on the distance that is looked for
        precision, rounds = 1 / (variance.mean() + distance), []
        for place in range(3):
            others = [i for i in range(3) if i != place]
            w = precision[others] / precision[others].sum()
            mean = w @ raw[others]
            error = np.sqrt(2 * ((w * (raw[others] - mean)) ** 2).sum())
            rounds.append(mean + error * stats.norm.pdf(mean / error) / stats.norm.cdf(mean / error))
        distance = np.array(rounds)
    weight = distance / (variance + distance)
    expected = weight[:, None] * shares + (1 - weight[:, None]) * models
    for place, name in enumerate(names):
        mine = estimates.filter(question=name)
        assert mine["own_weight"].to_list() == pytest.approx([weight[place]] * 3)
        assert mine["prob"].to_list() == pytest.approx(expected[place].tolist())


def test_no_group_is_known_better_than_the_total_that_it_leans_on():
    rng = np.random.default_rng(0)
    names = ("a", "b", "c", "d")
    book = of.codebook({name: {"text": f"{name}?", "labels": ["x", "y", "z"]} for name in names})
    people = pl.DataFrame({"sex": rng.choice(["F", "M"], 900), **{name: rng.integers(1, 4, 900) for name in names}})
    rows = [(name, group, k, "m", 1 / 3) for name in names for group in ("all", "sex=F", "sex=M") for k in (1, 2, 3)]
    opinions = pl.DataFrame(rows, ["question", "demographic", "choice", "source", "prob"], orient="row")
    sizes = of.rectify(opinions, people, book).filter(choice=1).pivot("demographic", index="question", values="n_eff")
    assert (sizes["sex=F"] < 1.05 * sizes["all"]).all()
    assert (sizes["sex=M"] < 1.05 * sizes["all"]).all()


QUESTIONS = [f"q{i:02d}" for i in range(20)]
WORLD_BOOK = of.codebook({name: {"text": f"{name}?", "labels": ["a", "b", "c"]} for name in QUESTIONS})


def world(seed, noise):
    """A population of six towns, predictions at a distance from its shares, and how to draw samples of people."""
    rng = np.random.default_rng(seed)
    centre = rng.dirichlet([3, 3, 3], len(QUESTIONS))
    truth = np.stack([[rng.dirichlet(30 * c) for c in centre] for _ in range(6)])
    share = np.array([0.3, 0.25, 0.2, 0.15, 0.08, 0.02])
    flawed = np.stack([[rng.dirichlet(p / noise + 0.05) for p in town] for town in truth])
    predicted = np.concatenate([flawed, (share @ flawed.reshape(6, -1)).reshape(1, *flawed.shape[1:])])
    names = [*(f"town={town}" for town in range(6)), "all"]
    rows = [
        (QUESTIONS[q], names[g], k + 1, "m", predicted[g, q, k])
        for g in range(7) for q in range(len(QUESTIONS)) for k in range(3)
    ]  # fmt: skip
    opinions = pl.DataFrame(rows, ["question", "demographic", "choice", "source", "prob"], orient="row")
    everybody = np.concatenate([truth, (share @ truth.reshape(6, -1)).reshape(1, *truth.shape[1:])])
    known = [(QUESTIONS[q], names[g], k + 1, everybody[g, q, k]) for *_, q, g, k in np.ndindex(1, len(QUESTIONS), 7, 3)]
    true = pl.DataFrame(known, ["question", "demographic", "choice", "true"], orient="row")

    def sample(n):
        town = rng.choice(6, n, p=share)
        columns = {
            name: 1 + (rng.random((n, 1)) > truth[town, q].cumsum(axis=1)[:, :2]).sum(axis=1)
            for q, name in enumerate(QUESTIONS)
        }
        return pl.DataFrame({"town": town, **columns})

    return opinions, true.with_columns(pl.col("choice").cast(pl.UInt8)), sample


@pytest.mark.parametrize(("noise", "gain"), [(0.02, 0.5), (2.0, 1.0)])
def test_composites_err_less_and_their_intervals_cover(noise, gain):
    errors, covered = [], []
    for seed in range(24):
        opinions, true, sample = world(seed, noise)
        people = sample(80)
        both = [
            of.rectify(opinions, people, WORLD_BOOK, method=method).join(true, on=["question", "demographic", "choice"])
            for method in ("survey", "composite")
        ]
        composed = both[1].join(both[0].select("question", "demographic").unique(), on=["question", "demographic"])
        errors.append([((each["prob"] - each["true"]) ** 2).mean() for each in (both[0], composed)])
        covered.append(both[1].select((pl.col("true").is_between("conf_low", "conf_high")).mean()).item())
    survey, composed = np.mean(errors, axis=0)
    assert composed < gain * survey
    assert 0.93 < np.mean(covered) < 0.97


def test_a_group_without_people_has_its_prediction(people, predictions):
    book = of.codebook(
        {name: {"text": name, "labels": ["none", "some", "much"]} for name in ("trust", "hope", "fears")}
    )
    both = pl.concat([predictions.with_columns(question=pl.lit(name)) for name in ("trust", "hope", "fears")])
    sample = people.with_columns(hope=pl.col("trust"), fears=(pl.col("trust") + 1) % 4).filter(
        ~((pl.col("sex") == "F") & (pl.col("stratum") == 1))
    )
    estimates = of.rectify(both, sample, book)
    nobody = estimates.filter(demographic="sex=F & stratum=1", question="hope")
    assert nobody["method"].unique().to_list() == ["prediction"]
    assert nobody["prob"].to_list() == pytest.approx([0.5, 0.2, 0.3])
    assert (nobody["n"] == 0).all()
    assert nobody["gain"].is_null().all()
    assert (nobody["std_error"] > 0.02).all()


def test_simultaneous_intervals_are_wider_and_none_depends_on_the_order_of_rows(people, cells, predictions):
    options = {"method": "tuned", "population": cells, "weight": "w"}
    one = of.rectify(predictions, people, BOOK, **options)
    shuffled = of.rectify(
        predictions.sample(fraction=1, shuffle=True, seed=1), people.sample(fraction=1, shuffle=True, seed=2), BOOK,
        **options,
    )  # fmt: skip
    assert one.select(pl.selectors.exclude(pl.Float64)).equals(shuffled.select(pl.selectors.exclude(pl.Float64)))
    assert (one["prob"] - shuffled["prob"]).abs().max() < 1e-12
    widths = [
        of.rectify(predictions, people, BOOK, **options, simultaneous=which).select(
            pl.col("conf_high") - pl.col("conf_low")
        )
        for which in ("none", "cell", "source")
    ]
    for narrow, wide in pairwise(widths):
        assert (wide.to_series() >= narrow.to_series()).all()
        assert wide.to_series().sum() > narrow.to_series().sum()


class Memory(of.Calibrator):
    """Predicts, of every question, the shares that its fit was shown of the group, whatever the question."""

    name = "memory"

    def fit(self, supervision, seed):
        seen = supervision.human.group_by("demographic", "choice").agg(pl.col("prob").mean())
        at = pl.col("choice").cast(pl.Float64)
        groups = supervision.rows.select("group").unique()
        named = seen.select(name="demographic", at=at, value="prob")
        return groups.join(named, how="cross").select("group", "name", "at", "value")

    def predict(self, rows, codebook, calibration):
        known = calibration.parameters.select(
            "group", demographic="name", choice=pl.col("at").cast(pl.UInt8), p="value"
        )
        return rows.join(known, on=["group", "demographic", "choice"], how="left").with_columns(
            prob=pl.col("p").fill_null(1 / 3)
        ).drop("p")  # fmt: skip


def test_a_calibrator_that_learns_from_the_sample_is_cross_fitted():
    """All questions have the same answers, so that a fit that saw a person would know what they answered."""
    rng = np.random.default_rng(4)
    questions = [f"q{i}" for i in range(4)]
    book = of.codebook({name: {"text": f"{name}?", "labels": ["a", "b", "c"]} for name in questions})
    names = [f"town={town}" for town in range(12)]
    shares = pl.DataFrame({"demographic": names, "share": np.full(12, 1 / 12)})
    raw = pl.DataFrame({"demographic": [*names, "all"]}).join(pl.DataFrame({"question": questions}), how="cross")
    raw = raw.join(pl.DataFrame({"choice": [1, 2, 3]}, schema={"choice": pl.UInt8}), how="cross")
    raw = raw.with_columns(source=pl.lit("m|logprob|sd|standard"), prob=1 / 3)
    errors = {"cross": [], "same": []}
    covered = []
    for _ in range(16):
        town, answer = rng.integers(0, 12, 60), rng.choice([1, 2, 3], 60, p=[0.5, 0.3, 0.2])
        people = pl.DataFrame({"town": town, **dict.fromkeys(questions, answer)})
        options = {"method": "tuned", "population": shares}
        cross = of.rectify(raw, people, book, **options, calibrator=Memory(), seed=1).filter(demographic="all")
        human = of.reference(people, book, "town")
        fitted = of.calibrate(
            pl.concat([human, raw], how="diagonal"), book, method=Memory(), folds=4, seed=1, refits=False
        )
        same = of.rectify(fitted.filter(pl.col("source").str.ends_with("memory")), people, book, **options)
        for name, estimates in (("cross", cross), ("same", same.filter(demographic="all"))):
            errors[name].append((estimates.filter(question="q0", choice=1)["std_error"]).item())
        truth = cross.filter(question="q0", choice=1).select(pl.lit(0.5).is_between("conf_low", "conf_high"))
        covered.append(truth.item())
    assert cross["source"].unique().to_list() == ["m|logprob|sd|standard|memory|rectified"]
    simple = np.sqrt(0.25 / 60)
    assert np.mean(errors["same"]) < 0.93 * simple  # as if predictions knew something, which they do not
    assert np.mean(errors["cross"]) > 0.97 * simple
    assert np.mean(covered) >= 0.85


def test_cross_fitting_does_not_depend_on_the_order_of_rows(people):
    names = ("trust", "hope", "fears")
    book = of.codebook({name: {"text": name, "labels": ["none", "some", "much"]} for name in names})
    sample = people.with_columns(hope=pl.col("trust"), fears=(pl.col("trust") + 1) % 4)
    sample = sample.with_columns(sex=pl.col("sex").replace({"F": "Female", "M": "Male"}))
    human = of.reference(sample, book, "sex")
    raw = of.elicit(human, book, of.FakeModel(seed=1), prompt="sd", seed=1).filter(pl.col("source") != "human")
    options = {"calibrator": "linear", "folds": 3, "seed": 2, "design": of.Design(psu="unit")}
    one = of.rectify(raw, sample, book, **options)
    other = of.rectify(raw, sample.sample(fraction=1, shuffle=True, seed=1), book, **options)
    assert (one["prob"] - other["prob"]).abs().max() < 1e-12
    with pytest.raises(OptionError, match="needs a seed"):
        of.rectify(raw, sample, book, calibrator="linear")
    with pytest.raises(OptionError, match="folds=99"):
        of.rectify(raw, sample, book, calibrator="linear", folds=99, seed=1)


def test_what_cannot_be_is_refused_in_words(people, cells, predictions):
    with pytest.raises(OptionError, match="pass population="):
        of.rectify(predictions, people, BOOK, method="tuned")
    lost = people.with_row_index().with_columns(sex=pl.when(pl.col("index") > 1).then("sex"))
    with pytest.raises(FrameError, match="2 of 48 respondents belong to none of the 8 groups"):
        of.rectify(predictions, lost, BOOK, population=cells)
    with pytest.raises(FrameError, match="1 of 8 groups of population have no prediction of 'trust'"):
        of.rectify(predictions.filter(pl.col("demographic") != "sex=F & stratum=1"), people, BOOK, population=cells)
    with pytest.raises(FrameError, match="shares of an attribute are 0 or more and sum to 1"):
        of.rectify(predictions, people, BOOK, population=cells.with_columns(share=pl.col("share") * 2))
    with pytest.raises(FrameError, match="hold no prediction"):
        of.rectify(predictions.with_columns(source=pl.lit("human")), people, BOOK)
    with pytest.raises(FrameError, match="microdata lacks 1 columns"):
        of.rectify(predictions, people.drop("stratum"), BOOK)


def test_units_numbered_anew_in_each_stratum_are_dealt_whole(people):
    names = ("trust", "hope", "fears")
    book = of.codebook({name: {"text": name, "labels": ["none", "some", "much"]} for name in names})
    sample = people.with_columns(hope=pl.col("trust"), fears=(pl.col("trust") + 1) % 4)
    human = of.reference(sample, book, "stratum")
    raw = human.with_columns(source=pl.lit("m|logprob|sd|standard"), prob=pl.lit(1 / 3))
    per_stratum = sample.with_columns(anew=pl.col("unit").rank("dense").over("stratum"))
    units = sample.select("stratum", "unit").n_unique()
    assert per_stratum["anew"].n_unique() < 4 < units
    nested = of.Design(strata="stratum", psu="anew")
    one = of.rectify(raw, per_stratum, book, calibrator="linear", folds=4, seed=1, design=nested)
    by_question = dict.fromkeys(names, nested)
    other = of.rectify(raw, per_stratum, book, calibrator="linear", folds=4, seed=1, design=by_question)
    assert (one["prob"] - other["prob"]).abs().max() < 1e-12
    with pytest.raises(OptionError, match=f"folds={units + 1}: deal {units} people or units"):
        of.rectify(raw, per_stratum, book, calibrator="linear", folds=units + 1, seed=1, design=by_question)
    mixed = by_question | {"fears": of.Design()}
    with pytest.raises(OptionError, match=r"2 kinds of them, e.g. \(\), \('stratum', 'anew'\)"):
        of.rectify(raw, per_stratum, book, calibrator="linear", folds=4, seed=1, design=mixed)


def test_options_of_the_wrong_kind_are_refused(people, predictions):
    fits = {"calibrator": "linear", "seed": 1}
    for options, match in (
        ({"conf": "0.95"}, "conf='0.95' is no number, but str"),
        ({"by": 1}, "by=1 is no name of a column"),
        ({**fits, "folds": 2.5}, "folds=2.5 is no whole number, but float"),
        ({**fits, "seed": 1.5}, "seed=1.5 is no whole number"),
        ({**fits, "seed": -1}, "seed=-1 is below 0"),
        ({**fits, "calibrator": ["linear", "ridge"]}, "calibrator names 2 methods"),
    ):
        with pytest.raises(OptionError, match=match):
            of.rectify(predictions, people, BOOK, **options)


def test_a_single_respondent_has_an_estimate_without_error(predictions):
    one = pl.DataFrame({"sex": ["F"], "stratum": [1], "trust": [2]})
    rows = of.rectify(predictions, one, BOOK)
    everybody = rows.filter(demographic="all")
    assert everybody["prob"].to_list() == [0.0, 1.0, 0.0]
    assert everybody["std_error"].null_count() == 3
    assert rows.filter(demographic="sex=M & stratum=2")["prob"].to_list() == pytest.approx(
        predictions.filter(demographic="sex=M & stratum=2")["prob"].to_list()
    )


def test_the_error_claimed_of_predictions_is_their_mean_over_cells_alike():
    """Three questions told by unequal numbers, a fourth asked of nobody: large cells, which err least, do not rule."""
    names = ("a", "b", "c", "nobody")
    book = of.codebook({name: {"text": f"{name}?", "labels": ["x", "y", "z"]} for name in names})
    counts = {"a": (34, 33, 33), "b": (6, 3, 1), "c": (1, 3, 6)}
    people = pl.DataFrame({
        name: [k for k in (1, 2, 3) for _ in range(each[k - 1])] + [None] * (100 - sum(each))
        for name, each in (counts | {"nobody": (0, 0, 0)}).items()
    }, schema=dict.fromkeys(names, pl.UInt8))  # fmt: skip
    opinions = book.select("question", "choice", demographic=pl.lit("all"), source=pl.lit("m"), prob=1 / 3)
    nobody = of.rectify(opinions, people, book).filter(question="nobody")
    size = np.array([100, 10, 10])
    shares = np.array(list(counts.values())) / size[:, None]
    raw = ((shares - 1 / 3) ** 2).sum(axis=1) - (1 - (shares**2).sum(axis=1)) / (size - 1)
    error = np.sqrt(3 / 2 * (((raw - raw.mean()) / 3) ** 2).sum())
    distance = raw.mean() + error * stats.norm.pdf(raw.mean() / error) / stats.norm.cdf(raw.mean() / error)
    assert nobody["method"].unique().to_list() == ["prediction"]
    assert (nobody["std_error"] ** 2).sum() == pytest.approx(distance)


def test_the_sample_itself_is_no_prediction_of_it():
    """Averaged with itself, it would be worth thousands of times as many people."""
    rng = np.random.default_rng(2)
    names = ("a", "b", "c")
    book = of.codebook({name: {"text": f"{name}?", "labels": ["x", "y", "z"]} for name in names})
    sample = pl.DataFrame({"sex": ["F", "M"] * 20, **{name: rng.integers(1, 4, 40) for name in names}})
    same = of.reference(sample, book, "sex").with_columns(source=pl.lit("m"))
    with pytest.raises(
        FrameError, match="opinions of 'm' are the sample's own shares in all 9 cells, e.g. .'a', 'all'"
    ):
        of.rectify(same, sample, book)
    other = same.with_columns(prob=0.9 * pl.col("prob") + 0.1 / 3)
    assert of.rectify(other, sample, book).height == 27
