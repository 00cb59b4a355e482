"""What stands above and below a table in a real browser: neither a long note nor a long title widens it."""

import shutil

import polars as pl
import pytest

from opinionframe import tables

CITATION = "Smith, T. W., Davern, M., Freese, J., and Morgan, S. L. General Social Surveys, 2018. " * 3


def width(note: str, title: str, section: str, folder) -> int:
    """The width in pixels of a picture of two columns."""
    cells = pl.DataFrame({"label": ["female", "male"], "score": ["90.0", "80.0"], "section": section})
    labels = {"label": "Group", "score": "Score"}
    table = tables.Table(cells, labels, title, (note,) if note else (), group="section")
    return int.from_bytes(table.save(folder / "table.png").read_bytes()[16:20])


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium is installed")
@pytest.mark.parametrize("note", [CITATION, "x" * 300])
def test_a_note_a_title_and_a_section_never_set_the_width(note, tmp_path) -> None:
    columns = width("", "Scores", "sex", tmp_path)
    assert width(note, "Scores", "sex", tmp_path) == columns
    assert width("", note, "sex", tmp_path) == columns
    assert width("", "Scores", note, tmp_path) == columns
