"""Answers become shares, by hand: draws are averaged, option orders undone, and what is missing counted."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from opinionframe.elicitation import (
    ExtractionWarning,
    FakeModel,
    Reply,
    Request,
    ask,
    elicit,
    extraction,
    prompts,
    to_opinions,
)
from opinionframe.errors import FrameError, ModelError


class Scripted(FakeModel):
    """Answers by place or by script: a respondent whose truth is known."""

    def __init__(self, say) -> None:
        super().__init__(seed=1)
        self.say = say

    def answer(self, requests):
        for request in requests:
            reply = self.say(request)
            yield Reply(request, *reply) if isinstance(reply, tuple) else Reply(request, reply)


def cells(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    return rows.filter(pl.col("source").str.contains(kind)).sort("question", "demographic", "choice")


def test_draws_are_averaged_and_the_unreadable_counted(human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    texts = ["1", "3", "I'm sorry, I cannot answer.", "3", "7"]
    model = Scripted(lambda request: texts[request.draw])
    prompt_rows = prompts(human, codebook, elicitation="self_random", prompt="base")
    answers = ask(prompt_rows, model, seed=1)
    assert answers["status"].value_counts().sort("status").rows() == [
        ("answered", 6),
        ("refused", 2),
        ("unparsable", 2),
    ]
    rows = to_opinions(answers, prompt_rows, codebook, cells=human)
    assert rows.height == 2 * 4 * 3
    one = rows.filter(question="natspac", demographic="sex=Female")
    assert one["prob"].to_list() == [pytest.approx(1 / 3), 0.0, pytest.approx(2 / 3)]
    assert one["n_eff"].unique().to_list() == [3.0]
    assert one["nonresponse"].unique().to_list() == [pytest.approx(0.4)]
    extracted = extraction(answers, prompt_rows)
    assert extracted.select(
        "prompts", "answers", "answered", "refused", "unparsable", "failed", "extracted"
    ).rows() == [(2, 10, 6, 2, 2, 0, 1.0)]


def test_verbalized_shares_are_averaged_over_draws(human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    texts = ["[20, 30, 50]", "[40, 40, 20]", "no idea"]
    model = Scripted(lambda request: texts[request.draw])
    prompt_rows = prompts(human, codebook, elicitation="verbalized", prompt="sd")
    rows = to_opinions(ask(prompt_rows, model, seed=1), prompt_rows, codebook)
    one = rows.filter(question="natspac", demographic="sex=Female")
    assert one["prob"].to_list() == pytest.approx([0.3, 0.35, 0.35])
    assert one["n_eff"].to_list() == [None] * 3
    assert one["nonresponse"][0] == pytest.approx(1 / 3)


def test_balanced_orders_undo_an_answer_by_position(human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    by_place = Scripted(lambda request: ("1", (0.6, 0.2, 0.1)))
    by_label = Scripted(
        lambda request: (
            "1",
            tuple(0.8 * ("much'" in option) for option in request.text.split("[")[1].split("]")[0].split(", ")),
        )
    )
    given = elicit(human, codebook, by_place, prompt="base", seed=1)
    assert cells(given, "base")["prob"].to_list()[:3] == pytest.approx([6 / 9, 2 / 9, 1 / 9])
    balanced = elicit(human, codebook, by_place, prompt="base", orders="balanced", seed=1)
    assert balanced["source"].unique(maintain_order=True).to_list()[1] == "fake+balanced|logprob|base|standard"
    assert cells(balanced, "base")["prob"].to_list() == pytest.approx([1 / 3] * 24)
    assert cells(balanced, "base")["nonresponse"].to_list() == pytest.approx([0.1] * 24)
    by_label_balanced = elicit(human, codebook, by_label, prompt="base", orders="balanced", seed=1)
    assert cells(by_label_balanced, "base")["prob"].to_list()[:3] == pytest.approx([0.0, 0.0, 1.0])


def test_a_cell_without_an_answer_is_told_of_and_has_no_rows(human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    model = Scripted(lambda request: "perhaps" if "Democrat" in request.text else "2")
    with pytest.warns(ExtractionWarning, match=r"fake\|paraphrase\|sd\|standard 75.0% extracted"):
        rows = elicit(human, codebook, model, elicitation="paraphrase", seed=1)
    assert cells(rows, r"\|sd\|")["demographic"].n_unique() == 3
    assert cells(rows, r"\|base\|")["demographic"].n_unique() == 4
    with pytest.raises(FrameError, match="already has 1 of these sources"):
        elicit(rows, codebook, FakeModel(seed=1), elicitation="paraphrase", prompt="base", seed=1)


def test_the_warning_says_why_answers_were_lost_and_where_they_are(
    human: pl.DataFrame, codebook: pl.DataFrame, tmp_path: Path
) -> None:
    class Failing(FakeModel):
        def answer(self, requests: Sequence[Request]) -> Iterator[Reply]:
            for number, request in enumerate(requests):
                error = f"the server answered 400: no, in request {number}." if number % 2 else None
                yield Reply(request, "That depends." if error is None else None, error=error)

    with pytest.warns(ExtractionWarning) as warned:
        elicit(human, codebook, Failing(seed=1), elicitation="self_random", prompt="base", seed=1, journal=tmp_path)
    assert str(warned[0].message) == (
        "Some prompts got no readable answer and their cells no rows: fake|self_random|base|standard 0.0% extracted. "
        "10 of 10 answers: unparsable (5); failed (5). "
        "Reasons: no single answer in [1,3] (5); the server answered 400: no, in request 1. (5). "
        f"One raw answer: 'That depends.'. All answers are in {tmp_path}. See of.extraction."
    )


def test_an_error_that_ends_a_run_says_what_failed_before_and_what_is_kept(
    human: pl.DataFrame, codebook: pl.DataFrame, tmp_path: Path
) -> None:
    class Ending(FakeModel):
        def answer(self, requests: Sequence[Request]) -> Iterator[Reply]:
            answered, failed, *_ = requests
            yield Reply(answered, "1")
            yield Reply(failed, error="the line went dead")
            raise ModelError("no credit")

    with pytest.raises(ModelError, match="no credit") as ended:
        elicit(human, codebook, Ending(seed=1), elicitation="self_random", prompt="base", seed=1, journal=tmp_path)
    assert ended.value.__notes__ == [
        "1 requests had failed before: the line went dead (1).",
        f"1 of 10 answers are on record in {tmp_path}. Run the same again to ask for the others alone.",
    ]


def test_scores_do_not_depend_on_the_order_of_rows(human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    prompt_rows = prompts(human, codebook, elicitation=["self_random", "verbalized", "logprob", "paraphrase"])
    answers = ask(prompt_rows, FakeModel(seed=1), seed=1)
    shuffled = to_opinions(
        answers.sample(fraction=1, shuffle=True, seed=1), prompt_rows.reverse().lazy(), codebook, cells=human
    )
    assert_frame_equal(shuffled, to_opinions(answers, prompt_rows, codebook, cells=human))


def test_every_method_and_variant_of_the_paper_has_an_answer(human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    rows, model = human, FakeModel(seed=1)
    methods = ["self_random", "paraphrase", "verbalized", "logprob"]
    for variant in ("standard", "few_shot", "cot"):
        rows = elicit(
            rows, codebook, model, elicitation=methods[: 3 if variant == "cot" else 4], variant=variant, seed=1
        )
    sources = (
        rows.filter(pl.col("source") != "human").group_by("source").agg(pl.struct("question", "demographic").n_unique())
    )
    assert sources.height == 2 * (4 + 4 + 3)
    assert set(sources["question"]) == {8}
    assert rows.filter(pl.col("source") != "human")["nonresponse"].max() < 1e-9
