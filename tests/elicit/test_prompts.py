# ruff: noqa: E501, RUF001 - the paper's wording, with its own quotation marks
"""Prompts word the paper's tables exactly, one row per text."""

import polars as pl
import pytest

from opinionframe.elicit import prompts, read_wording
from opinionframe.errors import FrameError, OptionError

CODEBOOK = pl.DataFrame(
    {
        "question": ["trust"] * 4 + ["drink"] * 2,
        "choice": [1, 2, 3, 4, 1, 2],
        "label": ["a lot", "some", "not much", "not at all", "I do", "I don't"],
        "position": [1.0, 2.0, 3.0, 4.0, 1.0, 2.0],
        "text": ["How much do you trust {c}?"] * 4 + ["Do you drink tea?"] * 2,
        "scale": "ordinal",
        "topic": None,
        "dataset": None,
    }
)
CELLS = pl.DataFrame(
    {"question": ["trust", "trust", "drink"], "demographic": ["sex=Female & age=18-29", "all", "party=Other party"]}
)
NOBODY = pl.DataFrame(
    schema={
        "question": pl.String,
        "demographic": pl.String,
        "choice": pl.UInt8,
        "source": pl.String,
        "prob": pl.Float64,
    }
)
LISTED = "['a lot', 'some', 'not much', 'not at all']"
INDEX = (
    "Respond with only a single integer number in the inclusive range [1,4], "
    f"representing the index of your selected answer choice in {LISTED}. Response:"
)
ASKED = "Question: ‘How much do you trust {c}?’"
YOUR = "your sex is Female and your age is 18-29"
EXPECTED = {
    ("base", "logprob"): f"Would you respond with {LISTED} to the following question? {ASKED} {INDEX}",
    (
        "base",
        "paraphrase-2",
    ): f"How might someone respond to the following question? {ASKED} Possible responses are {LISTED}. {INDEX}",
    ("base", "paraphrase-3"): f"{ASKED} Response options: {LISTED}. {INDEX}",
    (
        "base",
        "paraphrase-4",
    ): f"Below you will be asked to answer some questions. {ASKED} Response options: {LISTED}. {INDEX}",
    ("base", "paraphrase-5"): f"Answer the following question. {ASKED} Response options: {LISTED}. {INDEX}",
    ("base", "verbalized"): (
        f"What percentage of people would respond with {LISTED} to the following question? {ASKED} "
        f"Respond with a list of 4 numbers which represent the percentages for {LISTED} in that order. "
        "Expected response format: [, , ,] Response:"
    ),
    ("sd", "logprob"): f"Imagine {YOUR}. Would you respond with {LISTED} to the following question? {ASKED} {INDEX}",
    ("sd", "paraphrase-2"): (
        "How would a person whose sex is Female and whose age is 18-29 respond to the following question? "
        f"{ASKED} Possible responses are {LISTED} {INDEX}"
    ),
    ("sd", "paraphrase-3"): f"Person: Female sex, 18-29 age {ASKED} Response options: {LISTED} {INDEX}",
    ("sd", "paraphrase-4"): (
        "Below you will be asked to provide a short description of your sex and age and then answer some questions. "
        f"Description: I am Female and I am 18-29 years old {ASKED} {INDEX}"
    ),
    (
        "sd",
        "paraphrase-5",
    ): f"Answer the following question as if {YOUR}. Would you respond with {LISTED} to the following question? {ASKED} {INDEX}",
    ("sd", "verbalized"): (
        f"What percentage of people whose sex is Female and whose age is 18-29 would respond with {LISTED} to the following "
        "question? Question: ’How much do you trust {c}?’ "
        f"Respond with a list of 4 numbers which represent the percentages for {LISTED} in that order. "
        "Expected response format: [, , ,] Response:"
    ),
}


def made(**options: object) -> pl.DataFrame:
    chosen = {"elicitation": ["logprob", "self_random", "paraphrase", "verbalized"], "cells": CELLS} | options
    return prompts(NOBODY, CODEBOOK, **chosen)


@pytest.mark.parametrize(("prompt", "template"), list(EXPECTED))
def test_wording_is_the_papers(prompt: str, template: str) -> None:
    group = pl.col("demographic").is_null() if prompt == "base" else pl.col("demographic").str.starts_with("sex")
    [text] = made().filter(pl.col("question") == "trust", pl.col("template") == f"paper/{template}", group)["text"]
    assert text == EXPECTED[prompt, template]


def test_base_is_asked_once_per_question_and_everybody_is_worded_as_base() -> None:
    frame = made()
    assert frame.filter(prompt="base").height == 2 * 8
    assert frame.filter(prompt="sd").height == 3 * 8
    everybody = frame.filter(demographic="all").join(
        frame.filter(prompt="base"), on=["question", "template"], suffix="_base"
    )
    assert everybody.height == 8
    assert everybody.select((pl.col("text") == pl.col("text_base")).all()).item()
    same = frame.filter(pl.col("template").str.contains("logprob|self_random|paraphrase-1"))
    assert (
        same.group_by("question", "demographic", "prompt").agg(pl.col("text").n_unique())["text"].to_list() == [1] * 5
    )


def test_a_label_with_an_apostrophe_stays_readable() -> None:
    text = made(prompt="base", elicitation="logprob").filter(question="drink")["text"][0]
    assert "['I do', \"I don't\"]" in text


def test_cot_reasons_before_answering_and_never_reads_logprobs() -> None:
    [text] = made(prompt="base", elicitation="self_random", variant="cot").filter(question="trust")["text"]
    start, rest = text.split(" Explain your reasoning step-by-step before answering. ")
    assert start == f"Would you respond with {LISTED} to the following question? {ASKED}"
    assert rest == (
        INDEX.removesuffix(" Response:")
        + " Put your final answer at the end of your response between <ANS_START> and </ANS_END>."
        " Use a maximum of 500 words for your reasoning and final answer combined."
    )
    with pytest.raises(OptionError, match="logprob"):
        made(variant="cot")


def test_a_wording_of_ones_own_is_merged_and_named(tmp_path) -> None:
    own = tmp_path / "deutsch.toml"
    own.write_text(
        '[methods.logprob]\nbase = ["Wie antworten Sie: {choices}? {q}"]\nsd = ["Angenommen, {am}. {q}"]\n'
        '[attributes.party]\nam = "Sie wählen {c}"\nclasses = { "Other party" = "eine andere Partei" }\n'
    )
    frame = made(wording=own, elicitation="logprob")
    assert frame["template"].unique().to_list() == ["deutsch/logprob"]
    [text] = frame.filter(question="drink", prompt="sd")["text"]
    assert text.startswith("Angenommen, Sie wählen eine andere Partei. Do you drink tea? Respond")
    assert read_wording("question_first").name == "question_first"
    own.write_text('[methods.logprob]\nbase = ["{who}"]\n')
    with pytest.raises(OptionError, match="unknown placeholder who"):
        made(wording=own)


def test_wrong_cells_and_options_are_refused() -> None:
    with pytest.raises(FrameError, match="1 have a question that is not in the codebook"):
        made(cells=pl.DataFrame({"question": ["nope", "trust"], "demographic": ["all", "all"]}))
    with pytest.raises(FrameError, match="lacks demographic"):
        made(cells=pl.DataFrame({"question": ["trust"]}))
    with pytest.raises(FrameError, match="no row of source 'human'"):
        made(cells=None)
    with pytest.raises(OptionError, match="Allowed: logprob, paraphrase"):
        made(elicitation="guess")
    with pytest.raises(OptionError, match="neither a file nor one of: paper, question_first"):
        made(wording="nope")
