"""API models: against a real llama.cpp server, and through a proxy in front of it that breaks things."""

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from opinionframe.elicitation import LocalModel, OpenAIModel, ask, extraction, prompts, to_opinions
from opinionframe.elicitation.models.protocol import Request
from opinionframe.elicitation.models.server.pace import FEW_ANSWERS, Pace
from opinionframe.elicitation.models.server.refusals import FEW
from opinionframe.elicitation.models.server.retry import SCORED_AGAIN
from opinionframe.errors import ModelError

QUANTISATION = 0.05
"""llama.cpp rounds activations to 8 bits before it multiplies them with the 4-bit weights; transformers keeps float32.
Rounding the activations of the transformers model likewise (blocks of 32, 8 bits, by a hook on its linear layers) moved
the normalised probabilities of 24 prompts by 0.023 at most and 0.0077 on average; llama.cpp is 0.024 and 0.0075 away.
The bound is twice that."""


def completion(text: str, *, tokens_in: int = 1, **fields: object) -> dict:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": "stop", "message": message, "logprobs": None} | fields
    usage = {"prompt_tokens": tokens_in, "completion_tokens": 1, "total_tokens": tokens_in + 1}
    return {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}


def test_scores_agree_with_transformers_but_for_quantisation(
    gguf: OpenAIModel, smollm: LocalModel, human: pl.DataFrame, codebook: pl.DataFrame
) -> None:
    asked = prompts(human, codebook)
    served, local = ask(asked, gguf, seed=1), ask(asked, smollm, seed=1)
    gaps = np.abs(np.array(served["probs"].to_list()) - np.array(local["probs"].to_list()))
    assert gaps.max() < QUANTISATION
    assert np.abs(served["option_mass"].to_numpy() - local["option_mass"].to_numpy()).max() < QUANTISATION


