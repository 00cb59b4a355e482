"""Errors of differences from people and designs: by hand, by deleting people, and by the errors of shares."""

import numpy as np
import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError, OpinionFrameWarning, OptionError
from opinionframe.inference import compare_respondents
from opinionframe.inference.share_errors import _largest_covariance

PAIR = [("a", "b")]
YES_NO = of.codebook({"q": {"text": "Yes or no?", "labels": ["Yes", "No"]}})
BY_GROUP = ["sex"]


def answered(human, shares):
    """Human rows, and sources that give every group these shares of the choices of each question."""
    models = [
        human.select("question", "demographic", "choice").with_columns(
            source=pl.lit(name),
            prob=pl.struct("question", "choice").map_elements(
                lambda row, of_source=of_source: of_source[row["question"]][row["choice"] - 1], return_dtype=pl.Float64
            ),
        )
        for name, of_source in shares.items()
    ]
    return pl.concat([human, *models], how="diagonal")


def sampled(seed=0, people=120):
    """People of six strata, with four units in each, and weights; the share of Yes differs by unit."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(24), people // 24)
    yes = rng.random(people) < 0.3 + 0.4 * rng.random(24)[unit]
    return pl.DataFrame(
        {"q": np.where(yes, 1, 2), "sex": rng.choice(["F", "M"], people), "unit": unit, "stratum": unit // 4}
    ).with_columns(pl.col("q").cast(pl.UInt8), w=pl.Series(rng.uniform(0.5, 2.0, people)))


def with_replicates(people, *, kind):
    """Jackknife replicates that leave out a unit each, or half-samples of two units of each stratum."""
    units = sorted(people["unit"].unique())
    if kind == "jackknife":
        left = [
            pl.when(pl.col("unit") == u).then(0.0).when(pl.col("stratum") == u // 4).then(4 / 3).otherwise(1.0)
            for u in units
        ]
        scale = [3 / 4] * len(units)
    else:
        rng = np.random.default_rng(1)
        halves = [[u for s in range(6) for u in 4 * s + rng.permutation(4)[:2]] for _ in range(40)]
        left = [2.0 * pl.col("unit").is_in(half).cast(pl.Float64) for half in halves]
        scale = [1 / 40] * 40
    names = [f"r{i}" for i in range(len(left))]
    columns = {name: pl.col("w") * each for name, each in zip(names, left, strict=True)}
    return people.with_columns(**columns), of.Design(replicates=names, scale=scale)


def test_four_people_by_hand():
    """Yes, yes, no, no: F = 1/2, the difference is 0.8 - F - |0.3 - F|, and falls by twice what F rises by."""
    people = pl.DataFrame({"q": pl.Series([1, 1, 2, 2], dtype=pl.UInt8)})
    opinions = answered(of.reference(people, YES_NO), {"a": {"q": [0.3, 0.7]}, "b": {"q": [0.8, 0.2]}})
    test = compare_respondents(opinions, YES_NO, pair=PAIR, microdata=people).row(0, named=True)
    assert test["estimate"] == pytest.approx(0.3 - 0.2)
    # Each person adds 2 x (1/2) / 4 = 1/4 either way: 4/3 x 4 x 1/16.
    assert test["std_error"] == pytest.approx((1 / 3) ** 0.5)
    alone = compare_respondents(opinions, YES_NO, pair=PAIR).row(0, named=True)
    assert alone["std_error"] == pytest.approx(2 * (1 / 4 / 4) ** 0.5)
    assert alone["conf_high"] == 1.0  # t with three degrees of freedom, cut off at what is possible


@pytest.mark.parametrize("kind", ["people", "units", "strata", "strata and units", "jackknife", "half-samples"])
def test_a_difference_that_is_twice_a_share_has_twice_its_error(kind):
    """Errors of shares are compared with R's survey package elsewhere."""
    people, design = sampled(), of.Design()
    if kind in ("jackknife", "half-samples"):
        people, design = with_replicates(people, kind=kind)
    elif kind != "people":
        design = of.Design(strata="stratum" if "strata" in kind else None, psu="unit" if "units" in kind else None)
    human = of.reference(people, YES_NO, weight="w", design=design)
    opinions = answered(human, {"a": {"q": [0.01, 0.99]}, "b": {"q": [0.99, 0.01]}})
    test = compare_respondents(opinions, YES_NO, pair=PAIR, microdata=people, weight="w", design=design)
    assert test["std_error"].item() == pytest.approx(2 * human["std_error"][0], rel=1e-9)
    assert test["conf_high"].item() > test["estimate"].item() + 1.96 * test["std_error"].item()


