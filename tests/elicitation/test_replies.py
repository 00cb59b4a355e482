"""Replies of every shape that servers send: read where they can be, else failed with the reason."""

import json
import math

import numpy as np
import pytest

from opinionframe.elicitation import Reply, Request
from opinionframe.elicitation.models.protocol import checked_reply
from opinionframe.elicitation.models.server.reply import read_completion, read_json
from opinionframe.elicitation.models.server.retry import NoChoiceError, NoScoreError

PICK = Request("?", "pick", ("1", "2", "3"))
SCORE = Request("?", "score", ("1", "2", "3"))


def text(message: object, **fields: object) -> Reply:
    completion = {"choices": [{"index": 0, "finish_reason": "stop", "message": message}], **fields}
    return read_completion(read_json(json.dumps(completion).encode()), PICK)


def score(top: object) -> Reply:
    choice = {"message": {"content": "1"}, "logprobs": {"content": [{"token": "1", "top_logprobs": top}]}}
    reply = read_completion(read_json(json.dumps({"choices": [choice]}).encode()), SCORE)
    checked_reply(reply)
    return reply


def tokens(*pairs: tuple[str, object]) -> list[dict[str, object]]:
    return [{"token": token, "logprob": logprob} for token, logprob in pairs]


@pytest.mark.parametrize(
    ("message", "raw"),
    [
        ({"content": "2"}, "2"),
        ({"content": [{"type": "text", "text": "2"}]}, "2"),
        ({"content": [{"type": "thinking", "thinking": "1 or 2?"}, {"type": "text", "text": "2"}]}, "2"),
        ({"content": [{"type": "output_text", "text": {"value": "2", "annotations": []}}]}, "2"),
        ({"content": ["2", {"text": "."}]}, "2."),
        ({"content": {"type": "text", "text": "2"}}, "2"),
        ("2", "2"),
        ({"content": None, "refusal": "I cannot."}, "I cannot."),
        ({"content": [], "refusal": None}, ""),
        ({"content": None}, ""),
        ({"content": "\ud83d 2"}, "\ufffd 2"),
    ],
)
def test_content_is_read_in_every_form(message: object, raw: str) -> None:
    reply = text(message)
    assert (reply.raw, reply.error) == (raw, None)
    reply.raw.encode()


@pytest.mark.parametrize("content", [7, [7], [{"type": "text", "text": 7}], [{"type": "text"}]])
def test_content_of_an_unknown_form_is_failed(content: object) -> None:
    reply = text({"content": content})
    assert reply.raw is None
    assert "content of an unknown form" in reply.error


def test_a_choice_of_the_older_interface_is_read() -> None:
    legacy = {"text": "2", "logprobs": {"tokens": ["2"], "top_logprobs": [{"2": math.log(0.5), " 1": math.log(0.25)}]}}
    completion = read_json(json.dumps({"choices": legacy}).encode())
    assert read_completion(completion, PICK).raw == "2"
    assert read_completion(completion, SCORE).masses == pytest.approx((0.25, 0.5, 0))


@pytest.mark.parametrize(
    "sent", [b"", b"<html>", b"[]", b"{}", b'{"choices": []}', b'{"choices": [{"message": null}]}', b'{"choices": 3}']
)
def test_what_is_no_completion_is_a_fault_of_the_line(sent: bytes) -> None:
    with pytest.raises(NoChoiceError):
        read_json(sent)


def test_an_error_in_place_of_a_completion_is_repeated() -> None:
    with pytest.raises(NoChoiceError, match="overloaded"):
        read_json(b'{"error": {"message": "overloaded", "code": 502}}')


def test_null_is_a_probability_of_0() -> None:
    reply = score(tokens(("1", math.log(0.9)), ("2", math.log(0.1)), ("3", None)))
    assert reply.masses == pytest.approx((0.9, 0.1, 0))


def test_a_total_a_little_above_1_is_rounding_and_scaled() -> None:
    reply = score(tokens(("1", 0.0), ("2", -11.0)))
    assert math.fsum(reply.masses) == pytest.approx(1, abs=1e-12)
    assert reply.masses[1] == pytest.approx(math.exp(-11) / (1 + math.exp(-11)))
    # Below 1 nothing is scaled: the rest fell on other tokens.
    assert score(tokens(("1", math.log(0.5)))).masses == pytest.approx((0.5, 0, 0))


def test_a_total_far_above_1_is_no_distribution() -> None:
    assert "sum to 2" in score(tokens(("1", 0.0), ("2", 0.0))).error
    assert "sum to" in score(tokens(("1", 900.0))).error


def test_two_tokens_of_one_text_add_up_and_one_listed_twice_does_not() -> None:
    two = score(tokens(("1", math.log(0.4)), ("1", math.log(0.2)), ("2", math.log(0.4))))
    assert two.masses == pytest.approx((0.6, 0.4, 0))
    twice = score(tokens(("1", math.log(0.6)), ("1", math.log(0.6)), ("2", math.log(0.4))))
    assert twice.masses == pytest.approx((0.6, 0.4, 0))


@pytest.mark.parametrize("logprob", [float("nan"), "high", [1]])
def test_a_logarithm_that_is_none_fails_the_label_that_has_it_and_no_other(logprob: object) -> None:
    broken = score(tokens(("1", logprob), ("2", math.log(0.4))))
    assert broken.masses is None
    assert "as the log-probability of '1'" in broken.error
    elsewhere = score(tokens(("The", logprob), ("2", math.log(0.4))))
    np.testing.assert_allclose(elsewhere.masses, (0, 0.4, 0))


@pytest.mark.parametrize("top", [None, [], "1", [7]])
def test_a_score_without_probabilities_is_told_with_its_text(top: object) -> None:
    with pytest.raises(NoScoreError, match="sent no top_logprobs with the text '1'"):
        score(top)


@pytest.mark.parametrize(("count", "read"), [(7, 7), (None, None), (-1, None), (7.5, None), ("7", None), (2**40, None)])
def test_counts_of_tokens_are_counts(count: object, read: int | None) -> None:
    reply = text({"content": "2"}, usage={"prompt_tokens": count, "completion_tokens": count})
    assert (reply.tokens_in, reply.tokens_out) == (read, read)
    assert text({"content": "2"}, usage=None).tokens_in is None
