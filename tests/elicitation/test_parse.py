# ruff: noqa: E501, ISC004, RUF001 - tables of texts as models write them
"""The parser on real answers read by a person, and on the shapes that models write.

labelled_responses.jsonl: 200 of the real answers of two models to OpinionQA questions, every odd one
among them (a trailing comma, a bare key, prose, a truncated list, all zeros), with the number of options
that the prompt listed. `reading` was written down by a person before the parser was run: percentages by
option, `unparsable` where some options have no share and the rest do not make up the whole.
"""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opinionframe.elicitation import ask, extraction, parse, prompts, read_response, to_opinions
from opinionframe.elicitation.models.fake import FakeModel
from opinionframe.errors import FrameError

LABELLED = pl.read_ndjson(Path(__file__).parent / "labelled_responses.jsonl")
EXPECT = {"verbalized": "shares", "logprob": "pick", "sequence": "sequence"}
SPENDING = ["Too little", "About right", "Too much"]


def letters(n: int) -> list[str]:
    return [*(f"option {chr(ord('A') + i)}" for i in range(n - 1)), "Refused"]


def test_two_hundred_real_answers_are_read_as_a_person_reads_them() -> None:
    wrong = []
    for method, n, response, label in LABELLED.select("method", "options", "response", "reading").rows():
        read = read_response(response, letters(n), EXPECT[method])
        if label == "unparsable":
            right = read.status == "unparsable" and read.probs is None
        else:
            shares = np.array(label.split(), dtype=float)
            right = read.status == "answered" and np.allclose(read.probs, shares / shares.sum(), atol=1e-12)
        if not right:
            wrong.append((response, label, read))
    assert LABELLED.height == 200
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("2", 2), (" 2.\n", 2), ("**2**", 2), ("[2]", 2), ("2)", 2), ("Option 2", 2), ("B", 2), ("(b)", 2),
        ("2. About right", 2), ("about right.", 2), ("'About right'", 2), ("2: 'About right'", 2),
        ("2\n\nI chose 1 of the reasons above.", 2), ("2, because most people do", 2), ("Response: 2", 2),
        ("My answer is 2.", 2), ("The answer to 'too little, about right or too much' is 2 (About right).", 2),
        ("I would respond with 'Too little'.", 1), ("I'd say 3", 3), ("Answer: C", 3), ("The answer is 2 out of 3", 2),
    ],
)  # fmt: skip
def test_one_clear_pick_is_read(text: str, option: int) -> None:
    read = read_response(text, SPENDING, "pick")
    assert read.status == "answered"
    assert read.probs == [float(i == option) for i in (1, 2, 3)]


@pytest.mark.parametrize(
    "text",
    [
        "", "0", "4", "10", "-1", "2%", "2.5", "2/3", "1 or 2", "1, 2", "1-2", "[1, 2, 3]", "1\n2\n3", "A lot",
        "2. Too much", "3 (Too little)", "I would say 3 (Too little).", "I would respond with Too little or Too much",
        "The answer is 1. No wait, the answer is 3.", "The answer is not 2", "I would not say 2", "I don't think 1 is right",
        "Imagine you are 3", "The answer is between 1 and 3", "['Too little', 'Too much']", "Would you respond with 2?",
    ],
)  # fmt: skip
def test_what_is_not_one_clear_pick_is_not_read(text: str) -> None:
    assert read_response(text, SPENDING, "pick").status == "unparsable"


@pytest.mark.parametrize(
    "text",
    [
        "[20, 30, 50]", "20, 30, 50", "[0.2, 0.3, 0.5]", "20% 30% 50%", "['20%', '30%', '50%']", "[20; 30; 50]", "20\n30\n50",
        "[1/5, 3/10, 1/2]", "[20%, 30%, 50]", "Response: 20, 30, 50", "Here you are: [20, 30, 50]. It is 2020.",
        "{'A': '20%', 'B': '30%', C: '50%',}", '{"1": 20, "2": 30, "3": 50}', '```json\n{"Too little": 20, "About right": 30, '
        '"Too much": 50}\n```', "Too little: 20%\nAbout right: 30%\nToo much: 50%", "- **Too little**: 20%\n- About right: 30%\n"
        "- Too much: 50%\nTotal: 100%", "Sure:\n1. Too little - 20%\n2. About right - 30%\n3. Too much - 50%",
    ],
)  # fmt: skip
def test_clear_shares_are_read(text: str) -> None:
    read = read_response(text, SPENDING, "shares")
    assert read.status == "answered"
    np.testing.assert_allclose(read.probs, [0.2, 0.3, 0.5])
    assert read.raw_sum == pytest.approx(1)


