# ruff: noqa: E501 - a table of texts as servers send them
"""Why a text ended is kept, and decides before its words do; ceilings of tokens leave room for a thought."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from opinionframe.elicitation import (
    FakeModel,
    OpenAIModel,
    Reply,
    ask,
    dry_run,
    extraction,
    parse,
    prompts,
    read_response,
)
from opinionframe.elicitation.requests import THOUGHT_TOKENS, planned_requests
from opinionframe.errors import OptionError
from tests.elicitation.conftest import completion


@pytest.mark.parametrize(
    ("method", "text", "finish", "status", "reason"),
    [
        ("verbalized", "[20, 30, 5", "length", "cut off", "in mid-answer"), ("self_random", "I would choose option 1", "length", "cut off", "raise max_tokens"),
        ("self_random", "1", "MAX_TOKENS", "cut off", "ceiling of tokens"), ("self_random", "", "length", "cut off", "before an answer"),
        ("self_random", "<think>", "length", "cut off", "inside its thought"), ("self_random", None, "content_filter", "filtered", "content filter"),
        ("self_random", "2 and", "content_filter", "filtered", "content filter"), ("self_random", "2", "refusal", "refused", "declined"),
        ("self_random", "", "stop", "unparsable", "the reply is empty"), ("self_random", "2", "stop", "answered", None), ("self_random", "2", None, "answered", None),
    ],
)  # fmt: skip
def test_a_server_s_finish_reason_decides(
    serve, human, codebook, method: str, text: str | None, finish: str | None, status: str, reason: str | None
) -> None:
    def handle(_server, _body, chat) -> None:
        body = completion(text)
        body["choices"][0]["finish_reason"] = finish
        body["choices"][0]["message"]["reasoning_content"] = "The answer is 3."
        chat.send(body)

    asked = prompts(human, codebook, elicitation=method, prompt="base").head(1)
    answers = ask(asked, OpenAIModel("m", base_url=serve(handle).url), seed=1)
    [(kept, ended)] = answers.select("status", "finish").unique().rows()
    assert (kept, ended) == (status, finish)
    assert answers["reason"][0] is reason or reason in answers["reason"][0]
    assert (answers["probs"][0] is not None) == (status == "answered")
    assert_frame_equal(parse(answers, asked), answers)
    assert extraction(answers, asked)[status.replace(" ", "_")].item() == answers.height


def test_answers_saved_without_finish_reasons_are_read_as_unknown(human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    asked = prompts(human, codebook, elicitation="self_random", prompt="base")
    answers = ask(asked, FakeModel(seed=1), seed=1)
    assert answers["finish"].unique().to_list() == ["stop"]
    again = parse(answers.drop("finish"), asked)
    assert_frame_equal(again, answers.with_columns(finish=pl.lit(None, pl.String)))
    assert read_response("2", ["yes", "no"], "pick", finish="length").status == "cut off"


def test_ceilings_are_arguments_and_leave_room_for_a_thought(human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    asked = prompts(human, codebook, elicitation=["logprob", "self_random", "verbalized"], prompt="base")

    def ceilings(**options) -> set[tuple[str, int]]:
        return {(request.mode, request.max_tokens) for request in planned_requests(asked, seed=1, **options)[1]}

    assert ceilings(thinks=False) == {("score", 1), ("pick", 64), ("write", 112)}
    assert ceilings() == {("score", 1), ("pick", 64 + THOUGHT_TOKENS), ("write", 112 + THOUGHT_TOKENS)}
    assert ceilings(max_tokens=500) == {("score", 1), ("pick", 500), ("write", 500)}
    assert ceilings(max_tokens={"self_random": 9}, thinks=False) == {("score", 1), ("pick", 9), ("write", 112)}
    assert dry_run(asked, max_tokens=10)["tokens_out_high"].to_list() == [2, 100, 60]
    for wrong in (0, 1.5, True, {"logprob": 5}, {"verbalised": 5}):
        with pytest.raises(OptionError, match="max_tokens"):
            ask(asked, FakeModel(seed=1), seed=1, max_tokens=wrong)


def test_a_model_that_does_not_say_so_may_think(human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    class Thoughtful:
        name, revision, parameters = "thoughtful", "1", {}

        def answer(self, requests):
            for request in requests:
                assert request.max_tokens > THOUGHT_TOKENS
                yield Reply(request, "<think>1? No, the answer is 2.</think>\n3", finish="stop")

    asked = prompts(human, codebook, elicitation="self_random", prompt="base")
    assert ask(asked, Thoughtful(), seed=1)["probs"].to_list() == [[0.0, 0.0, 1.0]] * 10


def test_a_model_is_asked_whether_it_thinks_only_where_answers_are_written(human, codebook) -> None:
    class Slow(FakeModel):
        told = 0

        @property
        def thinks(self) -> bool:
            type(self).told += 1
            return False

    for elicitation, told in (("logprob", 0), ("self_random", 1)):
        ask(prompts(human, codebook, elicitation=elicitation, prompt="base"), Slow(seed=1), seed=1)
        assert told == Slow.told
