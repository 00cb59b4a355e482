"""Questions that are worded almost alike are held out together, and an audit names those that are not."""

import warnings

import numpy as np
import polars as pl
import pytest

import opinionframe as of
from opinionframe.calibration import deal_folds
from opinionframe.calibration.batteries import batteries, likeness
from opinionframe.errors import OpinionFrameWarning, OptionError

STEMS = {
    "worry": "How much, if at all, do you worry about {} in the place where you live?",
    "trust": "Thinking of the people who run them, how much do you trust {} to do what is right?",
    "future": "Thirty years from now, do you expect that {} will be better or worse than today?",
}
ITEMS = ("crime", "the schools", "hospitals", "traffic")
ALONE = ("How old were you at your first paid job?", "Which of these newspapers did you read last week?")


def book(**columns) -> pl.DataFrame:
    """Three batteries of four items, whose names do not give them away, and two questions alone."""
    texts = [stem.format(item) for item in ITEMS for stem in STEMS.values()] + list(ALONE)
    rows = pl.DataFrame({"question": [f"q{i:02d}" for i in range(len(texts))], "text": texts}).with_columns(
        scale=pl.lit("ordinal"), topic=pl.lit(None, pl.String), dataset=pl.lit(None, pl.String), **columns
    )
    choices = pl.DataFrame(
        {"choice": [1, 2], "label": ["yes", "no"], "position": [1.0, 2.0]}, schema_overrides={"choice": pl.UInt8}
    )
    return rows.join(choices, how="cross")


def sets_of(table) -> set[frozenset[str]]:
    return {frozenset(names) for names in table.group_by("battery").agg("question")["question"].to_list()}


TRUE = {frozenset(f"q{i:02d}" for i in range(stem, 12, 3)) for stem in range(3)} | {
    frozenset({"q12"}),
    frozenset({"q13"}),
}


def answers(codebook, seed=1) -> pl.DataFrame:
    people = codebook.select("question", "choice").join(pl.DataFrame({"demographic": ["sex=F", "sex=M"]}), how="cross")
    share = pl.Series(np.random.default_rng(seed).uniform(0.2, 0.8, len(people)))
    human = people.with_columns(prob=share).with_columns(
        pl.col("prob") / pl.col("prob").sum().over("question", "demographic"), source=pl.lit("human")
    )
    return of.elicit(human, codebook, of.FakeModel(seed=1), prompt=["base"], seed=1)


def test_items_of_one_stem_are_a_battery_in_any_order_and_case():
    assert sets_of(batteries(book())) == TRUE
    shuffled = book(text=pl.col("text").str.to_uppercase()).sample(fraction=1.0, shuffle=True, seed=3)
    assert sets_of(batteries(shuffled)) == TRUE


def test_siblings_of_siblings_are_of_one_battery_and_likeness_is_of_two_wordings_alone():
    words = ["alpha1", "bravo2", "charl3", "delta4", "echoo5", "foxtr6", "golfs7", "hotel8", "india9"]
    chain = [" ".join(words[i : i + 6]) for i in range(3)] + ["something else altogether"]
    assert likeness(chain)[0, 1] == pytest.approx(5 / 6)
    # Two words of six are other ones: 4 / 6 is above 0.6; a chain of wider steps hangs together by its middle.
    wide = [" ".join(words[i : i + 5]) for i in (0, 1, 2, 3)]
    assert likeness(wide)[0, 3] == pytest.approx(2 / 5)
    assert likeness([*wide, *ALONE])[:4, :4] == pytest.approx(likeness(wide))
    table = pl.DataFrame({"question": ["d", "b", "c", "a"], "text": wide, "dataset": None})
    assert batteries(table)["battery"].to_list() == ["a"] * 4
    apart = table.with_columns(dataset=pl.Series(["one", "one", "two", "two"]))
    assert batteries(apart).sort("question")["battery"].to_list() == ["a", "b", "a", "b"]


def test_a_question_without_a_wording_stands_alone_and_is_counted():
    keyed = book(text=pl.when(pl.col("question").is_in(["q00", "q03"])).then("question").otherwise("text"))
    with pytest.warns(OpinionFrameWarning, match="2 questions have no wording but their name, e.g. 'q00', 'q03'"):
        table = batteries(keyed)
    worry = frozenset({"q06", "q09"})
    assert {worry, frozenset({"q00"}), frozenset({"q03"})} < sets_of(table)
    blank = pl.DataFrame(
        {"question": ["a", "b"], "text": ["?", None], "dataset": None}, schema_overrides={"text": pl.String}
    )
    with pytest.warns(OpinionFrameWarning, match="2 questions"):
        assert len(sets_of(batteries(blank))) == 2


