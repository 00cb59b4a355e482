"""What stands above and below a table in a real browser: neither a long note nor a long title widens it."""

import shutil

import polars as pl
import pytest

from opinionframe import tables

CITATION = "Smith, T. W., Davern, M., Freese, J., and Morgan, S. L. General Social Surveys, 2018. " * 3


def width(note: str, title: str, folder) -> int:
    """The width in pixels of a picture of two columns."""
    rows = pl.DataFrame({"label": ["female", "male"], "score": ["90.0", "80.0"]})
    table = tables.Table(rows, {"label": "Group", "score": "Score"}, title, (note,) if note else ())
    return int.from_bytes(table.save(folder / "table.png").read_bytes()[16:20])


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium is installed")
@pytest.mark.parametrize("note", [CITATION, "x" * 300])
def test_a_note_and_a_title_never_set_the_width(note, tmp_path) -> None:
    assert width(note, "Scores", tmp_path) == width("", "Scores", tmp_path) == width("", note, tmp_path)
