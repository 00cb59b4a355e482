"""What ends a run: a server's refusals, told early and in its own words, and stops that keep what was under way."""

import os
import signal
import threading
import time
from pathlib import Path

import polars as pl
import pytest

from opinionframe.elicitation import Journal, OpenAIModel, Request, ask, prompts
from opinionframe.errors import ModelError
from tests.elicitation.conftest import completion

NO = "Unsupported value: 'temperature' does not support 0.7 with this model."


def requests(number: int, mode: str = "pick") -> list[Request]:
    return [Request(f"{i}", mode, ("1", "2"), temperature=0.7) for i in range(number)]


def refusing(status: int, message: str, headers: dict[str, str] | None = None):
    return lambda server, body, chat: chat.send({"error": {"message": message}}, status, headers)


@pytest.mark.parametrize(
    ("status", "message"), [(400, NO), (402, "Insufficient credits."), (429, "You exceeded your current quota.")]
)
def test_a_few_equal_refusals_stop_the_run_with_the_servers_words(serve, status: int, message: str) -> None:
    server = serve(refusing(status, message))
    with pytest.raises(ModelError, match=f"refused 3 requests alike.*answers {status}: {message}") as stopped:
        list(OpenAIModel("m", base_url=server.url, api_key="sk-secret").answer(requests(50)))
    # As one is refused, another may go before the third refusal has come.
    assert 3 <= len(server.bodies) <= 5
    assert "sk-secret" not in str(stopped.value)


def test_messages_that_differ_in_numbers_alone_are_equal(serve) -> None:
    server = serve(
        lambda server, body, chat: chat.send({"error": {"message": f"request {time.time_ns()} is too long"}}, 400)
    )
    with pytest.raises(ModelError, match="refused 3 requests alike"):
        list(OpenAIModel("m", base_url=server.url).answer(requests(50)))


def test_refusals_of_some_prompts_alone_do_not_stop_a_run(serve) -> None:
    def handle(server, body, chat) -> None:
        number = int(body["messages"][0]["content"])
        if number % 2:
            return chat.send({"error": {"message": "this prompt is filtered"}}, 400)
        return chat.send(completion("1"))

    replies = list(OpenAIModel("m", base_url=serve(handle).url, concurrency=4).answer(requests(40)))
    assert len(replies) == 40
    assert sum(reply.error is None for reply in replies) == 20
    assert all("this prompt is filtered" in reply.error for reply in replies if reply.error)


def test_one_kind_that_is_refused_stops_although_another_is_answered(serve) -> None:
    def handle(server, body, chat) -> None:
        if body.get("logprobs"):
            return chat.send(completion("1", logprobs={"1": -0.1}))
        return chat.send({"error": {"message": NO}}, 400)

    server = serve(handle)
    with pytest.raises(ModelError, match="does not support 0.7"):
        list(OpenAIModel("m", base_url=server.url).answer([*requests(20, "score"), *requests(20)]))
    refused = [body for body in server.bodies if not body.get("logprobs")]
    assert 3 <= len(refused) <= 5


def test_a_budget_that_ends_midway_stops_and_a_pace_does_not(serve) -> None:
    def handle(server, body, chat) -> None:
        if len(server.bodies) > 20:
            return chat.send({"error": {"message": "out", "code": "insufficient_quota"}}, 429)
        if len(server.bodies) % 5 == 0:
            return chat.send({"error": {"message": "quota per minute"}}, 429, {"Retry-After": "0.01"})
        return chat.send(completion("1"))

    server = serve(handle)
    replies = OpenAIModel("m", base_url=server.url, concurrency=1).answer(requests(50))
    with pytest.raises(ModelError, match=r"out \(insufficient_quota\)\. Pay or raise the limit"):
        list(replies)
    assert len(server.bodies) == 23


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_key_or_model_that_is_not_accepted_is_told_in_the_servers_words(serve, status: int) -> None:
    server = serve(refusing(status, "The model `m` does not exist for sk-secret"))
    with pytest.raises(ModelError, match=r"It says: The model `m` does not exist for \*\*\*\."):
        list(OpenAIModel("m", base_url=server.url, api_key="sk-secret").answer(requests(50)))
    assert len(server.bodies) <= 3


