# ruff: noqa: E501, RUF001 - the paper's wording, with its own quotation marks
"""Prompts word the paper's tables exactly, one row per text."""

import polars as pl
import pytest

from opinionframe.elicitation import FakeModel, ask, dry_run, prompts, read_wording
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
QUESTION = "Question: ‘How much do you trust {c}?’"
YOUR = "your sex is Female and your age is 18-29"
EXPECTED = {
    ("base", "logprob"): f"Would you respond with {LISTED} to the following question? {QUESTION} {INDEX}",
    (
        "base",
        "paraphrase-2",
    ): f"How might someone respond to the following question? {QUESTION} Possible responses are {LISTED}. {INDEX}",
    ("base", "paraphrase-3"): f"{QUESTION} Response options: {LISTED}. {INDEX}",
    (
        "base",
        "paraphrase-4",
    ): f"Below you will be asked to answer some questions. {QUESTION} Response options: {LISTED}. {INDEX}",
    ("base", "paraphrase-5"): f"Answer the following question. {QUESTION} Response options: {LISTED}. {INDEX}",
    ("base", "verbalized"): (
        f"What percentage of people would respond with {LISTED} to the following question? {QUESTION} "
        f"Respond with a list of 4 numbers which represent the percentages for {LISTED} in that order. "
        "Expected response format: [, , ,] Response:"
    ),
    ("sd", "logprob"): f"Imagine {YOUR}. Would you respond with {LISTED} to the following question? {QUESTION} {INDEX}",
    ("sd", "paraphrase-2"): (
        "How would a person whose sex is Female and whose age is 18-29 respond to the following question? "
        f"{QUESTION} Possible responses are {LISTED} {INDEX}"
    ),
    ("sd", "paraphrase-3"): f"Person: Female sex, 18-29 age {QUESTION} Response options: {LISTED} {INDEX}",
    ("sd", "paraphrase-4"): (
        "Below you will be asked to provide a short description of your sex and age and then answer some questions. "
        f"Description: I am Female and I am 18-29 years old {QUESTION} {INDEX}"
    ),
    (
        "sd",
        "paraphrase-5",
    ): f"Answer the following question as if {YOUR}. Would you respond with {LISTED} to the following question? {QUESTION} {INDEX}",
    ("sd", "verbalized"): (
        f"What percentage of people whose sex is Female and whose age is 18-29 would respond with {LISTED} to the following "
        "question? Question: ’How much do you trust {c}?’ "
        f"Respond with a list of 4 numbers which represent the percentages for {LISTED} in that order. "
        "Expected response format: [, , ,] Response:"
    ),
}


def prompts_of_cells(**options: object) -> pl.DataFrame:
    chosen = {"elicitation": ["logprob", "self_random", "paraphrase", "verbalized"], "cells": CELLS} | options
    return prompts(NOBODY, CODEBOOK, **chosen)


@pytest.mark.parametrize(("prompt", "template"), list(EXPECTED))
def test_wording_is_the_papers(prompt: str, template: str) -> None:
    group = pl.col("demographic").is_null() if prompt == "base" else pl.col("demographic").str.starts_with("sex")
    [text] = prompts_of_cells().filter(pl.col("question") == "trust", pl.col("template") == f"paper/{template}", group)[
        "text"
    ]
    assert text == EXPECTED[prompt, template]


def test_base_is_asked_once_per_question_and_everybody_is_worded_as_base() -> None:
    frame = prompts_of_cells()
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
    text = prompts_of_cells(prompt="base", elicitation="logprob").filter(question="drink")["text"][0]
    assert "['I do', \"I don't\"]" in text


def test_cot_reasons_before_answering_and_never_reads_logprobs() -> None:
    [text] = prompts_of_cells(prompt="base", elicitation="self_random", variant="cot").filter(question="trust")["text"]
    start, rest = text.split(" Explain your reasoning step-by-step before answering. ")
    assert start == f"Would you respond with {LISTED} to the following question? {QUESTION}"
    assert rest == (
        INDEX.removesuffix(" Response:")
        + " Put your final answer at the end of your response between <ANS_START> and </ANS_END>."
        " Use a maximum of 500 words for your reasoning and final answer combined."
    )
    with pytest.raises(OptionError, match="logprob"):
        prompts_of_cells(variant="cot")


