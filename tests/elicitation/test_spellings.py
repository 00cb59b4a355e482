# ruff: noqa: E501, RUF001 - tables of texts as models write them
"""Answers in other scripts, markup and formats, read as a person reads them; what a person would not read is not read."""

import numpy as np
import pytest

from opinionframe.elicitation import read_response
from opinionframe.elicitation.parsing.response import LONGEST

SPENDING = ["Too little", "About right", "Too much"]
YES_NO = ["Yes", "No"]
AGREE = ["Strongly agree", "Agree", "Disagree", "Strongly disagree"]
IMPORTANT = ["Important", "Not important"]
LIKELY = ["Very likely", "Likely", "Not likely", "Not at all likely"]
AGES = ["18-29", "30-49", "50-64", "65+"]
QUALITY = ["Very bad", "Bad", "Neither good nor bad", "Good", "Very good"]
CHINESE = ["同意", "不同意", "不知道"]
ARABIC = ["نعم", "لا"]
FRENCH = ["Trop peu", "À peu près juste", "Trop"]
ELEVEN = [str(number) for number in range(11)]


def picked(text: str, options: list[str]) -> int | None:
    """The place (from 1) that is picked; None where none is."""
    probs = read_response(text, options, "pick").probs
    return None if probs is None else probs.index(1.0) + 1


@pytest.mark.parametrize("text", ["２", "٢", "२", "②", "❷ About right", "2️⃣", "2️⃣ About right", "【2】", "„2“", "答案：2", "Réponse : 2",
                                  "Antwort: 2", "\u200f2\u200f", "Ab\u200bout right", "Ａｂｏｕｔ ｒｉｇｈｔ", "The answer is ２"])  # fmt: skip
def test_digits_and_letters_of_other_scripts_pick(text: str) -> None:
    assert picked(text, SPENDING) == 2


@pytest.mark.parametrize(
    ("text", "options", "place"),
    [
        ("2、不同意", CHINESE, 2), ("“同意”。", CHINESE, 1), ("答案：不同意", CHINESE, 2), ("我不同意", CHINESE, None), ("٢. لا", ARABIC, 2), ("\u200fلا\u200f", ARABIC, 2),
        ("À peu pre\u0300s juste", FRENCH, 2), ("Trop", FRENCH, 3), ("Je ne dirais pas 2", FRENCH, None), ("30 – 49", AGES, 2), ("65 +", AGES, 4), ("My answer is 65+", AGES, 4),
        ("65", AGES, None), ("30", AGES, None), ("five", ELEVEN, None), ("5.0", ELEVEN, None), ("−1", ["-1", "0", "1"], 1),
    ],
)  # fmt: skip
def test_labels_in_other_spellings(text: str, options: list[str], place: int | None) -> None:
    assert picked(text, options) == place


@pytest.mark.parametrize("text", ["$2$", "\\boxed{\\textbf{2}}", "\\(2\\)", "\\text{About right}", "<b>2</b>", "2<br>", "<final_answer>2</final_answer>", "### Answer\n2",
                                  "✅ About right", "❌ Too little\n✅ About right\n❌ Too much", "- [ ] Too little\n- [x] About right\n- [ ] Too much", "2<｜end▁of▁sentence｜>",
                                  "<Scratch_Pad>3</Scratch_Pad>2", "<thinking_process>1</thinking_process>\n2", "two", "the second option", "Option two", "2.0"])  # fmt: skip
def test_markup_and_words_for_numbers_pick(text: str) -> None:
    assert picked(text, SPENDING) == 2


@pytest.mark.parametrize(
    ("text", "options", "place"),
    [
        ("1. Too little\n2. About right\n3. Too much\n\nAnswer: 3", SPENDING, 3), ("A. Yes\nB. No\n\nB", YES_NO, 2), ("A. Too little\nB. About right\nC. Too much\nI choose B.", SPENDING, 2),
        ("1. Too little\n2. About right\n3. Too much", SPENDING, None), ("3. Too much\n2. About right\n1. Too little", SPENDING, None), ("1. B\n2. C\n3. A", SPENDING, None),
    ],
)  # fmt: skip
def test_options_said_again_before_the_answer_are_no_answer(text: str, options: list[str], place: int | None) -> None:
    assert picked(text, options) == place