def test_every_method_runs_on_a_real_server(gguf: OpenAIModel, human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    asked = prompts(human, codebook, elicitation=["self_random", "paraphrase", "verbalized"], prompt="base")
    asked = asked.filter(question="natspac")
    answers = ask(asked, gguf, seed=1, draws={"self_random": 2, "verbalized": 2}, max_tokens=100)
    assert answers.height == 2 + 5 + 2
    assert set(answers["status"].unique()) <= {"answered", "unparsable", "refused", "cut off"}
    assert set(answers["finish"].unique()) <= {"stop", "length"}
    assert (answers.filter(finish="length")["status"] == "cut off").all()
    assert answers["raw"].null_count() == 0
    assert (answers["tokens_in"] > 20).all()
    draws = (
        answers.filter(pl.col("prompt_id").str.contains("verbalized"))
        .group_by("prompt_id")
        .agg(pl.col("raw").n_unique())
    )
    assert (draws["raw"] > 1).all()
    assert to_opinions(answers, asked, codebook).filter(pl.col("prob") < 0).is_empty()
    assert extraction(answers, asked)["answers"].sum() == answers.height


FAULTS = ["429", "500", "hang up", "cut", "not json", "not a completion", "slow"]


def test_faults_of_the_line_are_survived_and_change_nothing(gguf: OpenAIModel, serve) -> None:
    upstream = gguf._base_url
    tries: dict[str, int] = {}

    def proxy(server, body, chat) -> None:
        text = body["messages"][0]["content"]
        with server.lock:
            tried = tries.get(text, 0)
            fault = FAULTS[(int(text.split()[-1]) + 3 * tried) % len(FAULTS)] if tried < 2 else None
            tries[text] = tried + 1
        if fault == "429":
            return chat.send({"error": {"message": "slow down"}}, 429, {"Retry-After": "0.01"})
        if fault == "500":
            return chat.send({"error": {"message": "oops"}}, 500)
        if fault == "hang up":
            return chat.connection.shutdown(2)
        if fault == "not json":
            return chat.send(b"<html>busy</html>")
        if fault == "slow":
            time.sleep(4)
        sent = urllib.request.Request(
            f"{upstream}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(sent) as answer:
            data = answer.read()
        if fault == "cut":
            chat.send_response(200)
            chat.send_header("Content-Type", "application/json")
            chat.send_header("Content-Length", str(len(data)))
            chat.end_headers()
            chat.wfile.write(data[: len(data) // 2])
            return chat.connection.shutdown(2)
        return chat.send(b"{}" if fault == "not a completion" else data)

    model = OpenAIModel("m", base_url=serve(proxy).url, timeout=3.0, concurrency=4)
    requests = [Request(f"Reply with 1 or 2, please: {i}", "pick", ("1", "2"), 0, 0.0, 2) for i in range(7)]
    replies = list(model.answer(requests))
    assert {reply.request for reply in replies} == set(requests)
    assert {reply.error for reply in replies} == {None}
    assert min(tries.values()) >= 3
    direct = {reply.request: reply.raw for reply in gguf.answer(requests)}
    assert {reply.request: reply.raw for reply in replies} == direct


def test_what_stays_broken_is_failed_with_its_reason_and_never_with_the_key(serve) -> None:
    server = serve(lambda server, body, chat: chat.send({"error": {"message": "bad key sk-secret"}}, 400))
    model = OpenAIModel("m", base_url=server.url, api_key="sk-secret", retries=3)
    [reply] = model.answer([Request("?", "pick", ("1", "2"))])
    assert len(server.bodies) == 1
    assert reply.raw is None
    assert "400" in reply.error
    assert "sk-secret" not in reply.error


@pytest.mark.parametrize(("status", "said"), [(401, "key is not accepted"), (404, "no such model")])
def test_what_asking_again_cannot_mend_stops_at_once(serve, status: int, said: str) -> None:
    server = serve(lambda server, body, chat: chat.send({"error": {"message": "no"}}, status))
    with pytest.raises(ModelError, match=said):
        list(OpenAIModel("m", base_url=server.url, concurrency=2).answer([Request("?", "pick", ("1",))] * 1))
    assert len(server.bodies) == 1


def test_a_server_that_drops_logprobs_is_told_of(serve) -> None:
    server = serve(lambda server, body, chat: chat.send(completion("1")))
    model = OpenAIModel("m", base_url=server.url, concurrency=1)
    requests = [Request(f"{i}?", "score", ("1", "2")) for i in range(50)]
    with pytest.raises(ModelError, match=r"sent no top_logprobs with the text '1'.*self_random"):
        list(model.answer(requests))
    assert len(server.bodies) == FEW * (1 + SCORED_AGAIN)


def part_of_a_character() -> dict:
    """What llama.cpp answers where the token that it draws is no whole character."""
    answer = completion("\N{REPLACEMENT CHARACTER}")
    del answer["choices"][0]["logprobs"]
    return answer


def test_a_score_that_did_not_come_is_asked_again_and_stops_no_other(serve) -> None:
    tries: Counter[str] = Counter()
    top = [{"token": token, "logprob": np.log(share), "bytes": None} for token, share in (("1", 0.6), ("2", 0.3))]
    scored = completion("1", logprobs={"content": [{**top[0], "top_logprobs": top}]})

    def handle(server, body, chat) -> None:
        text = body["messages"][0]["content"]
        with server.lock:
            tries[text] += 1
        lacks = text == "never" or (text == "late" and tries[text] <= SCORED_AGAIN)
        chat.send(part_of_a_character() if lacks else scored)

    requests = [Request(text, "score", ("1", "2")) for text in ("at once", "late", "never", "behind")]
    model = OpenAIModel("m", base_url=serve(handle).url, concurrency=1)
    replies = {reply.request.text: reply for reply in model.answer(requests)}
    for text in ("at once", "late", "behind"):
        np.testing.assert_allclose(replies[text].masses, (0.6, 0.3))
    assert replies["never"].masses is None
    assert replies["never"].error == "the server sent no top_logprobs with the text '\N{REPLACEMENT CHARACTER}'"
    # Each of them was paid for.
    assert {text: replies[text].tokens_in for text in ("at once", "late")} == {"at once": 1, "late": 1 + SCORED_AGAIN}
    assert tries == {"at once": 1, "late": 1 + SCORED_AGAIN, "never": 1 + SCORED_AGAIN, "behind": 1}


def test_the_one_score_that_an_earlier_run_lacked_fails_alone_again(serve) -> None:
    """The others are on record by then, so that nothing else says whether this server gives scores."""
    model = OpenAIModel("m", base_url=serve(lambda server, body, chat: chat.send(part_of_a_character())).url)
    [reply] = model.answer([Request("never", "score", ("1", "2"))])
    assert reply.masses is None
    assert "sent no top_logprobs" in reply.error
    assert "Use elicitation='self_random'" in reply.error


def test_a_model_that_would_begin_with_part_of_a_character_is_scored(gguf: OpenAIModel) -> None:
    """The likeliest first token of this answer is half of a smiley, and drawn six times in ten."""
    text = "Choose an emoji for party:"
    replies = list(gguf.answer([Request(text, "score", ("1", "2", "3"), draw) for draw in range(12)]))
    assert {reply.error for reply in replies} == {None}
    body = {"messages": [{"role": "user", "content": text}], "max_tokens": 1, "logprobs": True, "top_logprobs": 200}
    while True:
        sent = urllib.request.Request(
            f"{gguf._base_url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(sent) as answer:
            [choice] = json.loads(answer.read())["choices"]
        if "logprobs" in choice:
            break
    top = {entry["token"]: entry["logprob"] for entry in choice["logprobs"]["content"][0]["top_logprobs"]}
    # The grammar that keeps the draw whole leaves the distribution as it is: renormalised, "1" would have most of it.
    assert replies[-1].masses[0] == pytest.approx(np.exp(top["1"]), rel=0.5)


@pytest.mark.parametrize("labels", [("A", "AB"), ('"', "\\"), ("\n", "\t"), ("é", "ß"), ("日", "本")])
def test_labels_of_any_signs_are_asked(gguf: OpenAIModel, labels: tuple[str, ...]) -> None:
    """A grammar of é would have half of it drawn each time, and no score come."""
    errors = {reply.error for reply in gguf.answer([Request("Is it 1 or 2?", "score", labels, d) for d in range(4)])}
    assert errors <= {None, "this model spells AB in several tokens; use self_random for this question"}


def test_labels_are_summed_over_spellings_and_split_labels_refused(serve) -> None:
    tokens = {"1": np.log(0.5), " 1": np.log(0.2), "2": np.log(0.1), "The": np.log(0.1)}
    top = [{"token": token, "logprob": value, "bytes": None} for token, value in tokens.items()]
    fields = {"logprobs": {"content": [{**top[0], "top_logprobs": top}]}}
    server = serve(lambda server, body, chat: chat.send(completion("1", **fields)))
    model = OpenAIModel("m", base_url=server.url)
    [reply] = model.answer([Request("?", "score", ("1", "2", "3"))])
    np.testing.assert_allclose(reply.masses, [0.7, 0.1, 0.0])
    [split] = model.answer([Request("?", "score", tuple(map(str, range(1, 13))))])
    assert "several tokens" in split.error


def test_no_more_requests_in_flight_than_allowed_and_paced(serve) -> None:
    now, most = [0], [0]

    def handle(server, body, chat) -> None:
        with server.lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.02)
        with server.lock:
            now[0] -= 1
        chat.send(completion("1"))

    requests = [Request(f"{i}", "pick", ("1", "2")) for i in range(30)]
    server = serve(handle)
    list(OpenAIModel("m", base_url=server.url, concurrency=3).answer(requests))
    assert most[0] == 3
    start = time.monotonic()
    list(OpenAIModel("m", base_url=server.url, requests_per_minute=1200).answer(requests[:11]))
    assert time.monotonic() - start > 0.5


def test_the_pace_of_tokens_is_learned_from_what_answers_had() -> None:
    async def counted() -> list[int]:
        pace = Pace(None, 60e9)
        first = await pace.wait(10, 2112)
        counts = []
        for _ in range(FEW_ANSWERS):
            counts.append(await pace.wait(10, 2112))
            pace.settle(counts[-1], 12, 3)
        # An answer that took nothing that is known changes nothing.
        pace.settle(first, None, None)
        return [first, *counts, await pace.wait(10, 2112), await pace.wait(10, 2)]

    assert asyncio.run(counted()) == [10 + 2112] * (1 + FEW_ANSWERS) + [10 + 3, 10 + 2]


def test_what_was_counted_too_high_is_given_back() -> None:
    async def free_after(used: int) -> float:
        pace = Pace(None, 6000)
        start = time.monotonic()
        pace.settle(await pace.wait(100, 900), 100, used)
        return pace._free - start

    # 6,000 tokens a minute: 1,000 take 10 seconds, and 150 one and a half.
    assert asyncio.run(free_after(900)) == pytest.approx(10, abs=0.2)
    assert asyncio.run(free_after(50)) == pytest.approx(1.5, abs=0.2)


def test_a_served_file_whose_template_knows_no_thoughts_does_not_think(gguf: OpenAIModel) -> None:
    assert gguf.thinks is False


def test_leaving_early_cancels_what_is_in_flight(serve) -> None:
    def handle(server, body, chat) -> None:
        time.sleep(0.05)
        chat.send(completion("1"))

    server = serve(handle)
    replies = OpenAIModel("m", base_url=server.url, concurrency=2).answer(
        [Request(f"{i}", "pick", ("1", "2")) for i in range(100)]
    )
    next(replies)
    replies.close()
    time.sleep(0.2)
    asked = len(server.bodies)
    time.sleep(0.3)
    assert len(server.bodies) == asked < 20
    assert not any(thread.name == "opinionframe-api" for thread in threading.enumerate())


RUN = """
import sys, polars as pl
from opinionframe.elicitation import OpenAIModel, elicit
url, folder, journal, concurrency = sys.argv[1:]
opinions, codebook = pl.read_parquet(folder + "/human.parquet"), pl.read_parquet(folder + "/codebook.parquet")
model = OpenAIModel("m", base_url=url, api_key="sk-hidden", concurrency=int(concurrency))
print("ready", flush=True)
rows = elicit(opinions, codebook, model, elicitation="self_random", journal=journal, seed=1)
rows.write_parquet(folder + "/rows.parquet")
"""


def counting(served: list[tuple[str, int]]):
    """A server whose answers depend on text and seed alone; their token count is their serial number."""

    def handle(server, body, chat) -> None:
        key = (body["messages"][0]["content"], body["seed"])
        time.sleep(0.01)
        digest = hashlib.sha256(repr(key).encode()).digest()
        with server.lock:
            served.append(key)
            serial = len(served) - 1
        chat.send(completion(str(digest[0] % 3 + 1), tokens_in=serial))

    return handle


def start(url: str, folder: Path, journal: Path, concurrency: int = 4) -> subprocess.Popen:
    command = [sys.executable, "-c", RUN, url, str(folder), str(journal), str(concurrency)]
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    run = subprocess.Popen(command, **quiet, env={**os.environ, "POLARS_MAX_THREADS": "1"})
    assert run.stdout.readline() == "ready\n"
    return run


@pytest.fixture
def towns() -> int:
    return 20


@pytest.fixture
def study(human: pl.DataFrame, codebook: pl.DataFrame, towns: int, tmp_path: Path) -> Path:
    """A folder with two cells a town, that is, ten draws to ask for, and ten for everybody."""
    groups = pl.DataFrame({"demographic": [f"place=town {i}" for i in range(towns)]})
    cell = human.filter(demographic="all").drop("demographic").join(groups, how="cross")
    cell.select(human.columns).write_parquet(tmp_path / "human.parquet")
    codebook.write_parquet(tmp_path / "codebook.parquet")
    return tmp_path


def on_record(journal: Path) -> list[dict]:
    records = []
    for file in journal.glob("*.jsonl"):
        for line in file.read_text().splitlines():
            try:
                records.append(json.loads(line))
            except json.JSONDecodeError:
                continue
    return records


@pytest.mark.parametrize(("kills", "towns"), [(6, 20), pytest.param(50, 120, marks=pytest.mark.slow)])
def test_kills_lose_and_repeat_nothing(kills: int, towns: int, serve, study: Path) -> None:
    served: list[tuple[str, int]] = []
    server = serve(counting(served))
    with start(server.url, study, study / "undisturbed") as run:
        assert run.wait() == 0
    undisturbed = pl.read_parquet(study / "rows.parquet")
    wanted, journal, random = len(served), study / "journal", np.random.default_rng(1)
    assert wanted == len(set(served)) == 5 * 2 * (towns + 1)
    served.clear()
    kept: set[tuple[str, int]] = set()
    killed = 0
    while killed < kills:
        before = len(served)
        with start(server.url, study, journal) as run:
            while killed % 5 and len(served) == before:
                time.sleep(0.001)
            time.sleep(random.uniform(0.0, 0.06 if killed % 5 else 0.8))
            run.kill()
        killed += 1
        time.sleep(0.05)
        repeated = kept.intersection(served[before:])
        assert repeated == set()
        kept = {served[record["tokens_in"]] for record in on_record(journal)}
    before = len(served)
    assert 0 < len(kept) < wanted
    with start(server.url, study, journal) as run:
        assert run.wait() == 0
    assert kept.intersection(served[before:]) == set()
    assert pl.read_parquet(study / "rows.parquet").equals(undisturbed)
    # What was on its way when a kill came was no answer yet: at most the requests in flight, four a kill.
    assert len(served) - wanted <= 4 * killed
    assert "sk-hidden" not in "".join(file.read_text() for file in journal.glob("*"))


def test_ctrl_c_stops_and_says_how_to_resume(serve, study: Path) -> None:
    served: list[tuple[str, int]] = []
    run = start(serve(counting(served)).url, study, study / "journal")
    while len(served) < 20:
        time.sleep(0.01)
    with run:
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    assert f"answers are on record in {study / 'journal'}. Run the same again" in errors
    assert len(on_record(study / "journal")) >= 16
