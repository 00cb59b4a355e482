import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError


def test_by_hand(opinions, codebook):
    """A third question with two choices, so that q2 and it are each other's mean."""
    third = codebook.filter(question="q2").with_columns(question=pl.lit("q3"), text=pl.lit("Again?"))
    more = opinions.filter(question="q2").with_columns(
        question=pl.lit("q3"), prob=pl.when(pl.col("choice") == 1).then(0.3).otherwise(0.7)
    )
    rows = of.baselines(pl.concat([opinions, more]), pl.concat([codebook, third]))
    first = rows.filter(choice=1, source="question-mean").sort("question")
    # q1 is alone with three choices: uniform.
    assert dict(first.select("question", "prob").unique("question").rows()) == pytest.approx(
        {"q1": 1 / 3, "q2": 0.3, "q3": 0.9}
    )
    assert rows.filter(source="uniform", question="q2")["prob"].to_list() == [0.5, 0.5]


def test_every_cell_of_the_reference_has_them(oqa, oqa_aligned):
    uniform = oqa_aligned.filter(source="uniform")
    assert len(uniform) == len(oqa["human"].unique(["question", "demographic"]))
    assert (uniform["alignment"] - uniform["baseline"]).abs().max() == pytest.approx(0, abs=1e-12)


def test_label_mean_by_hand(opinions, codebook):
    """q3 shares q2's labels and q4 its number of choices alone."""
    book, rows = [codebook], [opinions]
    for question, labels, prob in (("q3", ["no", "yes"], 0.3), ("q4", ["bad", "good"], 0.6)):
        book.append(
            codebook.filter(question="q2").with_columns(
                question=pl.lit(question), text=pl.lit(question), label=pl.Series(labels)
            )
        )
        rows.append(
            opinions.filter(question="q2").with_columns(
                question=pl.lit(question), prob=pl.when(pl.col("choice") == 1).then(prob).otherwise(1 - prob)
            )
        )
    filled = of.baselines(pl.concat(rows), pl.concat(book), which=["label-mean"])
    first = filled.filter(choice=1, source="label-mean").unique("question")
    # q2: others with its labels .3; of its K (.3 + .6) / 2 = .45; shrunk (.3 + .45) / 2
    assert dict(first.select("question", "prob").rows()) == pytest.approx(
        {"q1": 1 / 3, "q2": 0.375, "q3": (0.9 + 0.75) / 2, "q4": 0.6}
    )


def test_other_groups_by_hand(opinions, codebook):
    filled = of.baselines(opinions, codebook, which=["other-groups"]).filter(source="other-groups")
    female = filled.filter(question="q1", demographic="sex=Female").sort("choice")["prob"]
    assert female.to_list() == pytest.approx([0.2, 0.2, 0.6])
    assert filled.filter(question="q2")["prob"].to_list() == [0.5, 0.5]


def test_labels_alone_go_a_long_way_and_the_question_itself_further(oqa, oqa_opinions):
    rows = of.baselines(oqa_opinions, oqa["codebook"], which=["label-mean", "other-groups"])
    asked = oqa["llm"].select("question", "demographic").unique()
    aligned = of.align(rows, oqa["codebook"]).join(asked, on=["question", "demographic"])
    scores = dict(of.summarize(aligned).select("source", "alignment").rows())
    assert scores["label-mean"] == pytest.approx(0.854, abs=0.003)
    best_model = of.summarize(of.align(oqa_opinions, oqa["codebook"]))["alignment"].max()
    assert scores["other-groups"] > 0.93 > best_model


@pytest.mark.parametrize("seed", [1, 2])
def test_permuted_groups_by_hand(seed, opinions, codebook):
    """Female gets Male's answers and Male Female's, whatever the order of rows; q2 has one group."""
    shuffled = opinions.sample(fraction=1, shuffle=True, seed=seed)
    filled = of.baselines(shuffled, codebook, which=["permuted-groups"]).filter(source="permuted-groups")
    answers = filled.sort("choice").group_by("question", "demographic").agg("prob")
    assert {row[:2]: row[2] for row in answers.rows()} == {
        ("q1", "sex=Female"): [0.2, 0.2, 0.6],
        ("q1", "sex=Male"): [0.5, 0.3, 0.2],
        ("q2", "sex=Female"): [0.5, 0.5],
    }


@pytest.mark.parametrize("lazy", [False, True])
def test_what_is_there_already_and_what_is_not(opinions, codebook, lazy):
    once = of.baselines(opinions, codebook)
    once = once.lazy() if lazy else once
    with pytest.raises(FrameError, match="already has 1 of these baselines, e.g. 'uniform'"):
        of.baselines(once, codebook, which=["uniform", "other-groups"]).lazy().collect()
    with pytest.raises(FrameError, match="No row has the source 'people'"):
        of.baselines(once, codebook, which="other-groups", reference="people").lazy().collect()


def test_own_columns_are_carried_where_they_are_known(opinions, codebook):
    own = opinions.with_columns(wave=pl.col("question") + "!", row=pl.int_range(pl.len()))
    made = of.baselines(own, codebook, which="uniform").filter(source="uniform")
    assert (made["wave"] == made["question"] + "!").all()
    assert made["row"].is_null().all()
