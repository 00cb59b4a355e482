"""Lists as the paper reads them, beside the strict parser."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import OptionError

FOUR = ["a lot", "somewhat", "not much", "not at all"]


@pytest.mark.parametrize(
    ("text", "shares", "total"),
    [
        ("[70, 40, 30, 30]", [70 / 170, 40 / 170, 30 / 170, 30 / 170], 1.7),
        ("[7, 2, 1, 0]", [0.7, 0.2, 0.1, 0.0], 0.1),
        ("[0.9, 0.9, 0.5, 0.1]", [0.375, 0.375, 0.5 / 2.4, 0.1 / 2.4], 2.4),
        ("[35, 10, 2, 2]", [35 / 49, 10 / 49, 2 / 49, 2 / 49], 0.49),
        ("My answer: [70%, 40%, 30%, 30%].", [70 / 170, 40 / 170, 30 / 170, 30 / 170], 1.7),
        ("[1, 2, 3, 4]", [0.1, 0.2, 0.3, 0.4], 0.1),
    ],
)
def test_a_list_of_the_right_length_is_renormalised(text, shares, total):
    assert of.read_response(text, FOUR, "shares").status == "unparsable"
    reading = of.read_response(text, FOUR, "shares", parser="paper")
    assert (reading.status, reading.raw_sum) == ("answered", pytest.approx(total))
    assert reading.probs == pytest.approx(shares)
    assert reading.reason.startswith("renormalised as in the paper")


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2, 3]",
        "[0, 0, 0, 0]",
        "[70, 40, -30, 30]",
        "[70, 40, 30, 30] or [7, 2, 1, 1]",
        "[a, b, c, d]",
        "no",
        "[1,2,3,1e999]",
    ],
)
def test_what_is_no_list_of_shares_is_not_read(text):
    assert of.read_response(text, FOUR, "shares", parser="paper").status == "unparsable"


def test_what_the_strict_parser_reads_stays_as_it_is():
    for text in ("[70, 20, 5, 5]", "{'A': 0.7, 'B': 0.2, 'C': 0.05, 'D': 0.05}", "I cannot answer that."):
        assert of.read_response(text, FOUR, "shares", parser="paper") == of.read_response(text, FOUR, "shares")


@pytest.fixture
def answers():
    """One question asked three times: a distribution, a list that sums to 1.7, and no answer."""
    book = of.codebook({"q": {"text": "How much?", "labels": FOUR}})
    human = pl.DataFrame(
        {"question": "q", "demographic": "all", "choice": [1, 2, 3, 4], "source": "human", "prob": 0.25}
    )
    prompts = of.prompts(human, book, elicitation="verbalized", prompt="base")
    asked = of.ask(prompts, of.FakeModel(seed=1), seed=1).sort("draw")
    texts = ["[70, 20, 5, 5]", "[70, 40, 30, 30]", "Well."]
    return of.parse(asked.with_columns(raw=pl.Series(texts)), prompts), prompts, book


def test_rows_say_which_parser_read_them_and_how_many_answers_differ(answers):
    strict = of.to_opinions(*answers)
    paper = of.to_opinions(*answers, parser="paper")
    assert strict["prob"].to_list() == pytest.approx([0.7, 0.2, 0.05, 0.05])
    assert "parser" not in strict.columns
    assert paper["prob"].to_list() == pytest.approx(
        [(0.7 + 70 / 170) / 2, (0.2 + 40 / 170) / 2, *[(0.05 + 30 / 170) / 2] * 2]
    )
    assert paper.select("parser", "renormalised").unique().row(0) == ("paper", 1)
    assert paper["nonresponse"].unique().to_list() == pytest.approx([1 / 3])


def test_the_two_parsers_can_be_told_apart_and_turned_back(answers):
    rows, prompts, book = answers
    renormalised = of.parse(rows, prompts, parser="paper")
    assert of.extraction(renormalised, prompts).select("answered", "renormalised", "unparsable").row(0) == (2, 1, 1)
    assert of.extraction(rows, prompts)["renormalised"].item() == 0
    assert any(
        note.startswith("Read as the paper reads: 1 of 2")
        for note in of.tables.extraction(of.extraction(renormalised, prompts)).notes
    )
    assert len(of.tables.extraction(of.extraction(rows, prompts)).notes) == 1
    assert of.to_opinions(renormalised, prompts, book, parser="strict").equals(of.to_opinions(rows, prompts, book))
    with pytest.raises(OptionError, match="Allowed: paper, strict"):
        of.to_opinions(rows, prompts, book, parser="loose")


def test_elicit_takes_the_parser(answers):
    _, _, book = answers
    human = pl.DataFrame(
        {"question": "q", "demographic": "all", "choice": [1, 2, 3, 4], "source": "human", "prob": 0.25}
    )
    rows = of.elicit(human, book, of.FakeModel(seed=1), elicitation="verbalized", prompt="base", parser="paper", seed=1)
    asked = rows.filter(pl.col("source") != "human")
    assert asked.select("parser", "renormalised").unique().row(0) == ("paper", 0)
