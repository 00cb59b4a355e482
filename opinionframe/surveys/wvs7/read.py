"""World Values Survey wave 7: its CSV (comma or semicolon) or SPSS file goes in, a Survey comes out."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.errors import FrameError
from opinionframe.microdata.codes import codes_as_text
from opinionframe.surveys.codebook import entry_codebook
from opinionframe.surveys.entry import entry
from opinionframe.surveys.entry_microdata import entry_microdata, raw_columns, with_attributes, with_outside
from opinionframe.surveys.entry_survey import entry_survey
from opinionframe.surveys.raw_file import read_raw, refuse_missing
from opinionframe.surveys.survey import Survey

NAME = "wvs7"


def read_wvs(
    path: str | Path,
    *,
    by: Sequence[str] | None = None,
    weight: str | None = "W_WEIGHT",
    outside: Collection[int] = (),
    min_n: int = 1,
) -> Survey:
    """World Values Survey wave 7: the registered ordinal items and the classes of the paper's Table 13.

    Args:
        path: The CSV (comma or semicolon) or the .sav of the standard release.
        by: Columns of classes, or intersections of them (`"sex & age"`), in place of the preset attributes; the others
            are not read.
        weight: "W_WEIGHT", "S018" (1,000 respondents per country) or None.
        outside: Further codes of the attributes that are no class.
        min_n: The fewest substantive answers that make a cell.

    Raises: FrameError for the release with inverted scales, which has the same file name, for a
        missing column, an unknown code or a truncated file.

    >>> survey = read_wvs("WVS_Cross-National_Wave_7_csv_v6_0.csv", by=["sex", "age"])  # doctest: +SKIP
    """
    about = with_outside(with_attributes(entry(NAME), by), outside)
    layout = about["file"]
    raw = read_raw(path, columns=raw_columns(about))
    _refuse_inverted(raw, about["release"])
    codebook = entry_codebook(NAME, about)
    microdata = entry_microdata(raw, about, codebook, weights=layout["weights"], keep=layout["keep"])
    return entry_survey(NAME, about, codebook, microdata, by=by, weights=layout["weights"], weight=weight, min_n=min_n)


def _refuse_inverted(raw: pl.DataFrame, release: Mapping[str, Any]) -> None:
    question, code, least = release["question"], release["code"], release["least"]
    refuse_missing(raw.columns, [question])
    answers = raw.select(codes_as_text(question).cast(pl.Int16, strict=False).alias("code")).filter(pl.col("code") > 0)
    share = answers.select((pl.col("code") == code).mean()).item()
    if share is not None and share < least:
        raise FrameError(
            f"This is not the standard release: {share:.0%} of {len(answers)} answers to {question} are {code} "
            f"(family is very important), where it has about 90%. The release with inverted scales has the same "
            "file name; download the one without 'inverted' in its description."
        )
