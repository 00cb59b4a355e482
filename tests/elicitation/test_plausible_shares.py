# ruff: noqa: E501 - tables of texts as models write them
"""Numbers are shares where they can be nothing else; places, ranks, scales and intervals are not."""

import time

import numpy as np
import pytest

from opinionframe.elicitation import read_response

SPENDING = ["Too little", "About right", "Too much"]
ELEVEN = [str(number) for number in range(11)]
TEN = [f"{number}" for number in range(1, 11)]
WORDS = [f"option {number}" for number in range(1, 12)]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (ELEVEN, "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"), (TEN, "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"),
        (WORDS, "[10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]"), (WORDS, "[3, 1, 2, 4, 6, 5, 9, 7, 8, 11, 10]"),
        (WORDS, "[1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"), (WORDS, "[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]"),
        (WORDS, "0%, 1%, 2%, 3%, 4%, 5%, 6%, 7%, 8%, 9%, 10%"),
        (SPENDING, "Too little: 1\nAbout right: 2\nToo much: 3"), (SPENDING, "{'A': 1, 'B': 2, 'C': 3}"),
        (SPENDING, "A: 1 B: 2 C: 3"), (SPENDING, "A: 4 B: 3 C: 5"), (SPENDING, "{'A': 10, 'B': 15, 'C': 5}"),
        (["yes", "no"], "[[1, 60], [2, 40]]"), (["yes", "no"], "[1, 90]\n[2, 10]"), (["yes", "no"], "[[97, 1], [3, 2]]"),
        (["yes", "no"], "Yes: 60% (95% CI [55, 65]), No: 40%"), (["yes", "no"], "[0, 1]"), (["yes", "no"], "{'yes': 1, 'no': 0}"), (["18", "25", "40"], "[18, 25, 40]"),
        (SPENDING, "90%, 90%, 90%"), (SPENDING, "{'A': 90, 'B': 90, 'C': 90}"), (SPENDING, "[1%, 2%, 3%]"),
        (SPENDING, "[20/0, 30, 50]"), (SPENDING, "{'A': 20-30, 'B': 30-40, 'C': 30}"),
        (SPENDING, "Too little: 20-30%\nAbout right: 50%\nToo much: 50%"), (SPENDING, "A: 20 - 30%, B: 30%, C: 40%"),
        (SPENDING, "Too little: 60%\nAbout right: -10%\nToo much: 50%"), (SPENDING, "A: 6, B: 9, C: 15, Total: 40"),
        (SPENDING, "Too little: 20 (30%), About right: 30 (30%), Too much: 50 (40%)"), (SPENDING, "2. 20%\n1. 30%\n3. 50%"),
        (SPENDING, "| Too little | About right | Too few |\n|---|---|---|\n| 20% | 30% | 50% |"),
    ],
)  # fmt: skip
def test_what_may_be_places_ranks_or_scales_is_no_distribution(options: list[str], text: str) -> None:
    read = read_response(text, options, "shares")
    assert (read.status, read.probs) == ("unparsable", None)
    assert read.reason


@pytest.mark.parametrize(
    "text",
    [
        "| Option | Share |\n|---|---|\n| Too little | 20% |\n| About right | 30% |\n| Too much | 50% |",
        "| # | Option | % |\n|:--|---|--:|\n| 1 | Too little | 20 |\n| 2 | **About right** | 30 |\n| 3 | Too much | 50 |\n| | Total | 100 |",
        "A) Too little: 20%\nB) About right: 30%\nC) Too much: 50%", "Too little: 6, About right: 9, Too much: 15, Total: 30",
        "Too little = 20%, About right = 30% and Too much = 50%", "[20, 30, 50]</s>", "[20, 30, 50", "{'A': 0.2, 'B': 0.3, 'C': 0.5}",
        "| Too little | About right | Too much |\n|---|---|---|\n| 20% | 30% | 50% |", "1. 20%\n2. 30%\n3. 50%",
        "| | Too much | About right | Too little |\n|---|---|---|---|\n| Share | 50% | 30% | 20% |",
        "Too little (20%), About right (30%), Too much (50%)",
        "<think>\nFirst [30, 30, 40]?\n</think>\n\n[20, 30, 50]",
    ],
)  # fmt: skip
def test_what_a_rule_makes_certain_is_read(text: str) -> None:
    read = read_response(text, SPENDING, "shares")
    assert read.status == "answered"
    np.testing.assert_allclose(read.probs, [0.2, 0.3, 0.5])
    assert read.raw_sum == pytest.approx(1)


def test_a_list_without_an_end_that_is_not_the_whole_is_cut_off() -> None:
    for text in ("[20, 30, 5", "{'A': 20, 'B': 30, 'C': 5", "Here you are: [20, 30"):
        read = read_response(text, SPENDING, "shares")
        assert (read.status, read.probs) == ("cut off", None)
        assert "does not end" in read.reason


HOSTILE = ["a", "1 ", "[", "{", "[1,", "a: ", "answer is 2 ", "I say 2. ", "<think>", "</think>", "<ANS_START>", "<", " ",
           "!", "| ", "\n1\n", "a: 20, ", "no wait ", "{'A': 20%, ", "\\boxed{", "<|channel|>final<|message|>", "1/", "but 3 "]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_reading_takes_time_in_proportion_to_length(piece: str) -> None:
    def processor_seconds(length: int) -> float:
        text = (piece * length)[:length]
        start = time.process_time()
        for expect in ("pick", "shares", "sequence"):
            read_response(text, SPENDING, expect)
            read_response(text, SPENDING, expect, final=True)
        return time.process_time() - start

    # Sixteen times the length in quadratic time would be 256 times the seconds. Other processes' do not count.
    short, long = (min(processor_seconds(length) for _ in range(3)) for length in (3_000, 48_000))
    assert long < 80 * max(short, 0.005)
