"""`reference` and `respondents`: shares by hand, properties, and the errors a user can meet."""

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from opinionframe.errors import FrameError, OpinionFrameWarning, OptionError
from opinionframe.microdata import Design, recode, reference, respondents
from opinionframe.schemas.borders import opinions_border
from opinionframe.surveys import codebook

CODEBOOK = pl.DataFrame(
    {
        "question": ["q"] * 3 + ["r"] * 2,
        "choice": [1, 2, 3, 1, 2],
        "label": ["low", "middle", "high", "no", "yes"],
        "position": [1.0, 2.0, 3.0, 1.0, 2.0],
        "text": ["How much?"] * 3 + ["Is it?"] * 2,
        "scale": "ordinal",
        "topic": None,
        "dataset": None,
    }
)
# Two groups by three choices; the last man was asked and refused, one woman was not asked r.
PEOPLE = pl.DataFrame(
    {
        "q": [1, 2, 2, 3, 3, 0],
        "r": [1, 2, None, 2, 2, 2],
        "sex": ["F", "F", "F", "M", "M", "M"],
        "age": ["young", "old", "old", "young", "old", None],
        "w": [1.0, 2.0, 1.0, 3.0, 1.0, 4.0],
    }
)


def cell(opinions: pl.DataFrame, question: str, demographic: str) -> pl.DataFrame:
    return opinions.filter(question=question, demographic=demographic).sort("choice")


def test_weighted_shares_by_hand():
    opinions = reference(PEOPLE, CODEBOOK, "sex", weight="w")
    women, men, everyone = (cell(opinions, "q", name) for name in ("sex=F", "sex=M", "all"))
    assert women["prob"].to_list() == [0.25, 0.75, 0.0]
    assert women["n_eff"].to_list() == pytest.approx([16 / 6] * 3)  # (1+2+1)^2 / (1+4+1)
    assert women["nonresponse"].to_list() == [0.0] * 3
    assert men["prob"].to_list() == [0.0, 0.0, 1.0]
    assert men["n_eff"].to_list() == pytest.approx([16 / 10] * 3)
    assert men["nonresponse"].to_list() == pytest.approx([4 / 8] * 3)
    assert everyone["prob"].to_list() == pytest.approx([1 / 8, 3 / 8, 4 / 8])
    assert everyone["n_eff"].to_list() == pytest.approx([64 / 16] * 3)
    assert everyone["nonresponse"].to_list() == pytest.approx([4 / 12] * 3)


def test_min_n_counts_people_of_positive_weight():
    people = pl.DataFrame({"q": [1, 2, 3, 1, 2], "sex": ["F", "F", "F", "M", "M"], "w": [1.0, 0.0, 0.0, 1.0, 1.0]})
    counts = respondents(people, CODEBOOK.filter(question="q"), "sex", weight="w", min_n=2, everyone=False)
    assert counts.select("demographic", "n", "suppressed").rows() == [("sex=F", 3, True), ("sex=M", 2, False)]
    human = reference(people, CODEBOOK.filter(question="q"), "sex", weight="w", min_n=2, everyone=False)
    assert human["demographic"].unique().to_list() == ["sex=M"]


def test_without_weights_n_eff_is_a_count():
    opinions = reference(PEOPLE, CODEBOOK, everyone=True)
    assert cell(opinions, "q", "all")["prob"].to_list() == pytest.approx([0.2, 0.4, 0.4])
    assert set(cell(opinions, "q", "all")["n_eff"]) == {5.0}


def test_what_a_blank_means():
    skipped = reference(PEOPLE, CODEBOOK, "sex")
    refused = reference(PEOPLE, CODEBOOK, "sex", blank="nonresponse")
    assert set(cell(skipped, "r", "sex=F")["nonresponse"]) == {0.0}
    assert set(cell(refused, "r", "sex=F")["nonresponse"]) == {1 / 3}
    assert cell(skipped, "r", "sex=F")["prob"].equals(cell(refused, "r", "sex=F")["prob"])


def test_intersections_leave_out_people_without_a_class():
    opinions = reference(PEOPLE, CODEBOOK, ["age", "sex & age"], everyone=False)
    assert sorted(opinions.filter(question="q")["demographic"].unique()) == [
        "age=old",
        "age=young",
        "sex=F & age=old",
        "sex=F & age=young",
        "sex=M & age=old",
        "sex=M & age=young",
    ]


def test_small_groups_are_suppressed_and_listed():
    kept = reference(PEOPLE, CODEBOOK, "sex", min_n=3)
    listed = respondents(PEOPLE, CODEBOOK, "sex", min_n=3)
    assert cell(kept, "q", "sex=M").is_empty()
    suppressed = listed.filter("suppressed").select("question", "demographic", "n_asked", "n")
    assert sorted(suppressed.rows()) == [("q", "sex=M", 3, 2), ("r", "sex=F", 2, 2)]
    assert len(listed) == 6