def test_a_battery_is_held_out_whole_with_what_nobody_asked():
    codebook = book()
    cells = answers(codebook)
    asked = cells.filter((pl.col("source") != "human") & (pl.col("question") != "q00"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dealt = deal_folds(asked, codebook, "battery", 5, 1, others=cells.filter(source="human"))
    folds = dealt.join(batteries(codebook), on="question").group_by("battery").agg(pl.col("fold").n_unique())
    assert folds["fold"].to_list() == [1] * 5
    assert "q00" in dealt["question"]
    with pytest.raises(OptionError, match="split='battery' has 5 units to deal into 10 folds. Use folds=5 or fewer"):
        deal_folds(cells, codebook, "battery", 10, 1)


@pytest.mark.parametrize("method", ["linear", "no-model"])
def test_no_cell_is_predicted_from_its_siblings(method):
    """What the siblings' people answer changes nothing."""
    codebook = book()
    opinions = answers(codebook)
    battery = batteries(codebook).filter(battery="q00")["question"].to_list()
    flipped = opinions.with_columns(
        pl.when(pl.col("question").is_in(battery[1:]), source="human")
        .then(1 - pl.col("prob"))
        .otherwise("prob")
        .alias("prob")
    )
    one, other = (
        of.calibrate(rows, codebook, method=method, split="battery", folds=5, refits=False, seed=1)
        .filter(pl.col("source").str.ends_with(method), question="q00")
        .sort("demographic", "choice")["prob"]
        for rows in (opinions, flipped)
    )
    assert one.to_list() == pytest.approx(other.to_list(), abs=1e-12)


def test_an_audit_names_the_siblings_on_both_sides():
    codebook = book()
    opinions = answers(codebook)
    by_battery, by_question = (
        of.audit_split(opinions, codebook, split=split, folds=5, seed=1).row(0, named=True)
        for split in ("battery", "question")
    )
    assert (by_battery["siblings"], by_battery["split_batteries"]) == (0, [])
    assert by_question["siblings"] == 12
    assert by_question["split_batteries"] == [
        f"q{stem:02d} ~ q{stem + 3:02d} ~ q{stem + 6:02d} ~ q{stem + 9:02d}" for stem in range(3)
    ]
    # What people answered and no model did is always in training.
    lone = opinions.filter((pl.col("source") == "human") | pl.col("question").is_in(["q00", "q12", "q13"]))
    row = of.audit_split(lone, codebook, folds=3, seed=1).row(0, named=True)
    assert (row["siblings"], row["split_batteries"]) == (1, ["q00 ~ q03 ~ q06 ~ q09"])
    # With its battery it is held out.
    whole = of.audit_split(lone, codebook, split="battery", folds=3, seed=1).row(0, named=True)
    assert (whole["siblings"], whole["split_batteries"]) == (0, [])


def test_an_audit_warns_where_all_questions_are_of_one_kind():
    """Whichever of them is held out, a fit has learnt from its siblings."""
    codebook = book()
    worry = [f"q{i:02d}" for i in range(0, 12, 3)]
    one = answers(codebook.filter(pl.col("question").is_in(worry)))
    with pytest.warns(
        OpinionFrameWarning, match=r"All 4 questions are of one battery.* 'q00', 'q03', 'q06', …\. No split"
    ):
        of.audit_split(one, codebook, folds=2, seed=1)
    # What people answered to others is no help: these are not held out.
    asked = answers(codebook).filter((pl.col("source") == "human") | pl.col("question").is_in(worry))
    with pytest.warns(OpinionFrameWarning, match="All 4 questions are of one battery"):
        of.audit_split(asked, codebook, folds=2, seed=1)
    topical = book().with_columns(topic=pl.lit("life"))
    with pytest.warns(OpinionFrameWarning, match="All 14 questions are of one topic, 'life'.*on other topics"):
        of.audit_split(answers(topical), topical, folds=2, seed=1)
    two = topical.with_columns(topic=pl.when(question="q13").then(pl.lit("news")).otherwise("topic"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        of.audit_split(answers(two), two, folds=2, seed=1)
        of.audit_split(answers(codebook), codebook, folds=2, seed=1)


def test_diagnose_and_stack_take_it():
    codebook = book()
    opinions = answers(codebook)
    found = of.diagnose(opinions, codebook, method="linear", split="battery", folds=5, seed=1)
    assert (
        found["alignment"].item()
        != of.diagnose(opinions, codebook, method="linear", folds=5, seed=1)["alignment"].item()
    )