@pytest.fixture
def prompt_rows(human: pl.DataFrame, codebook: pl.DataFrame) -> pl.DataFrame:
    """Eighty draws."""
    return prompts(human, codebook, elicitation="self_random")


def test_answers_under_way_when_a_key_is_refused_are_on_record(serve, prompt_rows, tmp_path: Path) -> None:
    answered: list[int] = []

    def handle(server, body, chat) -> None:
        with server.lock:
            number = len(server.bodies)
        if number == 15:
            return chat.send({"error": {"message": "revoked"}}, 401)
        time.sleep(0.3)
        answered.append(number)
        return chat.send(completion("1"))

    server = serve(handle)
    with pytest.raises(ModelError, match="revoked"):
        ask(prompt_rows, OpenAIModel("m", base_url=server.url, concurrency=6), seed=1, journal=tmp_path)
    records = sum(len(file.read_text().splitlines()) for file in tmp_path.glob("*.jsonl"))
    assert records == len(answered) >= 14
    asked = len(server.bodies)
    time.sleep(0.4)
    assert len(server.bodies) == asked


def test_answers_under_way_on_ctrl_c_are_on_record(serve, prompt_rows, tmp_path: Path) -> None:
    answered: list[int] = []

    def handle(server, body, chat) -> None:
        time.sleep(0.2)
        answered.append(1)
        chat.send(completion("1"))

    model = OpenAIModel("m", base_url=serve(handle).url, concurrency=6)
    threading.Timer(0.9, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt) as stopped:
        ask(prompt_rows, model, seed=1, journal=tmp_path)
    with Journal(tmp_path) as journal:
        assert len(journal._records) == len(answered) > 6
    assert f"{len(answered)} of 40 answers are on record" in "".join(stopped.value.__notes__)


def test_an_interrupt_while_an_answer_is_written_loses_none(serve, prompt_rows, tmp_path: Path) -> None:
    answered: list[int] = []

    def handle(server, body, chat) -> None:
        time.sleep(0.05)
        answered.append(1)
        chat.send(completion("1"))

    def interrupt(progress) -> None:
        if progress.asked == 10:
            raise KeyboardInterrupt

    model = OpenAIModel("m", base_url=serve(handle).url, concurrency=6)
    with pytest.raises(KeyboardInterrupt):
        ask(prompt_rows, model, seed=1, journal=tmp_path, progress=interrupt)
    with Journal(tmp_path) as journal:
        assert len(journal._records) == len(answered) > 10


def test_the_timeout_bounds_the_request_and_not_the_silence(serve) -> None:
    def handle(server, body, chat) -> None:
        chat.send_response(200)
        chat.send_header("Content-Type", "application/json")
        chat.send_header("Content-Length", "1000")
        chat.end_headers()
        for _ in range(40):
            chat.wfile.write(b" ")
            chat.wfile.flush()
            time.sleep(0.1)

    start = time.monotonic()
    [reply] = OpenAIModel("m", base_url=serve(handle).url, timeout=0.5, retries=0).answer(requests(1))
    assert reply.error == "no whole answer within timeout=0.5 seconds"
    assert time.monotonic() - start < 3


def test_nothing_more_is_asked_once_the_taking_of_answers_failed(serve, prompt_rows, tmp_path: Path) -> None:
    def handle(server, body, chat) -> None:
        time.sleep(0.02)
        chat.send(completion("1"))

    taken: list[object] = []

    def fail(progress: object) -> None:
        taken.append(progress)
        if len(taken) == 4:
            raise ValueError("no place for a bar")

    server = serve(handle)
    model = OpenAIModel("m", base_url=server.url, concurrency=2)
    with pytest.raises(ValueError, match="no place for a bar") as failed:
        ask(prompt_rows, model, seed=1, journal=tmp_path, progress=fail)
    asked = len(server.bodies)
    time.sleep(0.4)
    assert failed.value.__traceback__ is not None  # as a notebook keeps it
    assert len(server.bodies) == asked < 40
    assert set(ask(prompt_rows, model, seed=1, journal=tmp_path)["status"]) == {"answered"}
    assert len(server.bodies) <= 40 + 2 + 1  # what was under way is asked again
