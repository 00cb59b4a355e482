"""A key stays in memory: no server that repeats it makes it stand in a journal, a frame, a message or a traceback."""

import json
import logging
import traceback
from urllib.parse import quote

import polars as pl
import pytest

from opinionframe.elicitation import OpenAIModel, ask, prompts
from opinionframe.errors import ModelError, OptionError
from tests.elicitation.conftest import completion

CANARY = "canary-0123456789+abc/defghijklmnopqrstuvwxyz"


@pytest.fixture
def rows(human: pl.DataFrame, codebook: pl.DataFrame) -> pl.DataFrame:
    return prompts(human, codebook, elicitation="self_random", prompt="base")


def pieces() -> set[str]:
    """The key, its spelling in an address, and what is left of it where a message is cut."""
    return {CANARY, quote(CANARY, safe=""), CANARY[:12]}


def echo(chat) -> str:
    return chat.headers["Authorization"]


ERRORS = {
    "in a body": lambda chat: json.dumps(
        {"error": {"message": f"bad header {echo(chat)}", "code": echo(chat)}}
    ).encode(),
    "cut off": lambda chat: json.dumps({"error": {"message": "x" * 375 + echo(chat)}}).encode(),
    "escaped": lambda chat: json.dumps({"error": echo(chat)}).replace("0", "\\u0030").encode(),
    "in an address": lambda chat: f"see http://host/?key={quote(CANARY, safe='')}".encode(),
    "as text": lambda chat: f"<html>{'y' * 80}{echo(chat)}</html>".encode(),
}


@pytest.mark.parametrize("status", [200, 400, 401, 429])
@pytest.mark.parametrize("form", ERRORS)
def test_an_echoed_header_is_masked_wherever_it_goes(
    serve, rows: pl.DataFrame, tmp_path, caplog, capfd, form: str, status: int
) -> None:
    def handle(server, body, chat) -> None:
        chat.send(ERRORS[form](chat), status)

    caplog.set_level(logging.INFO)
    model = OpenAIModel("m", base_url=serve(handle).url, api_key=CANARY, retries=0)
    try:
        answers = ask(rows, model, seed=1, draws={"self_random": 1}, journal=tmp_path)
        said = answers.write_json() + repr(model)
        assert answers["status"].unique().to_list() == ["failed"]
    except ModelError as error:
        said = "".join(traceback.format_exception(error)) + repr(error.__context__) + repr(error.__cause__)
        assert "***" in said or form in {"cut off", "as text"}
    kept = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    printed = "".join(capfd.readouterr())
    for piece in pieces():
        assert piece not in said
        assert piece not in kept + printed + caplog.text


def test_an_answer_that_repeats_the_key_is_on_record_without_it(serve, rows: pl.DataFrame, tmp_path) -> None:
    def handle(server, body, chat) -> None:
        answer = completion(f"2. Your header was {echo(chat)}.")
        answer["choices"][0]["finish_reason"] = echo(chat)
        chat.send(json.dumps(answer).replace("canary-", "canary\\u002d").encode())

    model = OpenAIModel("m", base_url=serve(handle).url, api_key=CANARY)
    answers = ask(rows, model, seed=1, draws={"self_random": 1}, journal=tmp_path)
    assert set(answers["raw"]) == {"2. Your header was Bearer ***."}
    [journal] = tmp_path.glob("*.jsonl")
    for piece in pieces():
        assert piece not in journal.read_text() + answers.write_json()


def test_a_key_of_a_few_letters_changes_no_answer(serve, rows: pl.DataFrame) -> None:
    server = serve(lambda server, body, chat: chat.send(completion("2, a fair amount")))
    answers = ask(rows, OpenAIModel("m", base_url=server.url, api_key="a"), seed=1, draws={"self_random": 1})
    assert set(answers["raw"]) == {"2, a fair amount"}


def test_a_key_in_extra_is_refused_since_extra_is_on_record() -> None:
    with pytest.raises(OptionError, match=r"extra\['api_key'\].*key_env") as refused:
        OpenAIModel("m", base_url="http://localhost:1/v1", extra={"api_key": CANARY})
    assert CANARY not in str(refused.value)
