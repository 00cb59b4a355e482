"""The journal: what is on record is never asked again, torn lines and rival processes included."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from opinionframe.elicitation import FakeModel, Journal, Reply, Request, ask, prompts
from opinionframe.errors import OptionError


class Counting(FakeModel):
    """Counts what it is asked, and can fail part of it."""

    def __init__(self, *, fail: bool = False) -> None:
        super().__init__(seed=1)
        self.requests: list[Request] = []
        self.fail = fail

    def answer(self, requests: Sequence[Request]) -> Iterator[Reply]:
        self.requests.extend(requests)
        for i, reply in enumerate(super().answer(requests)):
            yield Reply(reply.request, error="the line went dead") if self.fail and i % 2 else reply


@pytest.fixture
def prompt_rows(human: pl.DataFrame, codebook: pl.DataFrame) -> pl.DataFrame:
    return prompts(human, codebook, elicitation=["logprob", "self_random", "verbalized"])


def test_a_second_run_asks_nothing(prompt_rows: pl.DataFrame, tmp_path: Path) -> None:
    first, second = Counting(), Counting()
    answers = ask(prompt_rows, first, seed=1, journal=tmp_path)
    assert_frame_equal(ask(prompt_rows, second, seed=1, journal=tmp_path), answers)
    assert len(first.requests) == len(set(first.requests)) == 8 * (1 + 5) + (2 + 6) * 3
    assert second.requests == []


def test_a_failure_is_asked_again_and_a_torn_line_is_skipped(prompt_rows: pl.DataFrame, tmp_path: Path) -> None:
    broken, whole = Counting(fail=True), Counting()
    answers = ask(prompt_rows, broken, seed=1, journal=tmp_path)
    lost = answers.filter(status="failed")
    assert lost.height > 0
    assert lost["reason"].unique().to_list() == ["the line went dead"]
    [file] = tmp_path.glob("*.jsonl")
    file.write_bytes(file.read_bytes()[:-20])
    again = ask(prompt_rows, whole, seed=1, journal=tmp_path)
    assert len(whole.requests) == len(broken.requests) // 2 + 1
    assert_frame_equal(again, ask(prompt_rows, FakeModel(seed=1), seed=1))


def test_seed_and_draw_and_model_tell_answers_apart(prompt_rows: pl.DataFrame, tmp_path: Path) -> None:
    ask(prompt_rows, FakeModel(seed=1), seed=1, journal=tmp_path)
    other_seed, other_model = Counting(), Counting()
    ask(prompt_rows, other_seed, seed=2, journal=tmp_path)
    # A score has no randomness: only the draws are new.
    assert {request.mode for request in other_seed.requests} == {"pick", "write"}
    other_model.name = "another"
    ask(prompt_rows, other_model, seed=1, journal=tmp_path)
    assert len(other_model.requests) == 8 * (1 + 5) + (2 + 6) * 3


WRITER = """
import sys
from opinionframe.elicitation import FakeModel, Journal, Request
model, first = FakeModel(seed=1), int(sys.argv[2])
with Journal(sys.argv[1]) as journal:
    for number in range(first, first + 400):
        [reply] = model.answer([Request(f"question {number}" + "x" * 2000, "score", ("1", "2"))])
        journal.write(reply, model)
