"""A key stays in memory: no server that repeats it makes it stand in a journal, a frame, a message or a traceback."""

import copy
import json
import logging
import pickle
import traceback
from urllib.parse import quote

import polars as pl
import pytest

from opinionframe.elicitation import OpenAIModel, Request, ask, prompts
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


def test_a_pickle_of_a_model_has_no_key_and_takes_it_from_the_environment_again(serve, rows, monkeypatch) -> None:
    server = serve(lambda server, body, chat: chat.send(completion(chat.headers["Authorization"][-4:])))
    monkeypatch.setenv("TOWN_API_KEY", CANARY)
    by_name = OpenAIModel("m", base_url=server.url, key_env="TOWN_API_KEY")
    given = OpenAIModel("m", base_url=server.url, api_key=CANARY)
    pickles = [pickle.dumps(model) for model in (by_name, given)]
    for piece in pieces():
        assert not any(piece.encode() in data for data in pickles)
    monkeypatch.setenv("TOWN_API_KEY", "another-key-2345")
    there, keyless = map(pickle.loads, pickles)
    [reply] = there.answer([Request("?", "pick", ("1", "2"))])
    assert reply.raw == "2345"
    assert (there.name, there.revision, there.parameters) == (by_name.name, by_name.revision, by_name.parameters)
    with pytest.raises(ModelError, match=r"given as api_key=…, which is not pickled.*key_env='MY_API_KEY'"):
        list(keyless.answer([Request("?", "pick", ("1", "2"))]))
    monkeypatch.delenv("TOWN_API_KEY")
    gone = pickle.loads(pickles[0])
    with pytest.raises(OptionError, match="key_env='TOWN_API_KEY': there is no such environment variable"):
        list(gone.answer([Request("?", "pick", ("1", "2"))]))
    assert copy.deepcopy(given)._to.key == copy.copy(given)._to.key == CANARY


@pytest.mark.parametrize("key", [f"{CANARY}\n", f" {CANARY}", f"{CANARY}é"])
@pytest.mark.parametrize("variable", [None, "TOWN_API_KEY", "OPENAI_API_KEY"])
def test_a_key_that_no_request_can_carry_is_refused_unseen(monkeypatch, key: str, variable: str | None) -> None:
    if variable:
        monkeypatch.setenv(variable, key)
    url = None if variable == "OPENAI_API_KEY" else "http://localhost:1/v1"
    with pytest.raises(OptionError, match="has 1 of 46 characters that no key has") as refused:
        OpenAIModel("m", base_url=url, **({"key_env": variable} if variable else {"api_key": key}))
    assert CANARY[:8] not in str(refused.value)


@pytest.mark.parametrize("wrong", [{"api_key": 5}, {"key_env": 5}, {"base_url": 5}])
def test_what_is_no_text_is_refused(wrong) -> None:
    with pytest.raises(OptionError, match=r"is no text|is no http address"):
        OpenAIModel("m", **{"base_url": "http://localhost:1/v1"} | wrong)


def test_openais_key_is_not_pickled_either(monkeypatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    data = pickle.dumps(OpenAIModel("m", api_key=CANARY))
    assert CANARY.encode() not in data
    with pytest.raises(ModelError, match="needs a key: set OPENAI_API_KEY"):
        list(pickle.loads(data).answer([Request("?", "pick", ("1", "2"))]))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-this-machine")
    assert pickle.loads(data)._to.key == "sk-of-this-machine"


def test_what_looks_like_a_key_in_the_path_is_sent_and_neither_shown_nor_written(serve, rows, tmp_path) -> None:
    secret, paths = "sk-0123456789abcdefgh", []

    def handle(server, body, chat) -> None:
        paths.append(chat.path)
        if len(paths) > 1:
            chat.send({"error": {"message": f"no route {chat.path}"}}, 400)
        chat.send(completion("1"))

    url = serve(handle).url.replace("/v1", f"/{secret}/v1")
    model = OpenAIModel("m", base_url=url, server="own", retries=0, concurrency=1)
    answers = ask(rows, model, seed=1, draws={"self_random": 1}, journal=tmp_path)
    assert all(f"/{secret}/v1/chat" in path for path in paths)
    assert {"answered", "failed"} == set(answers["status"])
    kept = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    for said in (repr(model), model._repr_html_(), repr(model._to), str(dict(model.parameters)), kept):
        assert secret not in said
    assert secret not in answers.write_json()
    assert "/***/v1" in repr(model)
    assert "/***/v1" in kept


def test_a_key_in_extra_is_refused_since_extra_is_on_record() -> None:
    with pytest.raises(OptionError, match=r"extra\['api_key'\].*key_env") as refused:
        OpenAIModel("m", base_url="http://localhost:1/v1", extra={"api_key": CANARY})
    assert CANARY not in str(refused.value)