def test_a_cell_where_nobody_answered_has_no_rows():
    people = PEOPLE.with_columns(q=pl.when(sex="F").then(0).otherwise("q"))
    assert cell(reference(people, CODEBOOK, "sex"), "q", "sex=F").is_empty()
    assert respondents(people, CODEBOOK, "sex").filter(question="q", demographic="sex=F")["nonresponse"].item() == 1.0


def test_lazy_in_lazy_out_and_the_same_numbers():
    lazy = reference(PEOPLE.lazy(), CODEBOOK.lazy(), ["sex", "sex & age"], weight="w")
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect().equals(reference(PEOPLE, CODEBOOK, ["sex", "sex & age"], weight="w"))
    assert isinstance(respondents(PEOPLE.lazy(), CODEBOOK), pl.LazyFrame)


def test_names_of_columns_do_not_collide():
    people = PEOPLE.rename({"sex": "question", "age": "choice", "w": "weight", "q": "n", "r": "demographic"})
    book = CODEBOOK.with_columns(pl.col("question").replace({"q": "n", "r": "demographic"}))
    opinions = reference(people, book, ["question", "choice"], weight="weight")
    assert cell(opinions, "n", "question=F")["prob"].to_list() == [0.25, 0.75, 0.0]


samples = st.lists(
    st.tuples(
        st.sampled_from([None, 0, 1, 2, 3]),
        st.sampled_from([None, 0, 1, 2]),
        st.sampled_from(["F", "M", None]),
        st.sampled_from(["young", "old"]),
        st.floats(0, 100),
    ),
    min_size=1,
    max_size=40,
)


@pytest.mark.filterwarnings("ignore:.*have no cell")
@settings(max_examples=40, deadline=None)
@given(samples, st.randoms(use_true_random=False))
def test_cells_are_distributions_and_row_order_is_nothing(rows, random):
    schema = {"q": pl.UInt8, "r": pl.UInt8, "sex": pl.String, "age": pl.String, "w": pl.Float64}
    people = pl.DataFrame(rows, schema=schema, orient="row")
    assume(people["w"].sum() > 0)
    opinions = reference(people, CODEBOOK, ["sex", "sex & age"], weight="w")
    assert opinions_border(opinions, CODEBOOK).collect().height == opinions.height
    assert (opinions["n_eff"] <= people.height * (1 + 1e-9)).all()
    shuffled = pl.DataFrame(random.sample(rows, len(rows)), schema=schema, orient="row")
    again = reference(shuffled, CODEBOOK, ["sex", "sex & age"], weight="w")
    assert_frame_equal(opinions, again, abs_tol=1e-12)


BROKEN = {
    "no frame": (lambda people: people.to_dict(), "must be a Polars DataFrame"),
    "missing columns": (lambda people: people.drop("q", "sex", "w"), "lacks 1 columns for weights, e.g. 'w'"),
    "labels for codes": (lambda people: people.with_columns(q=pl.lit("low")), "q is String"),
    "a code off the scale": (lambda people: people.with_columns(q=pl.Series([9, 9, -1, 1, 1, 1])), "3 answers to 1"),
    "a fraction": (lambda people: people.with_columns(q=pl.col("q") + 0.5), r"\('q', '0.5'\)"),
    "NaN": (lambda people: people.with_columns(q=pl.lit(float("nan"))), "6 answers"),
    "classes that are numbers": (lambda people: people.with_columns(sex=pl.lit(0.5)), "sex is Float64"),
    "an empty class": (lambda people: people.with_columns(sex=pl.lit(" ")), "6 classes are empty"),
    "a class like an attribute": (lambda people: people.with_columns(sex=pl.lit("F & b=1")), "further attribute"),
    "a negative weight": (lambda people: people.with_columns(w=-pl.col("w")), r"6 weights .*\('w', '-1.0'\)"),
    "a NaN weight": (lambda people: people.with_columns(w=pl.lit(float("nan"))), "6 weights"),
    "weights that are text": (lambda people: people.with_columns(w=pl.lit("1,5")), "w is String.*decimals have commas"),
    "weights that are all zero": (lambda people: people.with_columns(w=pl.lit(0)), "all 6 weights are 0, in 'w'"),
    "classes that differ in spaces": (
        lambda people: people.with_columns(sex=pl.Series(["F", "F ", "F ", "M", "M", " M"])),
        r"3 classes differ from others in spaces .* \('sex', ' M'\), \('sex', 'F '\)",
    ),
    "a null weight": (lambda people: people.with_columns(w=pl.lit(None)), r"6 weights .*'null'"),
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("lazy", [False, True])
def test_broken_microdata_are_refused(kind, lazy):
    spoil, message = BROKEN[kind]
    people = spoil(PEOPLE)
    if lazy and isinstance(people, pl.DataFrame):
        people = people.lazy()
    with pytest.raises(FrameError, match=message):
        reference(people, CODEBOOK, "sex", weight="w").lazy().collect()


def test_a_codebook_without_questions_and_a_question_nobody_was_asked():
    with pytest.raises(FrameError, match="holds no question"):
        reference(PEOPLE, CODEBOOK.clear())
    with pytest.raises(FrameError, match="holds no question"):
        reference(PEOPLE, CODEBOOK.clear(), weight={})
    nobody = PEOPLE.with_columns(r=pl.lit(None))
    for people in (nobody, nobody.lazy(), PEOPLE.with_columns(r=pl.lit(0))):
        with pytest.warns(OpinionFrameWarning, match=r"1 questions of the codebook have no cell, e.g. 'r'"):
            assert reference(people, CODEBOOK).lazy().collect()["question"].unique().to_list() == ["q"]
    # What follows in a lazy plan makes no question absent.
    lazy = reference(PEOPLE.lazy(), CODEBOOK)
    assert lazy.filter(question="q").select("prob").collect().height == 3
    assert lazy.head(1).collect().height == 1
    with pytest.warns(OpinionFrameWarning, match="2 questions"):
        assert reference(PEOPLE, CODEBOOK, min_n=7).is_empty()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": ["sex & age", "age & sex"]}, "twice"),
        ({"by": "sex=F"}, "no attribute"),
        ({"by": None}, "no name of a column"),
        ({"by": [], "everyone": False}, "leave no group"),
        ({"blank": "refused"}, "Allowed: nonresponse, not asked"),
        ({"min_n": 0}, "min_n=0 is no whole number of 1 or more"),
        ({"min_n": 1.5}, "min_n=1.5 is no whole number"),
        ({"weight": "q"}, "1 weights are questions of the codebook, e.g. 'q'"),
        ({"design": "village"}, "1 values are no Design, e.g. 'village'"),
        ({"design": {"q": Design(), "r": None}}, "1 values are no Design, e.g. None"),
        ({"weight": ["w"]}, r"1 values are no name of a column, e.g. \['w'\]"),
        ({"weight": {"q": "w", "r": 3}}, "1 values are no name of a column, e.g. 3"),
    ],
)
def test_options_are_refused(options, message):
    with pytest.raises(OptionError, match=message):
        reference(PEOPLE, CODEBOOK, **options)