def test_leaving_people_out_one_by_one_gives_the_same_error():
    people = pl.concat(
        [sampled(3, 96).drop("unit", "stratum").with_columns(r=pl.Series(np.arange(96) % 3 + 1, dtype=pl.UInt8))]
    )
    book = of.codebook(
        {name: {"text": name, "labels": labels} for name, labels in (("q", ["Yes", "No"]), ("r", list("ABC")))}
    )
    shares = {"a": {"q": [0.3, 0.7], "r": [0.2, 0.3, 0.5]}, "b": {"q": [0.8, 0.2], "r": [0.5, 0.4, 0.1]}}

    def compared(sample):
        return compare_respondents(
            answered(of.reference(sample, book, BY_GROUP, weight="w"), shares),
            book,
            pair=PAIR,
            microdata=sample,
            weight="w",
        ).row(0, named=True)

    rows = people.with_row_index("row")
    without = [compared(rows.filter(pl.col("row") != row).drop("row"))["estimate"] for row in range(96)]
    jackknife = np.sqrt(95 / 96 * ((np.array(without) - np.mean(without)) ** 2).sum())
    assert compared(people)["std_error"] == pytest.approx(jackknife, rel=0.02)


def test_weights_by_question_are_those_of_the_reference():
    people = sampled().with_columns(
        r=pl.when(pl.col("unit") < 12).then(pl.col("q")), v=pl.when(pl.col("unit") < 12).then(pl.col("w") * 2)
    )
    book = of.codebook({name: {"text": name, "labels": ["Yes", "No"]} for name in ("q", "r")})
    weight = {"q": "w", "r": "v"}
    shares = {"a": {"q": [0.01, 0.99], "r": [0.01, 0.99]}, "b": {"q": [0.99, 0.01], "r": [0.99, 0.01]}}
    opinions = answered(of.reference(people, book, weight=weight), shares)
    both = compare_respondents(opinions, book, pair=PAIR, microdata=people, weight=weight)
    # One half answered both questions alike: the errors of the two add up.
    one = [
        compare_respondents(opinions.filter(question=name), book, pair=PAIR, microdata=people, weight=weight)
        for name in ("q", "r")
    ]
    errors = [test["std_error"].item() for test in one]
    assert np.hypot(*errors) / 2 < both["std_error"].item() < sum(errors) / 2
    with pytest.raises(FrameError, match="gives other shares"):
        compare_respondents(opinions, book, pair=PAIR, microdata=people, weight={"q": None, "r": "v"})


def test_all_comparisons_at_once():
    people = sampled()
    human = of.reference(people, YES_NO, BY_GROUP)
    shares = {name: {"q": [share, 1 - share]} for name, share in zip("abcd", (0.05, 0.9, 0.95, 0.99), strict=True)}
    opinions = answered(human, shares)
    keep = {"pair": [("a", "b"), ("a", "c"), ("d", "a")], "seed": 1}
    for options in ({}, {"microdata": people}, {"questions": "drawn"}):
        alone, together = (
            compare_respondents(opinions, YES_NO, simultaneous=each, **keep, **options) for each in (False, True)
        )
        assert (set(alone["level"]), set(together["level"])) == ({"95%, each"}, {"95%, all 3 at once"})
        if not options.get("questions"):  # the three are the same error: one question tells nothing of others
            wider = (together["conf_high"] - together["conf_low"]) / (alone["conf_high"] - alone["conf_low"])
            assert wider.to_list() == pytest.approx([1.0] * 3, abs=0.03)
    with pytest.raises(OptionError, match="pass seed=1"):
        compare_respondents(opinions, YES_NO, pair=PAIR, simultaneous=True)


def test_every_pair_has_its_own_row_in_order():
    people = sampled(7)
    human = of.reference(people, YES_NO, BY_GROUP)
    shares = {f"s{i:02d}": {"q": [i / 40, 1 - i / 40]} for i in range(30)}
    opinions = answered(human, shares)
    pairs = [("s29", name) for name in shares if name != "s29"]
    together = compare_respondents(opinions, YES_NO, pair=pairs, adjust="none")
    assert together["versus"].to_list() == sorted(name for name in shares if name != "s29")
    for versus in ("s00", "s11", "s28"):
        alone = compare_respondents(opinions, YES_NO, pair=[("s29", versus)], adjust="none").row(0, named=True)
        row = together.filter(versus=versus).row(0, named=True)
        for name in ("estimate", "std_error", "conf_low", "conf_high"):
            assert row[name] == pytest.approx(alone[name])


