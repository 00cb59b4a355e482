"""The three readers on files as people pass them on: columns in another order, more of them, other separators."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from opinionframe.errors import FrameError
from opinionframe.surveys import read_opinionqa, read_wgm, read_wvs

WGM_PEOPLE = [{"Q11C": 1, "Q1": 2}, {"Q11C": 2, "Gender": 2, "PROJWT": 3000.5}, {"Q11C": 98}, {"Q11C": 4, "Gender": 2}]
WVS_PEOPLE = [{"Q27": 1}, {"Q27": 2, "Q260": 2, "W_WEIGHT": 2.5}, {"Q27": -1}, {"Q27": 4, "Q260": 2}]
OQA_PEOPLE = [
    {"GUN": "Yes, I own a gun"},
    {"GUN": "Refused", "SEX": "Female"},
    {"WORLDDANGER": "Neither", "weight": 2.5},
]


def passed_on(path, *, separator=",", mark=False, comma=False, ends="\n"):
    """Rewrites a CSV with its columns reversed between two of somebody's own, as Excel and other programs write it."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    table = pl.read_csv(path, separator=";" if first.count(";") > first.count(",") else ",", infer_schema=False)
    own = {"my id, new": [f"{row}; {row}" for row in range(table.height)], "note": ['said "no"'] * table.height}
    wide = (
        pl.DataFrame(own).select("my id, new").hstack(table.select(table.columns[::-1])).with_columns(note=pl.lit('"'))
    )
    if comma:
        wide = wide.with_columns(pl.col("^(.*WEIGHT.*|PROJWT|wgt|S018)$").str.replace(".", ",", literal=True))
    text = wide.write_csv(separator=separator, line_terminator=ends)
    path.write_text(text, encoding="utf-8-sig" if mark else "utf-8", newline="")


SPELLINGS = [
    {"separator": ",", "ends": "\r\n"},
    {"separator": ";", "mark": True, "comma": True},
    {"separator": "\t", "mark": True, "comma": True, "ends": "\r\n"},
    {"separator": "|"},
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_wgm(wgm, spelling):
    path = wgm(WGM_PEOPLE, ".csv")
    as_published = read_wgm(path, by=["sex"])
    passed_on(path, **spelling)
    again = read_wgm(path, by=["sex"])
    assert_frame_equal(again.opinions, as_published.opinions)
    assert again.microdata["PROJWT"].to_list() == [1000.0, 3000.5, 1000.0, 1000.0]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_wvs(wvs, spelling):
    path = wvs(WVS_PEOPLE)
    as_published = read_wvs(path, by=["sex"])
    passed_on(path, **spelling)
    again = read_wvs(path, by=["sex"])
    assert_frame_equal(again.opinions, as_published.opinions)
    assert again.microdata["W_WEIGHT"].to_list() == [1.0, 2.5, 1.0, 1.0]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_opinionqa(oqa, spelling):
    folder = oqa(OQA_PEOPLE)
    as_published = read_opinionqa(folder, by=["sex"])
    for name in ("info", "metadata", "responses"):
        passed_on(folder / "American_Trends_Panel_W26" / f"{name}.csv", **spelling)
    again = read_opinionqa(folder, by=["sex"])
    assert_frame_equal(again.opinions, as_published.opinions)
    assert again.microdata["weight"].to_list() == [1.0, 1.0, 2.5]


def test_rows_that_are_longer_or_shorter_than_the_header(wvs):
    path = wvs(WVS_PEOPLE)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:-1], lines[-1] + ",7"]) + "\n")
    with pytest.raises(FrameError, match="cannot be read as .csv"):
        read_wvs(path)