"""


def test_processes_share_a_journal_without_tearing_it(tmp_path: Path) -> None:
    commands = [[sys.executable, "-c", WRITER, str(tmp_path), str(first)] for first in (0, 200, 400)]
    writers = [subprocess.Popen(command) for command in commands]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    lines = [line for file in tmp_path.glob("*.jsonl") for line in file.read_text().splitlines()]
    records = [json.loads(line) for line in lines]
    assert len(records) >= 800
    assert len({record["key"] for record in records}) == 800


def test_a_journal_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OptionError, match="not a folder that can be made"):
        Journal(tmp_path / "file" / "journal")


def test_keys_and_records_stay_as_journals_on_disk_have_them(tmp_path: Path) -> None:
    model, text = FakeModel(seed=1), "Do you like tea?"
    score = Request(text, "score", ("1", "2"))
    pick = Request(text, "pick", ("1", "2"), draw=2, temperature=0.7, max_tokens=8, seed=3)
    assert score.key(model) == "cf4ecf0b542fe062311b563076854a997ff6fa7b9d2962cb9d1582d1dda0d14f"
    assert pick.key(model) == "84675f55dc5824e2ebce98127221806a4cce09db025e749ff3f79f298e8b8797"
    with Journal(tmp_path) as journal:
        for reply in model.answer([score, pick]):
            journal.write(reply, model)
    [file] = tmp_path.glob("answers-*.jsonl")
    records = [json.loads(line) for line in file.read_text().splitlines()]
    assert [record["key"] for record in records] == [score.key(model), pick.key(model)]
    assert [*records[0]] == [
        "version", "key", "at", "model", "revision", "parameters", "prompt", "draw", "raw", "masses",
        "tokens_in", "tokens_out", "seconds", "finish",
    ]  # fmt: skip
    assert records[1]["parameters"] == {
        "mode": "pick", "labels": ["1", "2"], "temperature": 0.7, "max_tokens": 8, "stop": [], "seed": 3,
    }  # fmt: skip


class Ending(FakeModel):
    """Says `text`, which ended for a reason; counts its requests."""

    def __init__(self, text: str, finish: str | None) -> None:
        super().__init__(seed=1)
        self.text, self.finish = text, finish
        self.requests: list[Request] = []

    def answer(self, requests: Sequence[Request]) -> Iterator[Reply]:
        self.requests.extend(requests)
        return (Reply(request, self.text, tokens_out=8, finish=self.finish) for request in requests)


@pytest.mark.parametrize(
    ("text", "finish", "status"),
    [
        ("1", "length", "cut off"),
        ("", "length", "cut off"),
        ("", "content_filter", "filtered"),
        ("", "stop", "unparsable"),
        ("<think>Well", None, "cut off"),
    ],
)
def test_what_is_no_whole_answer_is_asked_again_once_more_tokens_are_allowed(
    human: pl.DataFrame, codebook: pl.DataFrame, tmp_path: Path, text: str, finish: str | None, status: str
) -> None:
    asked = prompts(human, codebook, elicitation="self_random", prompt="base")
    broken = Ending(text, finish)
    answers = ask(asked, broken, seed=1, journal=tmp_path, max_tokens=20)
    assert answers.select("status", "finish").unique().rows() == [(status, finish)]
    assert ask(asked, broken, seed=1, journal=tmp_path, max_tokens=20).equals(answers)
    assert ask(asked, broken, seed=1, journal=tmp_path, max_tokens=10).equals(answers)
    assert len(broken.requests) == 10
    whole = Ending("2", "stop")
    again = ask(asked, whole, seed=1, journal=tmp_path, max_tokens={"self_random": 30})
    assert {request.max_tokens for request in whole.requests} == {30}
    assert len(whole.requests) == 10
    assert again["status"].unique().to_list() == ["answered"]
    # A whole answer is the answer under any ceiling.
    for ceiling in (20, 30, 3000, None):
        assert ask(asked, whole, seed=1, journal=tmp_path, max_tokens=ceiling).equals(again)
    assert len(whole.requests) == 10


def test_a_journal_of_an_earlier_version_is_read_anew_without_asking(
    human: pl.DataFrame, codebook: pl.DataFrame, tmp_path: Path
) -> None:
    asked = prompts(human, codebook, elicitation="self_random", prompt="base")
    ask(asked, Ending("<think>2?</think>3", "stop"), seed=1, journal=tmp_path, max_tokens=8)
    [file] = tmp_path.glob("*.jsonl")
    records = [json.loads(line) for line in file.read_text().splitlines()]
    for record in records:
        del record["finish"]
    file.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    model = Ending("1", "stop")
    answers = ask(asked, model, seed=1, journal=tmp_path)
    assert model.requests == []
    assert answers.select("status", "finish", "probs").unique().rows() == [("answered", None, [0.0, 0.0, 1.0])]
    assert answers["parser"].unique().to_list() == [3]


def test_answers_of_a_later_version_are_not_asked_for_again(prompt_rows: pl.DataFrame, tmp_path: Path) -> None:
    ask(prompt_rows, FakeModel(seed=1), seed=1, journal=tmp_path)
    [file] = tmp_path.glob("answers-*.jsonl")
    whole = file.read_text()
    file.write_text(whole.replace('{"version":1,', '{"version":2,'))
    with pytest.raises(OptionError, match=f"has {whole.count(chr(10))} answers of a later version"):
        ask(prompt_rows, FakeModel(seed=1), seed=1, journal=tmp_path)


def test_a_line_that_is_no_record_is_read_around(prompt_rows: pl.DataFrame, tmp_path: Path) -> None:
    answers = ask(prompt_rows, FakeModel(seed=1), seed=1, journal=tmp_path)
    (tmp_path / "answers-0.jsonl").write_text('{"version": 1}\n[1]\n{"version": 1, "key": "k", "raw": "1"}\n')
    model = Counting()
    assert ask(prompt_rows, model, seed=1, journal=tmp_path).equals(answers)
    assert model.requests == []