@pytest.mark.parametrize(
    "text",
    [
        "½", "2½", "−2", "–2", "~2", "≥2", ">2", "<3", "€2", "2€", "2°", "2?", ".2", "2/", "@2", "❌ 2", "👎 2", "~~2~~", "²", "2️⃣3️⃣", "\u202e2 3\u202c", "The answer is -2", "The answer is $2",
        "The answer is ~2", "The answer is 2 %", "The answer is ½", "The answer is 2 ± 1", "The answer is 2+", "The answer is 2-ish", "The answer is 2:1", "The answer is 2 or so", "The answer is 2^3",
        "The answer is 1; 2", "The answer is 2 | 3", "The answer is 2 → 3", "Answer: 2 … 3", "Answer: 2..3", "Answer: 2. 3.", "Answer: 2.\n3.", "Answer: [2][3]", "Answer: B) C)", "The answer is B+",
        "I choose A. or B.", "B\n\nor C", '{"answer": 2} // or 3', "Answer: 2 &amp; 3", "I'd pick 1 for men and 3 for women", "Should I choose 2?", "The least likely answer is 2", "The wrong answer is 2",
        "My second choice is 3", "The opposite of my answer is 2", "I almost chose 2", "I hesitate to choose 2", "I could say 2", "I often choose 2", "not \\boxed{2}", "2\nEdit: 3",
        "[ ] Too little\n[ ] About right", "Too little to say", "the second best option",
    ],
)  # fmt: skip
def test_amounts_bounds_doubts_and_denials_pick_nothing(text: str) -> None:
    assert picked(text, SPENDING) is None


@pytest.mark.parametrize(
    ("text", "options", "place"),
    [
        ("I would say no more", YES_NO, None), ("I would say no such thing", YES_NO, None), ("I have no answer: yes", YES_NO, None), ("I'd answer no.", YES_NO, 2),
        ("I would say disagree strongly", AGREE, None), ("I would choose 'Strongly agree'", AGREE, 1), ("I would choose agree.", AGREE, 2), ("The answer is likely 2", LIKELY, None),
        ("My answer is not likely to be 1", LIKELY, None), ("The answer is not important", IMPORTANT, None), ("My answer is 'Not important'", IMPORTANT, 2), ("I would say not important", IMPORTANT, 2),
        ("Very good, here is my answer: 2", QUALITY, None), ("Good. I'd say 5", QUALITY, None), ("The answer is good enough", QUALITY, None), ("I would say neither good nor bad", QUALITY, 3),
        ("I'd say a few things", ["A", "B", "C"], None), ("About right, I think, though many say too much.", SPENDING, None), ("I would say too little. Others say too much.", SPENDING, 1),
    ],
)  # fmt: skip
def test_words_of_an_answer_that_are_also_words(text: str, options: list[str], place: int | None) -> None:
    assert picked(text, options) == place


@pytest.mark.parametrize(
    "text",
    [
        "２０％，３０％，５０％", "٢٠٪، ٣٠٪، ٥٠٪", "[２０、３０、５０]", "20\u202f%; 30\u202f%; 50\u202f%", "20 per cent, 30 pct, 50 percent", "[1⁄5, 3⁄10, ½]", "\\frac{1}{5}, \\frac{3}{10}, \\frac{1}{2}",
        "20,0%; 30,0%; 50,0%", "Too little: 20,0\nAbout right: 30,0\nToo much: 50,0", "0,2; 0,3; 0,5", "[2e1, 3E+1, 5e1]", "{'A': 2e-1, 'B': 3e-1, 'C': 5e-1}", "Too little: 1,000\nAbout right: 1,500\nToo much: 2,500\nTotal: 5,000",
        "Too little: about 20%\nAbout right: ~30%\nToo much: ≈50%", "Too little 20%\nAbout right 30%\nToo much 50%", "20% too little, 30% about right and 50% too much", "Too little → 20%\nAbout right -> 30%\nToo much => 50%",
        "Too little......20%\nAbout right.....30%\nToo much........50%", "Too little\t20\nAbout right\t30\nToo much\t50", "(A) 20%\n(B) 30%\n(C) 50%", "1️⃣ 20%\n2️⃣ 30%\n3️⃣ 50%", "🔴 Too little: 20%\n🟡 About right: 30%\n🟢 Too much: 50%",
        "$20\\%$, $30\\%$, $50\\%$", "\\[20, 30, 50\\]", "\\text{Too little}: 20\\%, \\text{About right}: 30\\%, \\text{Too much}: 50\\%", "{“A”: 20, “B”: 30, “C”: 50}", "\u200f[20,\u200b30, 50]",
        '{"distribution": [20, 30, 50]}', '{"estimate": {"note": "of adults", "values": [20, 30, 50]}}', '[{"option": "Too much", "share": 50}, {"option": "Too little", "share": 20}, {"option": "About right", "share": "30%"}]',
        '[["Too little", 20], ["About right", 30], ["Too much", 50]]', '{"A": {"share": 0.2}, "B": {"share": 0.3}, "C": {"share": 0.5}}', '{"A": [20], "B": [30], "C": [50]}', '{"shares": [{"id": 1, "p": 20}, // few\n {"id": 2, "p": 30}, {"id": 3, "p": 50}]}',
        "['Too little', 'About right', 'Too much']: [20, 30, 50]", "In the requested format: [20, 30, 50]", "It is not easy to say. [20, 30, 50]", "Too much and too little are common, I think: [20, 30, 50]",
    ],
)  # fmt: skip
def test_shares_in_other_spellings_are_read(text: str) -> None:
    read = read_response(text, SPENDING, "shares")
    np.testing.assert_allclose(read.probs, [0.2, 0.3, 0.5])
    assert read.raw_sum == pytest.approx(1)