def test_questions_may_be_called_as_columns_are():
    names = {"q": "choice", "r": "question"}
    renamed = CODEBOOK.with_columns(pl.col("question").replace(names))
    found = reference(PEOPLE.rename(names), renamed, "sex").with_columns(
        pl.col("question").replace({"choice": "q", "question": "r"})
    )
    key = ["question", "demographic", "choice"]
    assert_frame_equal(found.sort(key), reference(PEOPLE, CODEBOOK, "sex").sort(key))


@pytest.mark.parametrize("name", ["weight:", "answer:0", "group:0", "stratum:", "psu:", "question:"])
def test_questions_may_be_called_as_the_working_columns_are(name):
    book = CODEBOOK.with_columns(pl.col("question").replace({"q": name}))
    people = PEOPLE.rename({"q": name})
    design = Design(strata="w", lonely="certainty")
    theirs = reference(PEOPLE, CODEBOOK, "sex", weight="w", design=design)
    ours = reference(people, book, "sex", weight="w", design=design).with_columns(
        pl.col("question").replace({name: "q"})
    )
    assert_frame_equal(ours, theirs, check_row_order=False)


def test_numbers_as_labels_are_no_choice_numbers():
    # 0 would pass for nonresponse, 10 for the choice 10, whose label is 9.
    book = codebook({"trust": {"text": "Trust?", "labels": [str(point) for point in range(11)]}})
    people = pl.DataFrame({"trust": [0, 5, 10, 10]})
    for frame in (people, people.lazy()):
        with pytest.raises(FrameError, match=r"1 questions have codes .*numbers as labels.* recode, e.g. 'trust'"):
            reference(frame, book)
    shares = reference(recode(people, book), book)
    assert shares.filter(pl.col("prob") > 0).select("choice", "prob").rows() == [(1, 0.25), (6, 0.25), (11, 0.5)]
    plain = codebook({"trust": {"text": "Trust?", "labels": ["1", "2", "3"]}})
    assert reference(pl.DataFrame({"trust": [1, 3]}), plain)["prob"].to_list() == [0.5, 0.0, 0.5]


def test_a_class_may_break_the_line():
    opinions = reference(PEOPLE.with_columns(sex=pl.lit("either\nor")), CODEBOOK, "sex")
    assert opinions_border(opinions, CODEBOOK).collect().height == opinions.height


def test_a_missing_class_is_not_mended_by_another_codebook():
    book = codebook({"tax": {"text": "Are taxes too low?", "labels": ["Yes", "No"]}})
    people = pl.DataFrame({"tax": pl.Series([1, 2], dtype=pl.UInt8), "sex": ["f", "m"]})
    with pytest.raises(FrameError, match="attributes of by, e.g. 'gender'") as refusal:
        reference(people, book, by="gender")
    assert "Name others, or rename columns" in str(refusal.value)
    assert "codebook" not in str(refusal.value)
    with pytest.raises(FrameError, match="restrict the codebook"):
        reference(people.rename({"tax": "taxes"}), book, by="sex")
