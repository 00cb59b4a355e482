"""Few-shot examples where folds differ by group, as in a split by rows."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError

GROUPS = ("sex=Female", "sex=Male")


@pytest.fixture
def survey() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Six questions of two groups."""
    keys = [f"q{i}" for i in range(6)]
    rows = [(key, group, choice, "human", 0.5) for key in keys for group in GROUPS for choice in (1, 2)]
    opinions = pl.DataFrame(rows, ["question", "demographic", "choice", "source", "prob"], orient="row")
    return opinions, of.codebook({key: {"text": f"Text of {key}?", "labels": ["no", "yes"]} for key in keys})


def shown(texts: pl.DataFrame) -> dict[tuple[str, str | None], set[str]]:
    """The questions that each prompt shows, its own among them."""
    names = pl.col("text").str.extract_all(r"q\d\?").list.eval(pl.element().str.head(2))
    rows = texts.select("question", "demographic", names.alias("names")).rows()
    return {(question, group): set(names) - {question} for question, group, names in rows}


def test_examples_come_from_other_folds_of_the_same_group(survey):
    """The women's q0 to q2 share a fold, and the men's q3 to q5; all others have one of their own."""
    opinions, book = survey
    cells = opinions.select("question", "demographic").unique().sort("question", "demographic")
    number = pl.col("question").str.tail(1).cast(pl.Int64)
    together = pl.when(demographic="sex=Female").then(number < 3).otherwise(number >= 3)
    folds = cells.with_columns(
        fold=pl.when(together).then(pl.lit("held out")).otherwise(pl.concat_str("question", "demographic"))
    )
    texts = of.prompts(opinions, book, prompt="sd", variant="few_shot", folds=folds, seed=1, elicitation="verbalized")
    for (question, group), names in shown(texts).items():
        held_out = {"q0", "q1", "q2"} if group == "sex=Female" else {"q3", "q4", "q5"}
        assert names
        if question in held_out:
            assert not names & held_out
    base = of.prompts(opinions, book, prompt="base", variant="few_shot", folds=folds, seed=1, elicitation="verbalized")
    assert all(len(names) == 5 for names in shown(base).values())


def test_dealt_folds_of_questions_stay_as_they_were(survey):
    """Named for every group, or once: the same texts, in which none of a fold is shown."""
    opinions, book = survey
    cells = opinions.select("question", "demographic").unique()
    by_cell = cells.with_columns(fold=pl.col("question").str.tail(1).cast(pl.Int64) % 2)
    by_question = by_cell.select("question", "fold").unique()
    one, other = (
        of.prompts(opinions, book, variant="few_shot", folds=folds, seed=1, elicitation="verbalized")
        for folds in (by_cell, by_question)
    )
    assert one.equals(other)
    for (question, _), names in shown(one).items():
        assert {int(name[1]) % 2 for name in names} == {1 - int(question[1]) % 2}


def test_folds_that_contradict_each_other_are_refused(survey):
    opinions, book = survey
    folds = pl.DataFrame({"question": ["q0", "q0", "q1"], "fold": [0, 1, 1]})
    with pytest.raises(FrameError, match="several folds for 1 cells, e.g. 'q0'. Add the column demographic"):
        of.prompts(opinions, book, variant="few_shot", folds=folds, seed=1)


def test_examples_are_of_the_same_data_set(survey):
    opinions, book = survey
    halves = book.with_columns(dataset=pl.when(pl.col("question") < "q3").then(pl.lit("A")).otherwise(pl.lit("B")))
    options = {"variant": "few_shot", "seed": 1, "elicitation": "verbalized"}
    for (question, _), names in shown(of.prompts(opinions, halves, **options)).items():
        assert names == ({"q0", "q1", "q2"} if question < "q3" else {"q3", "q4", "q5"}) - {question}
    one = book.with_columns(dataset=pl.lit("one"))
    assert of.prompts(opinions, one, **options).equals(of.prompts(opinions, book, **options))
    lone = book.with_columns(dataset=pl.when(pl.col("question") < "q5").then(pl.lit("A")).otherwise(pl.lit("B")))
    with pytest.raises(FrameError, match="few-shot prompts have no other question to show.*'q5'.*same dataset"):
        of.prompts(opinions, lone, **options)