@pytest.mark.parametrize(
    "text",
    [
        "", "[, , ,]", "[20, 30]", "[20, 30, 40, 10]", "[1, 2, 3]", "[0, 0, 0]", "[20, 30, -50]", "[20-30, 30, 50]", "25%",
        "[20, 30, 50] or [10, 40, 50]", "{'A': '20%', 'B': '30%'}", "{'A': '20%', 'B': '30%', 'H': '50%'}", "2",
        "{'A': '20%', 'A': '30%', 'C': '50%'}", "__import__('os').system('true')", "[0.5, 30%, 20]",
    ],
)  # fmt: skip
def test_what_is_not_clearly_shares_is_not_read(text: str) -> None:
    assert read_response(text, SPENDING, "shares").status == "unparsable"


def test_a_raw_sum_is_kept_and_refusals_are_told_apart() -> None:
    read = read_response("[20, 30, 40]", SPENDING, "shares")
    assert (read.raw_sum, sum(read.probs)) == (0.9, pytest.approx(1))
    assert read_response("{'A': 60, 'B': 30}", SPENDING, "shares").reason == "1 of 3 options is missing"
    assert read_response("{'A': 60}", SPENDING, "shares").reason == "2 of 3 options are missing"
    spared = read_response("{'A': 30, 'B': 30, 'C': 30, 'Refused': 10}", SPENDING, "shares")
    assert (spared.raw_sum, spared.probs) == (0.9, [1 / 3] * 3)
    for text in (
        "I'm sorry, but I can’t choose option 1.",
        "As an AI, I have no views.",
        "I cannot provide percentages",
    ):
        assert read_response(text, SPENDING, "pick").status == "refused"
        assert read_response(text, SPENDING, "shares").status == "refused"


def test_only_the_final_answer_of_a_chain_of_thought_counts() -> None:
    text = "First 1, then 3. <ANS_START>1</ANS_END> No: <ANS_START> 2 </ANS_END>"
    assert read_response(text, SPENDING, "pick", final=True).probs == [0, 1, 0]
    assert read_response("Reasoning. <ANS_START>[20, 30, 50]", SPENDING, "shares", final=True).probs == [0.2, 0.3, 0.5]
    assert read_response("The answer is 2.", SPENDING, "pick", final=True).status == "unparsable"


@given(st.text(max_size=200), st.sampled_from(["pick", "shares", "sequence"]))
def test_any_text_has_an_outcome(text: str, expect: str) -> None:
    read = read_response(text, SPENDING, expect)
    assert (read.probs is not None) == (read.status == "answered")
    if read.probs is not None:
        assert sum(read.probs) == pytest.approx(1)
        assert min(read.probs) >= 0


@given(st.lists(st.integers(0, 100), min_size=3, max_size=3).filter(lambda shares: 50 <= sum(shares) <= 150))
def test_shares_written_out_are_read_back(shares: list[int]) -> None:
    read = read_response(f"[{', '.join(f'{share}%' for share in shares)}]", SPENDING, "shares")
    np.testing.assert_allclose(read.probs, np.array(shares) / sum(shares))
    assert read.raw_sum == pytest.approx(sum(shares) / 100)