@pytest.mark.parametrize(
    "text",
    [
        "['Too much', 'About right', 'Too little']: [50, 30, 20]", "(Too much, About right, Too little): [50, 30, 20]", "[C, B, A] = [50, 30, 20]", "[50, 30, 20] for C, B and A", "From too much to too little: [50, 30, 20]",
        "From most to least common: [50, 30, 20]", "Sorted by share: [50, 30, 20]", '{"order": ["C", "B", "A"], "shares": [50, 30, 20]}', '{"sorted": [50, 30, 20]}', "Not [20, 30, 50]", "I would not say [20, 30, 50]",
        "[20, 30, 50] is wrong", "For example [33, 33, 34]", "I cannot say, e.g. [20, 30, 50]", "The format would be [20, 30, 50].", "[20, 30, 50]. Hmm, better 30, 30, 40.", '{"men": {"p": [20, 30, 50]}, "women": {"p": [30, 30, 40]}}',
        "Too little: <20%\nAbout right: 30%\nToo much: >50%", "Too little: 20% ± 5%\nAbout right: 30% ± 5%\nToo much: 50% ± 5%", "[−20, 70, 50]", "200‰, 300‰, 500‰", "[20½½, 30, 50]", "[1e400, 0, 0]", "[²⁰, ³⁰, ⁵⁰]", "[0,2, 0,3, 0,5]",
        '{"A": {"low": 10, "high": 20}, "B": {"low": 20, "high": 30}, "C": {"low": 40, "high": 50}}', '[{"option": "A", "p": 20}, {"option": "A", "p": 30}, {"option": "C", "p": 50}]', '[{"option": "A", "p": 20}, {"option": "B", "p": 80}]',
        "$20, $30, $50", "[20, 30, 5O]", "A20 B30 C50", "20% too little 30% about right", f"A: 1{'0' * 400}, B: 0, C: 0, Total: 1{'0' * 400}",
    ],
)  # fmt: skip
def test_what_may_be_in_another_order_or_is_no_answer_is_no_distribution(text: str) -> None:
    read = read_response(text, SPENDING, "shares")
    assert (read.status in {"unparsable", "refused"}, read.probs) == (True, None)


def test_two_options_in_the_other_order_are_not_mixed_up() -> None:
    for text in ("[60, 40] for no and yes", "[60, 40] [no, yes]", "No/Yes: [60, 40]"):
        assert read_response(text, YES_NO, "shares").probs is None
    for text in ("60% no, 40% yes", "No 60 Yes 40", "No: 60%, Yes: 40%", "2) 60% 1) 40%"):
        assert read_response(text, YES_NO, "shares").probs == [0.4, 0.6]


def test_what_is_too_long_for_an_answer_is_not_read() -> None:
    thought = "Perhaps [30, 30, 40]. " * 20_000
    assert read_response(f"<think>{thought}</think>[20, 30, 50]", SPENDING, "shares").probs == [0.2, 0.3, 0.5]
    assert read_response(f"{thought}<ANS_START>2</ANS_END>", SPENDING, "pick", final=True).probs == [0.0, 1.0, 0.0]
    read = read_response("2 " * LONGEST, SPENDING, "pick")
    assert (read.status, "are too many for an answer" in read.reason) == ("unparsable", True)
