"""Processes on one journal at the same time: what one answered or is asking, the others do not ask."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter

import polars as pl
import pytest

from opinionframe.elicitation import FakeModel, Journal, Reply, Request, ask, prompts, unasked
from opinionframe.elicitation.claims import Claims
from opinionframe.errors import OptionError

RUN = """
import sys, time, pathlib
import polars as pl
import opinionframe as of
prompts, folder, url = pl.read_parquet(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
n_asked = 0
def count(progress):
    global n_asked
    n_asked = progress.asked
model = of.OpenAIModel("m", base_url=url, concurrency=4)
(folder / f"ready-{sys.argv[4]}").touch()
while len(list(folder.glob("ready-*"))) < 2:
    time.sleep(0.02)
with of.Journal(folder) as journal:
    answers = of.ask(prompts, model, seed=1, journal=journal, progress=count)
    print(n_asked, answers.height, (answers["status"] == "answered").sum(), journal.doubles, len(journal))
"""


@pytest.fixture
def prompt_rows(human: pl.DataFrame, codebook: pl.DataFrame) -> pl.DataFrame:
    return prompts(human, codebook, elicitation="self_random")


def test_two_processes_started_together_ask_each_question_once(prompt_rows, tmp_path, serve) -> None:
    def answer_slowly(_server, _body, chat) -> None:
        time.sleep(0.03)
        chat.send({"choices": [{"finish_reason": "stop", "message": {"content": "2"}}]})

    server = serve(answer_slowly)
    prompt_rows.write_parquet(tmp_path / "prompts.parquet")
    command = [sys.executable, "-c", RUN, str(tmp_path / "prompts.parquet"), str(tmp_path), server.url]
    runs = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True) for name in "ab"]
    said = [[int(word) for word in run.communicate(timeout=120)[0].split()] for run in runs]
    requests = Counter((body["messages"][0]["content"], body["seed"]) for body in server.bodies)
    n_requests = (8 - 1) * 5 + 5
    assert (len(requests), requests.total()) == (n_requests, n_requests)
    n_asked = [words[0] for words in said]
    assert min(n_asked) > 0
    assert sum(n_asked) == n_requests
    n_answers = prompt_rows.height * 5
    assert [words[1:] for words in said] == [[n_answers, n_answers, 0, n_requests]] * 2
    assert not list(tmp_path.glob("asking-*"))


class Slow(FakeModel):
    """Takes `seconds` per answer, and has all requests to itself."""

    streams = False

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(seed=1)
        self.seconds, self.n_asked = seconds, 0

    def answer(self, requests):
        for reply in super().answer(requests):
            time.sleep(self.seconds)
            self.n_asked += 1
            yield reply


KILLED = """
import sys, time
import polars as pl
import opinionframe as of
class Hung(of.FakeModel):
    streams = False
    def answer(self, requests):
        for number, reply in enumerate(super().answer(requests)):
            if number == 7:
                print("hung", flush=True)
                time.sleep(100)
            yield reply
of.ask(pl.read_parquet(sys.argv[1]), Hung(seed=1), seed=1, journal=sys.argv[2])
"""


def test_what_a_killed_process_was_asking_is_asked_by_the_one_that_waits(prompt_rows, tmp_path) -> None:
    prompt_rows.write_parquet(tmp_path / "prompts.parquet")
    folder = tmp_path / "journal"
    killed = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "prompts.parquet"), str(folder)], stdout=subprocess.PIPE
    )
    assert killed.stdout.readline() == b"hung\n"
    timer = threading.Timer(1.0, killed.kill)
    timer.start()
    model, n_told = Slow(), []
    answers = ask(prompt_rows, model, seed=1, journal=folder, progress=lambda told: n_told.append(told.done))
    timer.join()
    killed.wait()
    killed.stdout.close()
    assert answers["status"].unique().to_list() == ["answered"]
    assert model.n_asked == 40 - 7
    assert n_told == [*range(7, 41)]
    assert not list(folder.glob("asking-*"))


def test_threads_share_as_processes_do(prompt_rows, tmp_path) -> None:
    models, frames = [Slow(0.002), Slow(0.002)], []
    threads = [
        threading.Thread(target=lambda model=model: frames.append(ask(prompt_rows, model, seed=1, journal=tmp_path)))
        for model in models
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(model.n_asked for model in models) == 40
    assert frames[0].drop("seconds").equals(frames[1].drop("seconds"))


def test_what_fails_elsewhere_is_asked_here(prompt_rows, tmp_path) -> None:
    class Failing(Slow):
        def answer(self, requests):
            for reply in super().answer(requests):
                yield Reply(reply.request, error="the line went dead") if self.n_asked % 2 else reply

    failing, frames = Failing(0.02), []
    thread = threading.Thread(target=lambda: frames.append(ask(prompt_rows, failing, seed=1, journal=tmp_path)))
    thread.start()
    while not list(tmp_path.glob("asking-*.keys")):
        time.sleep(0.005)
    model = Slow()
    answers = ask(prompt_rows, model, seed=1, journal=tmp_path)
    thread.join()
    assert frames[0].filter(status="failed").height > 0
    assert answers["status"].unique().to_list() == ["answered"]
    assert (failing.n_asked, model.n_asked) == (40, 20)


def test_who_is_silent_for_too_long_is_not_waited_for_and_doubles_are_counted(
    prompt_rows, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(unasked, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(unasked, "WAIT_SECONDS", 0.05)
    model = Slow()
    with Journal(tmp_path) as journal, Claims(tmp_path) as silent:
        request = Request(prompt_rows["text"][0], "pick", ("1", "2", "3"), 0, 0.7, 64, (), 1)
        with silent.sharing_out():
            silent.take([request.key(model)])
        answers = ask(prompt_rows, model, seed=1, journal=journal)
        assert answers["status"].unique().to_list() == ["answered"]
        assert (model.n_asked, journal.doubles, len(journal)) == (40, 0, 40)
        [reply] = FakeModel(seed=1).answer([request])
        with Journal(tmp_path) as other:
            other.write(reply, model)
        journal.refresh()
        assert (journal.doubles, len(journal)) == (1, 40)


def test_an_open_journal_finds_what_another_process_records(prompt_rows, tmp_path) -> None:
    model = Slow()
    with Journal(tmp_path) as journal:
        ask(prompt_rows, Slow(), seed=1, journal=tmp_path)
        ask(prompt_rows, model, seed=1, journal=journal)
    assert model.n_asked == 0


def test_without_file_locks_all_is_asked(prompt_rows, tmp_path, monkeypatch) -> None:
    def unsupported(*_args, **_keywords):
        raise OSError(95, "not supported")

    monkeypatch.setattr("filelock.FileLock.acquire", unsupported)
    model = Slow()
    assert ask(prompt_rows, model, seed=1, journal=tmp_path)["status"].unique().to_list() == ["answered"]
    assert model.n_asked == 40


def replies(*texts: str) -> list[Reply]:
    return list(FakeModel(seed=1).answer([Request(text, "score", ("1", "2")) for text in texts]))


def test_a_record_after_a_torn_one_stands_on_a_line_of_its_own(tmp_path, monkeypatch) -> None:
    model, (first, torn, last) = FakeModel(seed=1), replies("first", "torn", "last")
    write = os.write
    with Journal(tmp_path) as journal:
        journal.write(first, model)
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", lambda file, data: write(file, data[: len(data) // 2]))
            with pytest.raises(OptionError, match="is full"):
                journal.write(torn, model)
        journal.write(last, model)
        assert [journal.find(reply.request, model) for reply in (first, last)] == [first, last]
    with Journal(tmp_path) as journal:
        assert [journal.find(reply.request, model) for reply in (first, torn, last)] == [first, None, last]


def test_a_line_is_read_once_it_is_whole(tmp_path) -> None:
    model, (reply,) = FakeModel(seed=1), replies("tea")
    with Journal(tmp_path / "whole") as journal:
        journal.write(reply, model)
    [file] = (tmp_path / "whole").glob("*.jsonl")
    line = file.read_bytes()
    with Journal(tmp_path) as journal:
        for end, n_records in ((0, 0), (40, 0), (len(line) - 2, 0), (len(line) - 1, 1), (len(line), 1)):
            (tmp_path / "answers-1.jsonl").write_bytes(line[:end])
            journal.refresh()
            assert (len(journal), journal.doubles) == (n_records, 0)
        assert journal.find(reply.request, model) == reply


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_writes_a_file_of_its_own(tmp_path) -> None:
    model, (before, in_child, after) = FakeModel(seed=1), replies("before", "in the child", "after")
    with Journal(tmp_path) as journal:
        journal.write(before, model)
        child = os.fork()
        if child == 0:
            journal.write(in_child, model)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        journal.write(after, model)
        journal.refresh()
        assert [journal.find(reply.request, model) for reply in (before, in_child, after)] == [before, in_child, after]
    assert len(list(tmp_path.glob("*.jsonl"))) == 2
