"""Differences between groups: by hand, beside loops and statsmodels, and with a truth that is known."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy import special, stats

import opinionframe as of
from opinionframe.errors import FrameError, OptionError

GROUPS = ("party=A", "party=B", "party=C")
HUMAN = {"q1": (0.2, 0.4, 0.6), "q2": (0.5, 0.5, 0.8)}
MODEL = {"q1": (0.3, 0.3, 0.6), "q2": (0.6, 0.3, 0.3)}


def book(questions, *, scale="ordinal", labels=("no", "yes"), dataset=None) -> pl.DataFrame:
    k = len(labels)
    return pl.DataFrame(
        {
            "question": np.repeat(list(questions), k),
            "choice": list(range(1, k + 1)) * len(questions),
            "label": list(labels) * len(questions),
            "position": [None if scale == "nominal" else float(j) for j in range(k)] * len(questions),
            "text": np.repeat([f"What of {name}?" for name in questions], k),
            "scale": scale,
            "topic": np.repeat([f"topic {i % 7}" for i in range(len(questions))], k),
            "dataset": dataset,
        },
        schema_overrides={"choice": pl.UInt8, "position": pl.Float64, "dataset": pl.String},
    )


def rows(shares, source, groups=GROUPS, n_eff=None) -> pl.DataFrame:
    """Opinions of two choices from the share of the second by question and group."""
    keys = [
        (question, group, share)
        for question, values in shares.items()
        for group, share in zip(groups, values, strict=True)
    ]
    frame = pl.DataFrame(keys, schema=["question", "demographic", "yes"], orient="row")
    sides = [
        frame.with_columns(choice=pl.lit(j, pl.UInt8), prob=x) for j, x in ((1, 1 - pl.col("yes")), (2, pl.col("yes")))
    ]
    return pl.concat(sides).select(
        "question", "demographic", "choice", "prob", source=pl.lit(source), n_eff=pl.lit(n_eff, pl.Float64)
    )


def estimates(table, source="m") -> dict[str, float]:
    return dict(table.filter(source=source).select("measure", "estimate").rows())


BY_HAND = {
    "over population": -0.2 / 6,
    "explained": -3 / 7,
    "direction": 3 / 5,
    "size": (12 / 14) ** 0.5,
    "slope": 3 / 14,
    "correlation": 0.03 / (0.14 * 0.12) ** 0.5,
}
"""Deviations of people -.2 0 .2 and -.1 -.1 .2, of the model -.1 -.1 .2 and .2 -.1 -.1; of five pairs that people have
apart, two and two halves are told; the model errs by 1.0 in six cells where the total does by 0.8."""


def test_two_questions_of_three_groups_by_hand():
    table = of.contrasts(pl.concat([rows(HUMAN, "human"), rows(MODEL, "m")]), book(HUMAN))
    assert estimates(table) == pytest.approx(BY_HAND)
    direction = table.filter(measure="direction").row(0, named=True)
    assert (direction["n"], direction["n_unclear"], direction["n_clusters"], direction["noise_known"]) == (5, 1, 2, 0.0)
    assert table["human_spread"].unique().to_list() == pytest.approx([(0.14 / 4) ** 0.5])
    assert table["metric"].unique().to_list() == ["wasserstein"]


def test_the_total_is_the_bar_and_people_are_right():
    human = rows(HUMAN, "human")
    everybody = of.baselines(human, book(HUMAN), which="population")
    copy = human.with_columns(source=pl.lit("copy"))
    table = of.contrasts(pl.concat([everybody, copy], how="diagonal"), book(HUMAN))
    bars = dict(table.filter(source="population").select("measure", "bar").rows())
    assert estimates(table, "population") == pytest.approx(bars)
    perfect = {"explained": 1.0, "direction": 1.0, "size": 1.0, "slope": 1.0, "correlation": 1.0}
    assert {name: value for name, value in estimates(table, "copy").items() if name in perfect} == pytest.approx(
        perfect
    )


def test_two_nominal_choices_are_told_as_two_ordinal_ones_are():
    both = pl.concat([rows(HUMAN, "human"), rows(MODEL, "m")])
    table = of.contrasts(both, book(HUMAN, scale="nominal"))
    assert estimates(table) == pytest.approx(BY_HAND)
    assert table["metric"].unique().to_list() == ["total_variation"]
    assert table.filter(measure="direction")["n"].item() == 10


def world_of(questions=60, groups=5, people=40.0, seed=1, slope=1.5, noise=0.05):
    """Sampled people whose true shares are known, and a model that tells `slope` times the truth, with errors."""
    rng = np.random.default_rng(seed)
    level = rng.uniform(0.35, 0.65, (questions, 1))
    truth = level + rng.normal(0, 0.06, (questions, groups))
    sample = rng.binomial(int(people), truth) / people
    model = np.clip(level + slope * (truth - level) + rng.normal(0, noise, truth.shape), 0.01, 0.99)
    names, classes = [f"q{i}" for i in range(questions)], [f"region={i}" for i in range(groups)]
    frames = [
        rows(dict(zip(names, shares.tolist(), strict=True)), source, classes, n_eff)
        for shares, source, n_eff in ((sample, "human", people), (model, "m", None))
    ]
    return pl.concat(frames), book(names), (truth, sample, model)


def test_slopes_and_their_errors_are_those_of_statsmodels_where_nothing_is_known_of_noise():
    import statsmodels.api as sm

    opinions, codebook, (_, sample, model) = world_of()
    x, y = (values - values.mean(axis=1, keepdims=True) for values in (sample, model))
    clusters = np.repeat(np.arange(len(x)), x.shape[1])
    fit = sm.OLS(y.ravel(), x.ravel()).fit(cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True)
    slope = of.contrasts(opinions.drop("n_eff"), codebook).filter(measure="slope").row(0, named=True)
    assert slope["estimate"] == pytest.approx(fit.params[0], abs=1e-12)
    assert slope["std_error"] == pytest.approx(fit.bse[0], rel=1e-9)
    assert (slope["conf_low"], slope["conf_high"]) == pytest.approx(tuple(fit.conf_int()[0]), rel=1e-9)


def test_the_interval_of_directions_is_that_of_a_mean_share():
    """Of three pairs in each of three questions, the source has 3, 3 and 2 as people have them, or 0, 0 and 1."""
    human = dict.fromkeys(("q1", "q2", "q3"), (0.2, 0.4, 0.6))
    model = {"q1": (0.1, 0.3, 0.5), "q2": (0.3, 0.4, 0.5), "q3": (0.3, 0.2, 0.5)}
    for told, shares in ((model, (1, 1, 2 / 3)), ({q: v[::-1] for q, v in model.items()}, (0, 0, 1 / 3))):
        opinions = pl.concat([rows(human, "human"), rows(told, "m")])
        direction = of.contrasts(opinions, book(human)).filter(measure="direction").row(0, named=True)
        mean, half = np.mean(shares), stats.t.ppf(0.975, 2) * np.std(shares, ddof=1) / 3**0.5
        wide = half / (mean * (1 - mean))
        assert direction["estimate"] == pytest.approx(mean)
        assert not 0 < mean - half < mean + half < 1
        assert (direction["conf_low"], direction["conf_high"]) == pytest.approx(
            tuple(special.expit(special.logit(mean) + np.array([-wide, wide])))
        )


def drawn_anew(draws, questions, *, people=100, slope=0.5, error=0.02):
    """Contrasts in each of many draws of questions, their people and a model, five groups each."""
    rng = np.random.default_rng(7)
    level = rng.uniform(0.35, 0.65, (draws * questions, 1))
    truth = np.clip(level + rng.normal(0, 0.06, (len(level), 5)) * np.exp(rng.normal(0, 0.5, level.shape)), 0.02, 0.98)
    human = rng.binomial(people, truth) / people
    model = np.clip(level + slope * (truth - level) + rng.normal(0, error, truth.shape), 0.01, 0.99)
    names, classes = [f"q{i}" for i in range(len(level))], [f"region={i}" for i in range(5)]
    frames = [
        rows(dict(zip(names, shares.tolist(), strict=True)), source, classes, n_eff)
        for shares, source, n_eff in ((human, "human", float(people)), (model, "m", None))
    ]
    draw_of = pl.DataFrame({"question": names, "draw": np.repeat(np.arange(draws), questions).astype(str)})
    codebook = book(names).drop("dataset").join(draw_of, on="question").rename({"draw": "dataset"})
    return of.contrasts(pl.concat(frames), codebook, by="dataset")


def test_intervals_of_directions_cover_where_plain_ones_fall_short():
    table = drawn_anew(300, 24).filter(measure="direction")
    truth = drawn_anew(1, 20_000).filter(measure="direction")["estimate"].item()
    ours = ((table["conf_low"] <= truth) & (truth <= table["conf_high"])).mean()
    half = table["std_error"] * stats.t.ppf(0.975, 15)
    plain = ((table["estimate"] - truth).abs() <= half).mean()
    assert 0.94 <= ours <= 0.99
    assert plain < 0.93


def test_the_interval_of_a_correlation_is_that_of_a_jackknife():
    """Three questions of two groups: squared deviations of people and of the model, and products, by hand."""
    human = {"q1": (0.4, 0.6), "q2": (0.38, 0.62), "q3": (0.41, 0.59)}
    model = {"q1": (0.45, 0.55), "q2": (0.4, 0.6), "q3": (0.51, 0.49)}
    people, own, together = ([2 * x * y for x, y in pairs] for pairs in zip(*(
        ((a, a), (b, b), (a, b)) for a, b in ((0.1, 0.05), (0.12, 0.1), (0.09, -0.01))
    ), strict=True))  # fmt: skip
    left_out = [
        (sum(together) - together[i]) / ((sum(own) - own[i]) * (sum(people) - people[i])) ** 0.5 for i in range(3)
    ]
    moves = np.array(left_out) - np.mean(left_out)
    table = of.contrasts(pl.concat([rows(human, "human", GROUPS[:2]), rows(model, "m", GROUPS[:2])]), book(human))
    row = table.filter(measure="correlation").row(0, named=True)
    error, df = (2 / 3 * (moves**2).sum()) ** 0.5, (moves**2).sum() ** 2 / (moves**4).sum()
    low, high = row["estimate"] + np.array([-1, 1]) * stats.t.ppf(0.975, df) * error
    assert row["std_error"] == pytest.approx(error)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((low, min(high, 1.0)))


def test_a_correlation_of_two_questions_has_one_degree_of_freedom():
    """The two moves of a jackknife are of one size, so that their weights count as two, and one of them is free."""
    human, model = (
        {"q1": (0.4, 0.5, 0.6), "q2": (0.4, 0.5, 0.61)},
        {"q1": (0.42, 0.5, 0.58), "q2": (0.42, 0.505, 0.58)},
    )
    table = of.contrasts(pl.concat([rows(human, "human"), rows(model, "m")]), book(human))
    row = table.filter(measure="correlation").row(0, named=True)
    assert (row["estimate"] - row["conf_low"]) / row["std_error"] == pytest.approx(stats.t.ppf(0.975, 1))


def test_intervals_of_correlations_cover_where_those_of_the_first_order_fall_short():
    table = drawn_anew(250, 12, error=0.05).filter(measure="correlation").drop_nulls("conf_low")
    truth = drawn_anew(1, 20_000, error=0.05).filter(measure="correlation")["estimate"].item()
    assert table.height > 150
    assert 0.93 <= ((table["conf_low"] <= truth) & (truth <= table["conf_high"])).mean() <= 0.985


def test_no_interval_leaves_what_a_measure_can_be_but_for_its_estimate():
    table = drawn_anew(200, 8, slope=1.0).drop_nulls("conf_low")
    ends = {"direction": (0, 1), "explained": (-np.inf, 1), "size": (0, np.inf), "correlation": (-1, 1)}
    for name, (least, most) in ends.items():
        own = table.filter(measure=name)
        assert own.height > 20
        low, high, estimate = (own[column].to_numpy() for column in ("conf_low", "conf_high", "estimate"))
        assert (low >= np.minimum(least, estimate)).all()
        assert (high <= np.maximum(most, estimate)).all()
        assert ((low <= estimate) & (estimate <= high)).all()
    assert ((table["estimate"] + table["std_error"] > 1) & (table["conf_high"] == 1)).any()


def looped(sample, model, people) -> dict[str, float]:
    """The measures by loops over questions, groups and pairs."""
    own = together = squares = right = pairs = gain = 0.0
    for human, told in zip(sample, model, strict=True):
        for j in range(len(human)):
            noise = human[j] * (1 - human[j]) / (people - 1) * (1 - 1 / len(human))
            own += (told[j] - told.mean()) ** 2
            together += (told[j] - told.mean()) * (human[j] - human.mean())
            squares += (human[j] - human.mean()) ** 2 - noise
            gain += abs(human.mean() - human[j]) - abs(told[j] - human[j])
            for i in range(j):
                error = sum(human[g] * (1 - human[g]) / (people - 1) for g in (i, j)) ** 0.5
                if abs(human[i] - human[j]) > 1.96 * error:
                    pairs += 1
                    right += (human[i] - human[j]) * (told[i] - told[j]) > 0
    return {
        "over population": gain / sample.size,
        "explained": (2 * together - own) / squares,
        "direction": right / pairs,
        "size": (own / squares) ** 0.5,
        "slope": together / squares,
        "correlation": together / (own * squares) ** 0.5,
    }


def test_noise_is_taken_off_as_by_a_loop_and_errors_are_those_of_a_jackknife():
    opinions, codebook, (_, sample, model) = world_of()
    table = of.contrasts(opinions, codebook)
    assert estimates(table) == pytest.approx(looped(sample, model, 40.0))
    left_out = [looped(np.delete(sample, i, 0), np.delete(model, i, 0), 40.0) for i in range(len(sample))]
    for name, error in table.filter(pl.col("measure") != "direction").select("measure", "std_error").rows():
        values = np.array([one[name] for one in left_out])
        jackknife = ((len(values) - 1) * values.var()) ** 0.5
        assert error == pytest.approx(jackknife, rel=1e-9 if name == "correlation" else 0.1), name


def test_the_truth_is_found_and_missed_where_noise_stays_in():
    opinions, codebook, (truth, _, model) = world_of(questions=800, people=25.0)
    x, y = (values - values.mean(axis=1, keepdims=True) for values in (truth, model))
    slope, size = (x * y).sum() / (x**2).sum(), ((y**2).sum() / (x**2).sum()) ** 0.5
    found = estimates(of.contrasts(opinions, codebook))
    assert (found["slope"], found["size"]) == pytest.approx((slope, size), abs=0.15)
    naive = estimates(of.contrasts(opinions.drop("n_eff"), codebook))
    assert max(naive["slope"] / slope, naive["size"] / size) < 0.75


def test_rows_by_attribute_dataset_and_topic_and_clusters_of_topics():
    opinions, codebook, _ = world_of()
    other = rows(HUMAN, "human", n_eff=200.0).vstack(rows(MODEL, "m"))
    other = other.with_columns(question="two " + pl.col("question"))
    both = pl.concat([opinions, other])
    books = pl.concat([codebook.with_columns(dataset=pl.lit("one")), book(["two q1", "two q2"], dataset="two")])
    apart = of.contrasts(both, books, by=["dataset", "attribute"])
    assert apart.select("dataset", "attribute").unique().sort("dataset").rows() == [("one", "region"), ("two", "party")]
    alone = of.contrasts(opinions, codebook)
    assert_frame_equal(apart.filter(dataset="one").select(alone.columns[1:-1]), alone.select(alone.columns[1:-1]))
    by_topic = of.contrasts(opinions, codebook, cluster="topic")
    assert estimates(by_topic) == pytest.approx(estimates(alone))
    assert by_topic["n_clusters"].unique().to_list() == [7]
    assert of.contrasts(opinions, codebook, by="topic")["topic"].n_unique() == 7
    assert_frame_equal(of.contrasts(opinions.lazy(), codebook.lazy()).collect(), alone)
    assert_frame_equal(of.contrasts(opinions.sample(fraction=1.0, shuffle=True, seed=2), codebook), alone)


def test_the_same_opinions_give_the_same_digits_in_any_order():
    opinions, codebook, _ = world_of(questions=300, groups=8)
    more = [opinions.filter(source="m").with_columns(source=pl.lit(f"m{i}")) for i in range(4)]
    rows_of_many = pl.concat([opinions, *more])
    runs = [of.contrasts(rows_of_many.sample(fraction=1.0, shuffle=True, seed=i), codebook) for i in range(4)]
    assert all(run.equals(runs[0]) for run in runs)


def test_what_makes_no_contrast_is_left_out_and_counted():
    lonely = rows(dict.fromkeys(HUMAN, (0.5,)), "human", ["sex=F"], 90.0)
    tiny = rows(dict.fromkeys(HUMAN, (0.5,)), "human", ["party=D"], 1.0)
    everybody = rows(dict.fromkeys(HUMAN, (0.5,)), "human", ["all"], 900.0)
    known = rows(HUMAN, "human", n_eff=500.0)
    human = pl.concat([known, lonely, tiny, everybody])
    opinions = pl.concat([human, human.with_columns(source=pl.lit("m"), n_eff=pl.lit(None, pl.Float64))])
    table = of.contrasts(opinions, book(HUMAN))
    assert table["left_out"].unique().to_list() == [4]
    assert table.filter(measure="slope")["n"].item() == 6
    assert table["noise_known"].unique().to_list() == [1.0]


def test_people_who_do_not_differ_leave_no_ratio():
    alike = {f"q{i}": (0.5, 0.52, 0.48) for i in range(5)}
    opinions = pl.concat([rows(alike, "human", n_eff=30.0), rows(dict.fromkeys(alike, (0.2, 0.5, 0.8)), "m")])
    table = of.contrasts(opinions, book(alike))
    assert [name for name, value in estimates(table).items() if value is not None] == ["over population"]
    assert table.filter(measure="direction").select("n", "n_unclear").row(0) == (0, 15)


def test_refusals():
    single = pl.concat([rows({"q1": (0.5,)}, source, ["sex=F"]) for source in ("human", "m")])
    with pytest.raises(FrameError, match="0 of 1 cells of sources can be compared"):
        of.contrasts(single, book(["q1"]))
    opinions = pl.concat([rows(HUMAN, "human"), rows(MODEL, "m")])
    for option in (
        {"by": "source"},
        {"cluster": "demographic"},
        {"by": "topic", "cluster": "topic"},
        {"conf": 1.0},
        {"cells": "all"},
    ):
        with pytest.raises(OptionError):
            of.contrasts(opinions, book(HUMAN), **option)
    with pytest.raises(FrameError, match="3 cells have no reference"):
        of.contrasts(opinions.filter((pl.col("source") == "m") | (pl.col("question") == "q1")), book(HUMAN))
    with pytest.raises(FrameError, match="6 cells have no reference"):
        of.contrasts(opinions.filter(source="m"), book(HUMAN))
    with pytest.raises(FrameError, match="0 rows are of a source other than 'human'"):
        of.contrasts(opinions.filter(source="human"), book(HUMAN))