def test_what_nobody_moves_has_no_test():
    people = pl.DataFrame({"q": pl.Series([1, 2, 2, 2], dtype=pl.UInt8)})
    opinions = answered(of.reference(people, YES_NO), {"a": {"q": [0.8, 0.2]}, "b": {"q": [0.9, 0.1]}})
    for options in ({}, {"microdata": people}):
        test = compare_respondents(opinions, YES_NO, pair=PAIR, **options).row(0, named=True)
        assert (test["std_error"], test["p_value"], test["conf_low"]) == (0.0, None, None)


def test_a_share_that_a_source_has_counts_as_crossed():
    people = pl.DataFrame({"q": pl.Series([1, 1, 2, 2], dtype=pl.UInt8)})
    opinions = answered(of.reference(people, YES_NO), {"a": {"q": [0.5, 0.5]}, "b": {"q": [0.1, 0.9]}})
    assert compare_respondents(opinions, YES_NO, pair=PAIR)["std_error"].item() > 0.4


def test_refusals_and_warnings_of_designs():
    people, design = with_replicates(sampled(), kind="jackknife")
    human = of.reference(people, YES_NO, weight="w", design=design)
    opinions = answered(human, {"a": {"q": [0.3, 0.7]}, "b": {"q": [0.8, 0.2]}})
    with pytest.raises(OptionError, match="design names columns of the people: pass them, as microdata="):
        compare_respondents(opinions, YES_NO, pair=PAIR, design=design)
    with pytest.raises(OptionError, match="design is no Design but dict"):
        compare_respondents(opinions, YES_NO, pair=PAIR, microdata=people, design={"q": design})
    with pytest.raises(FrameError, match="microdata lacks 24 columns, e.g. r0, r1, r2"):
        compare_respondents(
            opinions, YES_NO, pair=PAIR, microdata=people.drop(design.replicates), weight="w", design=design
        )
    alone = people.with_columns(sex=pl.when(pl.col("unit") == 0).then(pl.lit("F")).otherwise(pl.lit("M")))
    with pytest.warns(OpinionFrameWarning):
        human = of.reference(alone, YES_NO, "sex", weight="w", design=design)
    opinions = answered(human, {"a": {"q": [0.3, 0.7]}, "b": {"q": [0.8, 0.2]}})
    with pytest.warns(
        OpinionFrameWarning, match=r"1 cells have replicates whose weights are all zero, e\.g\. \('q', 'sex=F', 1\)"
    ):
        compare_respondents(opinions, YES_NO, pair=PAIR, microdata=alone, weight="w", design=design)


def test_shares_alone_bound_the_error_of_people_and_know_it_where_they_can():
    people = sampled(5, 240).select("q", "sex", age=pl.Series(np.random.default_rng(5).choice(["old", "young"], 240)))
    shares = {"a": {"q": [0.02, 0.98]}, "b": {"q": [0.55, 0.45]}}

    def errors(sample, by, **options):
        opinions = answered(of.reference(sample, YES_NO, by), shares)
        return [
            compare_respondents(opinions, YES_NO, pair=PAIR, **options, **known)["std_error"].item()
            for known in ({"microdata": sample}, {})
        ]

    known, alone = errors(people, ["sex", "age"])
    assert known * 0.99 < alone < known * 1.1
    one = errors(people, ["sex"])[1]
    again = errors(people.with_columns(gender="sex"), ["sex", "gender"])[1]
    assert again == pytest.approx(one)  # the same people twice are no more people
    everybody = errors(people, ["sex"], overlap="keep")
    assert everybody[1] == pytest.approx(everybody[0], rel=0.02)  # all and its parts: who is in both is known
    summed = sum(errors(people, [name])[1] for name in ("sex", "age")) / 2
    assert alone <= summed * (1 + 1e-9)


def test_attributes_vary_together_as_much_as_their_sizes_allow():
    """Two by two classes: all ways to share people are one number, the overlap of the first two."""
    rng = np.random.default_rng(6)
    one, other = rng.normal(size=(2, 5)), rng.normal(size=(2, 5))
    of_one, of_other = np.array([0.3, 0.7]), np.array([0.6, 0.4])
    gain = (one @ other.T) / np.sqrt(np.outer(of_one, of_other))
    tables = [np.array([[x, 0.3 - x], [0.6 - x, 0.1 + x]]) for x in np.linspace(0, 0.3, 1_001)]
    most = max(float((gain * table).sum()) for table in tables)
    assert _largest_covariance(one, of_one, other, of_other) == pytest.approx(most)
    exact = float((gain[:, :1] * of_one[:, None] * np.sqrt(of_other[0])).sum())
    assert _largest_covariance(one, of_one, other[:1], np.ones(1)) == pytest.approx(exact)
