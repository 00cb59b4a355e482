"""The index of a journal: the same places as a dictionary's, and lines read many at a time as they are one by one."""

import json
import secrets
from dataclasses import replace

import numpy as np
import pytest

import opinionframe as of
from opinionframe.elicitation.journal import Journal
from opinionframe.elicitation.key_places import KeyPlaces
from opinionframe.elicitation.models.fake import FakeModel
from opinionframe.elicitation.models.protocol import Reply, Request
from opinionframe.elicitation.recorded import recorded
from opinionframe.elicitation.records import Records


class CountingModel(FakeModel):
    """The fake model, which keeps what it was asked."""

    def __init__(self, asked):
        super().__init__(seed=1)
        self._asked = asked

    def answer(self, requests):
        for reply in super().answer(requests):
            self._asked.append(reply.request)
            yield reply


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("newest", [1, 3, 10_000])
def test_places_are_those_of_a_dictionary(monkeypatch, seed, newest):
    """Keys that begin alike, keys twice, keys of another length; one by one and many at once, in any succession."""
    monkeypatch.setattr("opinionframe.elicitation.key_places.NEWEST", newest)
    rng = np.random.default_rng(seed)
    heads = [rng.bytes(8) for _ in range(3)]
    keys = [heads[i % 3] + rng.bytes(24) for i in range(60)] + [bytes(32), b"\xff" * 32, b"short"]
    places, by_hand, doubles = KeyPlaces(), {}, 0
    for place in range(0, 400, 4):
        drawn = [keys[i] for i in rng.integers(0, len(keys), int(rng.integers(1, 5)))]
        if place % 3:
            drawn = [key for key in drawn if len(key) == 32]
            table = np.frombuffer(b"".join(drawn), dtype=np.uint8).reshape(-1, 32)
            places.add_many(table, place + np.arange(len(drawn)))
        else:
            for number, key in enumerate(drawn):
                places.add(key, place + number)
        for number, key in enumerate(drawn):
            doubles += by_hand.setdefault(key, place + number) != place + number
        if place % 5 == 0:
            assert len(places) == len(by_hand)
    assert {key: places.get(key) for key in keys if key in places} == by_hand
    assert (len(places), places.doubles, sorted(places)) == (len(by_hand), doubles, sorted(by_hand.values()))
    assert places.get(rng.bytes(32)) is None


def lines(folder) -> list[bytes]:
    """What a journal writes: texts, some of which speak of masses and ceilings, scores, and an answer twice."""
    model, written = FakeModel(seed=1), folder / "written"
    said = ["2", 'He said "masses":null, and "max_tokens":7.', "Ü" * 50, '{"version":1,"key":"', "two\nlines"]
    with Journal(written) as journal:
        for number in range(150):
            request = Request(f"text {number}", "pick", ("1", "2"), max_tokens=64 + number % 3)
            journal.write(Reply(request, raw=said[number % 5]), model)
            journal.write(Reply(Request(f"text {number}", "score", ("1", "2")), masses=(0.5, 0.25)), model)
    (path,) = written.glob("answers-*.jsonl")
    records = path.read_bytes().splitlines(keepends=True)
    return [*records, records[7], records[20]]


def told(folder, monkeypatch, few):
    """What is read of a folder, lines of so few bytes one by one."""
    monkeypatch.setattr("opinionframe.elicitation.record_lines.FEW", few)
    index = Records(folder)
    index.refresh()
    counts = (len(index.by_key), index.by_key.doubles, index.n_read, index.n_later, index.ceilings)
    records = list(index)
    index.close()
    return counts, records