def test_answers_are_read_anew_without_asking(human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    prompt_rows = prompts(human, codebook, elicitation=["logprob", "self_random", "verbalized"])
    answers = ask(prompt_rows, FakeModel(seed=1), seed=1)
    assert parse(answers, prompt_rows).equals(answers)
    edited = answers.with_columns(
        pl.when(pl.col("prompt_id").str.contains("self_random")).then(pl.lit("perhaps")).otherwise("raw").alias("raw")
    )
    extracted = extraction(parse(edited, prompt_rows), prompt_rows)
    assert extracted.filter(pl.col("source").str.contains("self_random"))["extracted"].to_list() == [0.0, 0.0]
    assert extracted.filter(~pl.col("source").str.contains("self_random"))["extracted"].to_list() == [1.0] * 4
    with pytest.raises(FrameError, match="belong to no prompt"):
        parse(answers, prompt_rows.head(3))


@pytest.mark.parametrize("part", [1, 7, 10_000])
def test_answers_are_read_alike_in_parts_of_any_size_and_any_order(human, codebook, monkeypatch, part) -> None:
    prompt_rows = prompts(human, codebook, elicitation=["logprob", "self_random", "verbalized"])
    models = [FakeModel(seed=seed, name=f"fake {seed}") for seed in (2, 1)]
    answers = pl.concat(ask(prompt_rows, model, seed=1) for model in models)
    odd = pl.when(pl.int_range(pl.len()) % 5 == 0).then(pl.lit("2 or 3")).otherwise("raw").alias("raw")
    edited = answers.with_columns(odd)
    whole = parse(edited, prompt_rows)
    assert 0 < (whole["status"] == "unparsable").sum() < whole.height == answers.height
    assert whole.equals(whole.sort("model", "prompt_id", "draw"))
    monkeypatch.setattr("opinionframe.elicitation.parsing.parse.PART", part)
    assert parse(edited.sample(fraction=1.0, shuffle=True, seed=1), prompt_rows).equals(whole)


def test_own_columns_called_as_those_of_prompts_change_no_reading(human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    prompt_rows = prompts(human, codebook, elicitation=["logprob", "self_random", "verbalized"])
    answers = ask(prompt_rows, FakeModel(seed=1), seed=1)
    own = {"elicitation": "logprob", "variant": "cot", "option_list": "x", "prompt": "mine", "template": "t",
           "question": "mine", "demographic": "all", "dataset": "mine", "options": "A"}  # fmt: skip
    with_own = answers.with_columns(pl.lit(value).alias(name) for name, value in own.items())
    assert parse(with_own, prompt_rows).equals(with_own)
    assert to_opinions(with_own, prompt_rows, codebook).equals(to_opinions(answers, prompt_rows, codebook))
    assert extraction(with_own, prompt_rows).equals(extraction(answers, prompt_rows))
    with_dataset = prompt_rows.with_columns(dataset=pl.lit("mine"))
    assert extraction(with_own, with_dataset, codebook).equals(extraction(answers, prompt_rows, codebook))


def test_an_answer_without_text_is_an_answer_not_read(human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    prompt_rows = prompts(human, codebook, elicitation="self_random", prompt="base")
    answers = ask(prompt_rows, FakeModel(seed=1), seed=1).with_columns(
        pl.when(pl.col("draw") > 1).then("raw").alias("raw")
    )
    again = parse(answers, prompt_rows)
    assert again.height == answers.height
    assert again.filter(pl.col("raw").is_null())["status"].unique().to_list() == ["unparsable"]
    lost = answers["raw"].null_count() / answers.height
    assert 0 < lost < 1
    assert to_opinions(again, prompt_rows, codebook)["nonresponse"].unique().to_list() == pytest.approx([lost])


@pytest.mark.parametrize("text", ["I choose No. 1", "Answer: No. 1", "My answer is No.2", "I would pick No. 1."])
def test_no_before_a_number_is_the_sign_of_a_number(text: str) -> None:
    assert read_response(text, ["Yes", "No"], "pick").status == "unparsable"


@pytest.mark.parametrize("text", ["Answer: No.", "The answer is No. I am sure.", "I choose 2 (No)."])
def test_no_is_an_answer_else(text: str) -> None:
    assert read_response(text, ["Yes", "No"], "pick").probs == [0, 1]
