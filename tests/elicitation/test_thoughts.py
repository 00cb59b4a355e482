# ruff: noqa: E501 - tables of texts as models write them
"""What a model thinks is no answer: tags, channels and texts that end inside a thought."""

import pytest

from opinionframe.elicitation import read_response
from opinionframe.elicitation.parsing.thoughts import after_thought

SPENDING = ["Too little", "About right", "Too much"]
HARMONY = "<|channel|>analysis<|message|>The answer is 1<|end|><|start|>assistant<|channel|>final<|message|>3"


@pytest.mark.parametrize(
    "text",
    [
        "Okay, maybe the answer is 1.\n</think>\n\n3", "<think>\n2\n</think>\n\n3", "<think>\n\n</think>\n\n3", "3<think></think>",
        "<think>1</think> wait <think>2</think>3", "<THINKING>1</THINKING>3", "[THINK]I choose 1[/THINK]3", "◁think▷1◁/think▷3",
        "<seed:think>1</seed:think>3", "<|begin_of_thought|>1<|end_of_thought|>3", "<|START_THINKING|>1<|END_THINKING|>3",
        HARMONY, f"{HARMONY}<|return|>", "analysisThe answer is 1.assistantfinal3", "3</s>", "3<|im_end|>", "<s>3<|eot_id|>\n",
        "<think>1</think><answer>3</answer>", r"<think>\boxed{1}</think> So $\boxed{3}$",
    ],
)  # fmt: skip
def test_the_answer_is_what_follows_the_thought(text: str) -> None:
    assert read_response(text, SPENDING, "pick").probs == [0, 0, 1]


@pytest.mark.parametrize(
    "text",
    [
        "<think>I choose 1", "<think>1</think><think>or 2", "3 <think>or", "<|channel|>analysis<|message|>The answer is 1",
        "<|channel|>analysis<|message|>1<|end|><|start|>assistant", "<|channel|>", "analysisThe answer is 1", "[THINK]1",
    ],
)  # fmt: skip
def test_a_text_that_ends_inside_its_thought_is_cut_off(text: str) -> None:
    assert after_thought(text) is None
    for expect in ("pick", "shares"):
        read = read_response(text, SPENDING, expect)
        assert (read.status, read.probs, read.reason) == ("cut off", None, "the text ends inside its thought")


def test_a_thought_alone_an_empty_reply_and_a_mark_inside_a_thought_are_no_answers() -> None:
    assert read_response("<think>2</think>", SPENDING, "pick")[::3] == ("unparsable", "nothing after the thought")
    assert read_response(" ", SPENDING, "pick")[::3] == ("unparsable", "the reply is empty")
    marked = "<think><ANS_START>1</ANS_END></think>Reasons. <ANS_START>3</ANS_END>"
    assert read_response(marked, SPENDING, "pick", final=True).probs == [0, 0, 1]
    assert read_response("<think><ANS_START>1</ANS_END></think>3", SPENDING, "pick", final=True).status == "unparsable"


@pytest.mark.parametrize(
    "text",
    [
        "The choice is A. No wait, B.", "A. No wait, B", "2\nActually, 3", "I would say 2, but 3 is fine too", "2. Scratch that: 3",
        "I would answer 2 if I were rich, but 3", "If I were rich, I would say 3", "It depends. I would say 2 if asked at home",
        "I pick 2 answers: 1 and 3", "My response is 3 words long", "I used to say 1", "Some people say 2", "I would say 3 people agree", "The answer is 2 out of 5",
        "2 out of 5", r"\boxed{2} or \boxed{3}", r"The answer is 1. \boxed{2}", "2, because I would not choose 1. No, 3",
    ],
)  # fmt: skip
def test_corrections_conditions_and_counts_are_no_picks(text: str) -> None:
    assert read_response(text, SPENDING, "pick").status == "unparsable"


@pytest.mark.parametrize(
    "text",
    ["2 out of 3", "(B) About right", "**2** - About right", "2 | About right", "Answer choice 2", "If I had to choose, I would say 2.", "I'd say it's 2", "I would say 2, but many disagree",
     r"The final answer is $\boxed{2}$.", r"\boxed{\text{About right}}", "**Answer:** 2", "The answer is 2 About right"],
)  # fmt: skip
def test_picks_that_a_rule_makes_certain_are_read(text: str) -> None:
    assert read_response(text, SPENDING, "pick").probs == [0, 1, 0]