LATER = json.dumps({"version": 2, "key": "ab" * 32, "said": "more"}).encode() + b"\n"
ODD = {
    "nothing odd": [],
    "a torn line": [b'{"version":1,"key":"' + b"ab" * 20 + b"\n"],
    "no record": [b"\n", b"{}\n", b'{"version":1}\n'],
    "of a later version": [LATER],
    "not UTF-8": [b"\xff\xfe\n"],
    "a key that is none": [
        b'{"version":1,"key":"zz","raw":"1","masses":null,"tokens_in":1,"tokens_out":1,"seconds":1}\n'
    ],
    "spaced": [
        json.dumps({"version": 1, "key": secrets.token_hex(32), "raw": "1", "masses": None, "tokens_in": 1,
                    "tokens_out": 1, "seconds": 1.0}).encode() + b"\n"
    ],
    "without an end": [b'{"version":1,"key":"' + b"cd" * 32],
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_lines_say_the_same_many_at_a_time_and_one_by_one(tmp_path, monkeypatch, odd):
    records = lines(tmp_path)
    joined = records[3].rstrip(b"\n") + records[4]  # torn by a full disk, and gone on without a new line
    for name, file in (("a", [*records[:150], *odd]), ("b", [*records[150:], joined, *records[:9]])):
        folder = tmp_path / "journal"
        folder.mkdir(exist_ok=True)
        (folder / f"answers-{name}.jsonl").write_bytes(b"".join(file))
    one_by_one = told(folder, monkeypatch, 1 << 60)
    assert one_by_one[0][:2] == (300 + (odd == ODD["spaced"]), 11)
    for part in (1 << 23, 5_000):
        monkeypatch.setattr("opinionframe.elicitation.records.PART_BYTES", part)
        assert told(folder, monkeypatch, 0) == one_by_one
    assert one_by_one[0][4] >= {64, 65, 66}


def damaged(line: bytes) -> bytes:
    """A line that begins and ends as one does, whose middle a disk lost."""
    middle = len(line) // 2
    return line[:middle] + bytes(2) + line[middle + 2 :]


@pytest.mark.parametrize("is_copied", [False, True])
def test_a_damaged_line_stands_in_no_answers_way(tmp_path, monkeypatch, is_copied):
    """Its answer is that of a later line, or is asked again, once; what is on record is listed without it."""
    monkeypatch.setattr("opinionframe.elicitation.record_lines.FEW", 0)
    survey, asked = of.load("gss2018"), []
    prompts = of.prompts(survey.opinions, survey.codebook, prompt="base")
    model = CountingModel(asked)
    answers = of.ask(prompts, model, seed=1, journal=tmp_path)
    (path,) = tmp_path.glob("answers-*.jsonl")
    written = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*written[:3], damaged(written[3]), *written[4:], *([written[3]] if is_copied else [])]))
    with pytest.warns(of.OpinionFrameWarning, match=r"1 lines are left out: no record stands there\.$"):
        listed = recorded(tmp_path)
    assert (listed.height, listed["key"].null_count()) == (len(written) - (not is_copied), 0)
    for more in (not is_copied, False):
        asked.clear()
        again = of.ask(prompts, model, seed=1, journal=tmp_path)
        assert again.drop("seconds").equals(answers.drop("seconds"))
        assert len(asked) == more


def test_a_file_that_goes_away_takes_its_answers_along(tmp_path):
    model, request = FakeModel(seed=1), Request("text", "pick", ("1", "2"))
    with Journal(tmp_path) as journal:
        journal.write(Reply(request, raw="1"), model)
    (path,) = tmp_path.glob("answers-*.jsonl")
    with Journal(tmp_path) as journal:
        path = path.rename(tmp_path / "answers-moved.jsonl")
        assert journal.find(request, model).raw == "1"
        path.unlink()
        journal.close()
        assert journal.find(request, model) is None
        assert len(journal) == 0


def test_the_ceiling_of_a_text_is_its_own(tmp_path, monkeypatch):
    """A model's own settings may have one too."""
    monkeypatch.setattr("opinionframe.elicitation.record_lines.FEW", 0)
    model = FakeModel(seed=1)
    model.parameters = {"proxy": {"max_tokens": 7}}
    request = Request("text", "write", ("1", "2"), max_tokens=300)
    with Journal(tmp_path) as journal:
        journal.write(Reply(request, raw="1", finish="stop"), model)
    with Journal(tmp_path) as journal:
        assert journal.find(replace(request, max_tokens=400), model).raw == "1"


def test_parameters_that_are_none_make_no_record(tmp_path):
    line = {"version": 1, "key": "ab" * 32, "raw": "1", "masses": None, "tokens_in": 1, "tokens_out": 1, "seconds": 1}
    (tmp_path / "answers-a.jsonl").write_text(json.dumps(line | {"parameters": 5}))
    assert len(Journal(tmp_path)) == 0


def test_what_is_no_file_is_none_of_a_journal(tmp_path):
    (tmp_path / "answers-folder.jsonl").mkdir()
    (tmp_path / "answers-link.jsonl").symlink_to(tmp_path / "gone")
    assert len(Journal(tmp_path)) == 0
