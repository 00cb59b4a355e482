# ruff: noqa: E501 - tables of texts as models write them
"""Labels that are numbers: a number is a label or a place where it can be one of them alone, and else neither."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import opinionframe as of
from opinionframe.elicitation import FakeModel, NumberLabelsWarning, Reply, prompts, read_response

ELEVEN = [str(number) for number in range(11)]
DOWN = ["5", "4", "3", "2", "1"]


@pytest.mark.parametrize(
    ("options", "text", "choice"),
    [
        (ELEVEN, "7", None), (ELEVEN, "The answer is 7", None), (ELEVEN, "0", 1), (ELEVEN, "11", 11), (ELEVEN, "7 out of 10", None),
        (ELEVEN, "8: '7'", 8), (DOWN, "5", None), (DOWN, "3", 3), (["18", "25", "40"], "25", 2), (["18", "25", "40"], "2", 2),
        (["18", "25", "40"], "4", None), (["-1", "0", "1"], "-1", 1), (["-1", "0", "1"], "1", None), (["B", "A"], "A", None),
        ([str(n) for n in range(1, 8)], "7", 7), (["2016", "2020"], "I'd say 2020", 2),
    ],
)  # fmt: skip
def test_a_number_picks_what_it_can_mean_alone(options: list[str], text: str, choice: int | None) -> None:
    read = read_response(text, options, "pick")
    expected = None if choice is None else [float(place == choice) for place in range(1, len(options) + 1)]
    assert (read.status, read.probs) == ("unparsable" if choice is None else "answered", expected)


def test_keys_that_are_the_labels_are_labels_and_keys_that_fit_both_are_refused() -> None:
    assert read_response('{"5": 60, "4": 20, "3": 10, "2": 5, "1": 5}', DOWN, "shares").probs == [
        0.6,
        0.2,
        0.1,
        0.05,
        0.05,
    ]
    assert read_response("{'0': 20%, '1': 30%, '2': 50%}", ["0", "1", "2"], "shares").probs == [0.2, 0.3, 0.5]
    by_both = read_response(str({str(number): 10 for number in range(1, 11)}), ELEVEN, "shares")
    assert (by_both.status, by_both.probs) == ("unparsable", None)
    assert "names two options" in by_both.reason
    by_label = read_response(str({str(number): 10 for number in range(10)}), ELEVEN, "shares")
    assert by_label.probs == [0.1] * 10 + [0.0]
    by_place = read_response("{'1': 20, '2': 30, '3': 50}", ["18", "25", "40"], "shares")
    assert by_place.probs == [0.2, 0.3, 0.5]


class Saying(FakeModel):
    """Says the same to everything."""

    def __init__(self, text: str) -> None:
        super().__init__(seed=1)
        self.text = text

    def answer(self, requests):
        return (Reply(request, self.text) for request in requests)


@pytest.fixture
def satisfaction() -> tuple[pl.DataFrame, pl.DataFrame]:
    book = of.codebook({"ls": {"text": "How satisfied are you, from 0 to 10?", "labels": ELEVEN}})
    shares = {"question": "ls", "demographic": "all", "choice": range(1, 12), "source": "human", "prob": [1 / 11] * 11}
    return pl.DataFrame(shares), book


def test_a_prompt_numbers_options_whose_labels_are_other_numbers(
    satisfaction: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    human, book = satisfaction
    with pytest.warns(NumberLabelsWarning, match=r"in 1 of the questions, e.g. 'ls'"):
        asked = prompts(human, book, elicitation="self_random", prompt="base")
    assert "[1: '0', 2: '1', 3: '2'," in asked["text"].item()
    read = of.ask(asked, Saying("7"), seed=1)
    assert read["status"].unique().to_list() == ["answered"]
    assert read["probs"][0].to_list().index(1.0) + 1 == 7
    assert of.ask(asked, Saying("0"), seed=1)["status"].unique().to_list() == ["unparsable"]
    assert_frame_equal(of.parse(read, asked), read)
    # Where the list is what is asked for, and where labels are their own places, nothing is numbered.
    assert "['0', '1'," in prompts(human, book, elicitation="verbalized", prompt="base")["text"].item()
    own = book.with_columns(label=pl.col("choice").cast(pl.String))
    assert "['1', '2'," in prompts(human, own, elicitation="self_random", prompt="base")["text"].item()
