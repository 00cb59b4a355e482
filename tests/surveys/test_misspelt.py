"""Keys and scales of a codebook that are nearly right are refused with the right word, and do not travel along."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError

VOTE = {"text": "Whom would you vote for?", "labels": ["A", "B", "C"]}


@pytest.mark.parametrize("scale", ["nominl", "Nominal", "nomnal"])
def test_a_misspelt_scale_is_refused_with_the_nearer_word(scale):
    refusal = rf"1 questions have a scale that is not known, e.g. \('vote', '{scale}'\). Is '{scale}' to be 'nominal'\?"
    with pytest.raises(FrameError, match=refusal):
        of.codebook({"vote": VOTE | {"scale": scale}, "other": VOTE | {"scale": "nominal"}})
    frame = pl.DataFrame({"question": "vote", "label": VOTE["labels"], "text": VOTE["text"], "scale": scale})
    with pytest.raises(FrameError, match=refusal):
        of.codebook(frame)


def test_a_scale_like_none_lists_both():
    with pytest.raises(FrameError, match=r"\('vote', 'ratio'\). Allowed: ordinal, nominal"):
        of.codebook({"vote": VOTE | {"scale": "ratio"}})


@pytest.mark.parametrize(
    ("key", "right", "value"),
    [
        ("scael", "scale", "nominal"),
        ("sclae", "scale", "nominal"),
        ("lables", "labels", ["A"]),
        ("Labels", "labels", ["A"]),
        ("labls", "labels", ["A"]),
        ("txt", "text", "?"),
        ("topics", "topic", "votes"),
        ("postions", "positions", [1, 2, 3]),
    ],
)
def test_a_misspelt_key_is_refused_with_the_right_one(key, right, value):
    with pytest.raises(FrameError, match=rf"1 keys are nearly those.*\('vote', '{key}'\): '{key}' is to be '{right}'"):
        of.codebook({"vote": VOTE | {key: value}})


def test_a_misspelt_column_of_a_csv_is_refused(tmp_path):
    path = tmp_path / "book.csv"
    path.write_text("question,label,text,scael\nvote,A,Whom?,nominal\nvote,B,Whom?,nominal\n")
    with pytest.raises(FrameError, match=r"\('column', 'scael'\): 'scael' is to be 'scale'"):
        of.codebook(path)


@pytest.mark.parametrize(("key", "value"), [("type", "nominal"), ("measure", "Nominal"), ("nominal", True)])
def test_a_scale_under_another_name_is_refused(key, value, tmp_path):
    refusal = rf"1 questions say their scale under another name, e.g. \('vote', '{key}', {value!r}\)"
    with pytest.raises(FrameError, match=refusal):
        of.codebook({"vote": VOTE | {key: value}, "other": VOTE | {"scale": "nominal"}})
    path = tmp_path / "book.csv"
    path.write_text(f"question,label,text,{key}\nvote,A,Whom?,{value}\nvote,B,Whom?,{value}\n")
    with pytest.raises(FrameError, match="1 questions say their scale under another name"):
        of.codebook(path)
    assert of.codebook({"vote": VOTE | {"scale": "nominal", key: value}})["scale"].unique().item() == "nominal"


def test_columns_of_ones_own_travel_along():
    book = of.codebook(
        {"vote": VOTE | {"scale": "nominal", "interviewer": "web", "wave": 3, "level": 2, "title": "Vote"}}
    )
    assert book.select("interviewer", "wave", "level", "title").unique().row(0) == ("web", 3, 2, "Vote")
    assert book["scale"].unique().to_list() == ["nominal"]