def test_a_wording_of_ones_own_is_merged_and_named(tmp_path) -> None:
    own = tmp_path / "deutsch.toml"
    own.write_text(
        '[methods.logprob]\nbase = ["Wie antworten Sie: {choices}? {q}"]\nsd = ["Angenommen, {am}. {q}"]\n'
        '[attributes.party]\nam = "Sie wählen {c}"\nclasses = { "Other party" = "eine andere Partei" }\n'
    )
    frame = prompts_of_cells(wording=own, elicitation="logprob")
    assert frame["template"].unique().to_list() == ["deutsch/logprob"]
    [text] = frame.filter(question="drink", prompt="sd")["text"]
    assert text.startswith("Angenommen, Sie wählen eine andere Partei. Do you drink tea? Respond")
    assert read_wording("question_first").name == "question_first"
    own.write_text('[methods.logprob]\nbase = ["{who}"]\n')
    with pytest.raises(OptionError, match="unknown placeholder who"):
        prompts_of_cells(wording=own)


def test_wrong_cells_and_options_are_refused() -> None:
    with pytest.raises(FrameError, match="1 have a question that is not in the codebook"):
        prompts_of_cells(cells=pl.DataFrame({"question": ["nope", "trust"], "demographic": ["all", "all"]}))
    with pytest.raises(FrameError, match="lacks demographic"):
        prompts_of_cells(cells=pl.DataFrame({"question": ["trust"]}))
    with pytest.raises(FrameError, match="no row of source 'human'"):
        prompts_of_cells(cells=None)
    with pytest.raises(OptionError, match="Allowed: logprob, paraphrase"):
        prompts_of_cells(elicitation="guess")
    with pytest.raises(OptionError, match="neither a file nor one of: paper, question_first"):
        prompts_of_cells(wording="nope")


