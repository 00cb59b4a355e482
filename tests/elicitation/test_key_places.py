"""The index of a journal: the same places as a dictionary's, and lines read many at a time as they are one by one."""

import json
import secrets

import numpy as np
import pytest

from opinionframe.elicitation.journal import Journal
from opinionframe.elicitation.key_places import KeyPlaces
from opinionframe.elicitation.models.fake import FakeModel
from opinionframe.elicitation.models.protocol import Reply, Request
from opinionframe.elicitation.records import Records


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
