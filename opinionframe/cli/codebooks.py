"""Codebooks of a command: a file, or the name of a packaged survey, goes in; a Codebook comes out."""

from pathlib import Path

import polars as pl

from opinionframe.cli.frames import read_frame
from opinionframe.cli.overwriting import STREAM
from opinionframe.errors import OptionError
from opinionframe.schemas.frames import Codebook
from opinionframe.surveys.raw_file import header_of

WRITTEN_BY_HAND = (".csv", ".tsv", ".txt")


def read_codebook(place: str) -> pl.DataFrame:
    """The codebook in a file, or that of a packaged survey.

    A file without choice numbers is one as people write it, with question, label, text and whatever else `of.codebook`
    reads, with commas, semicolons or tabs between; its choices are numbered in scale order.

    Raises: OptionError; FrameError for a codebook that is none.
    """
    import opinionframe as of

    packaged = of.available().filter(access="shipped")["name"].to_list()
    if place in packaged and not Path(place).exists():
        return of.load(place).codebook
    if place == STREAM:
        raise OptionError("--codebook: standard input is for the rows. Name a file.")
    if Path(place).suffix.lower() in WRITTEN_BY_HAND and Path(place).is_file() and header_of(Path(place))[0] != ",":
        return of.codebook(Path(place))
    rows = read_frame(place, "codebook", Codebook)
    return of.schemas.Codebook.validate(rows, eager=True) if "choice" in rows.columns else of.codebook(rows)