def humans(shares: dict[str, list[float]], demographics: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Human rows and codebook of questions with these shares in every group."""
    rows = [(q, d, i, "human", p) for q, ps in shares.items() for d in demographics for i, p in enumerate(ps, start=1)]
    schema = {
        "question": pl.String,
        "demographic": pl.String,
        "choice": pl.UInt8,
        "source": pl.String,
        "prob": pl.Float64,
    }
    opinions = pl.DataFrame(rows, schema=schema, orient="row")
    codebook = (
        opinions.unique(["question", "choice"])
        .sort("question", "choice")
        .select(
            "question",
            "choice",
            label=pl.format("label {}", "choice"),
            position=pl.col("choice").cast(pl.Float64),
            text=pl.format("What of {}?", "question"),
            scale=pl.lit("ordinal"),
            topic=pl.lit(None, dtype=pl.String),
            dataset=pl.lit(None, dtype=pl.String),
        )
    )
    return opinions, codebook


def test_few_shot_shows_other_questions_answered_and_never_its_own() -> None:
    opinions, codebook = humans({f"q{i}": [0.25, 0.75, 0.0] for i in range(8)}, ["all", "sex=Female"])
    few = prompts(opinions, codebook, elicitation=["verbalized", "self_random"], variant="few_shot", seed=1)
    assert few.height == 2 * (8 + 16)
    for question, text, method in few.select("question", "text", "elicitation").rows():
        shown, task = text.split(" Task: ")
        assert shown.startswith("Please complete the task below. Follow the examples given. Examples: ")
        assert f"What of {question}?" in task
        assert f"What of {question}?" not in shown
        assert shown.count("What of ") == 5
        assert shown.count("Response: [25.0, 75.0, 0.0]") == (5 if method == "verbalized" else 0)
    group = few.filter(demographic="sex=Female", elicitation="self_random")
    assert (group["text"].str.count_matches("your sex is Female", literal=True) == 6).all()
    drawn = group["text"].str.extract_all(r"Response: \d").explode().str.slice(-1).unique()
    assert set(drawn) == {"1", "2"}
    with pytest.raises(OptionError, match="give seed="):
        prompts(opinions, codebook, variant="few_shot")


def test_few_shot_keeps_a_fold_out_and_shows_questions_that_are_not_asked() -> None:
    opinions, codebook = humans({f"q{i}": [0.5, 0.5] for i in range(4)}, ["age=18-29"])
    folds = pl.DataFrame({"question": ["q0", "q1", "q2", "q3"], "fold": [0, 0, 1, 1]})
    cells = pl.DataFrame({"question": ["q0"], "demographic": ["age=18-29"]})
    few = prompts(opinions, codebook, prompt="sd", variant="few_shot", cells=cells, folds=folds, seed=1)
    [text] = few["text"]
    assert [f"What of q{i}?" in text for i in range(4)] == [True, False, True, True]
    alone = codebook.filter(question="q0")
    with pytest.raises(FrameError, match="no other question to show"):
        prompts(opinions.filter(question="q0"), alone, variant="few_shot", seed=1)


def test_balanced_orders_put_each_option_once_in_each_place() -> None:
    frame = prompts_of_cells(elicitation="logprob", prompt="base", orders="balanced").filter(question="trust")
    assert sorted(frame["order"].to_list()) == [[1, 2, 3, 4], [2, 3, 4, 1], [3, 4, 1, 2], [4, 1, 2, 3]]
    assert frame.filter(pl.col("order").list.first() == 3)["text"][0].startswith(
        "Would you respond with ['not much', 'not at all', 'a lot', 'some'] to"
    )
    both = prompts_of_cells(elicitation="logprob", prompt="base", orders="both").filter(question="trust")
    assert sorted(both["order"].to_list()) == [[1, 2, 3, 4], [4, 3, 2, 1]]
    with pytest.raises(OptionError, match="Allowed: balanced, both, given"):
        prompts_of_cells(orders="random")


def test_a_dry_run_counts_what_would_be_asked_and_what_is_on_record(tmp_path) -> None:
    opinions, codebook = humans({f"q{i}": [0.25, 0.75, 0.0] for i in range(3)}, ["all", "sex=Female"])
    prompt_rows = prompts(opinions, codebook, elicitation=["logprob", "self_random", "verbalized"])
    plan = dry_run(prompt_rows, prices=(2.0, 8.0))
    assert plan.select("elicitation", "prompt", "prompts", "calls").rows() == [
        ("logprob", "base", 3, 3),
        ("logprob", "sd", 6, 3),
        ("self_random", "base", 3, 15),
        ("self_random", "sd", 6, 15),
        ("verbalized", "base", 3, 9),
        ("verbalized", "sd", 6, 9),
    ]
    first = plan.row(0, named=True)
    assert first["cost_low"] == pytest.approx((first["tokens_in_low"] * 2 + 3 * 8) / 1e6)
    assert (plan["cost_low"] < plan["cost_high"]).all()
    ask(prompt_rows.filter(elicitation="logprob"), FakeModel(seed=1), seed=1, journal=tmp_path)
    rest = dry_run(prompt_rows, model=FakeModel(seed=1), journal=tmp_path, seed=1)
    assert rest["calls"].to_list() == [0, 0, 15, 15, 9, 9]
    assert rest["on_record"].to_list() == [3, 6, 0, 0, 0, 0]


def test_the_papers_tokens_lie_within_the_range(smollm, human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    prompt_rows = prompts(human, codebook)
    plan, answers = dry_run(prompt_rows), ask(prompt_rows.unique("text"), smollm, seed=1)
    assert plan["tokens_in_low"].sum() < answers["tokens_in"].sum() < plan["tokens_in_high"].sum()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[methods.logprob]\nsd = ["Imagine {your}. {choices}"]', r"\(sd of logprob\) lacks \{q\}"),
        ('[methods.logprob]\nsd = ["Would you? {q}"]', r"\(sd of logprob\) says no group"),
        ('[methods.logprob]\nsd = "Imagine {your}. {q}"', "sd of logprob is no list of texts"),
        ('[methods.logprob]\nbase = ["{q}", "So: {q}"]', "logprob has 2 base and 1 sd templates"),
        ('[variants]\nfew_shot = "{task}"', r"the variant few_shot lacks \{examples\}"),
        ('[fragment.your]\nunit = "Ihr {att}"', "names fragment in sections"),
        ('[fragments.yours]\nunit = "Ihr {att}"', r"names yours in \[fragments\]"),
        ('[attributes.sex]\nyour = "you are {class}"', "unknown placeholder class"),
        ('attributes.sex = "gender"', "attributes.sex is no table"),
    ],
)
def test_a_wording_that_would_leave_something_out_is_refused(tmp_path, text, reason) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(OptionError, match=reason):
        read_wording(tmp_path / "mine.toml")
