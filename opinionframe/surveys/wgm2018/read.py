"""Wellcome Global Monitor 2018: its workbook, or a CSV or Parquet of its sheet, goes in; a Survey comes out."""

from collections.abc import Collection, Sequence
from pathlib import Path

from opinionframe.surveys.codebook import codebook_codes, entry_codebook
from opinionframe.surveys.data_dictionary import refuse_contradiction
from opinionframe.surveys.entry import entry
from opinionframe.surveys.entry_microdata import (
    class_codes,
    entry_microdata,
    raw_columns,
    with_attributes,
    with_outside,
)
from opinionframe.surveys.entry_survey import entry_survey
from opinionframe.surveys.raw_file import read_raw
from opinionframe.surveys.survey import Survey

NAME = "wgm2018"


def read_wgm(
    path: str | Path,
    *,
    by: Sequence[str] | None = None,
    weight: str | None = "PROJWT",
    outside: Collection[int] = (),
    min_n: int = 1,
) -> Survey:
    """Wellcome Global Monitor 2018: its 21 ordinal items and the classes of the paper's Table 13.

    Args:
        path: The xlsx as published, whose data dictionary is checked against the registered codes, or a CSV or
            Parquet of its sheet `Full dataset`.
        by: Columns of classes, or intersections of them (`"sex & age"`), in place of the preset attributes; the others
            are not read.
        weight: "PROJWT" (the world's population), "wgt" (within a country) or None.
        outside: Further codes of the attributes that are no class.
        min_n: The fewest substantive answers that make a cell.

    Raises: FrameError for a wrong sheet, a missing column, an unknown code or a truncated file.

    >>> survey = read_wgm("wgm2018-dataset-crosstabs-all-countries.xlsx", weight="wgt")  # doctest: +SKIP
    """
    about = with_outside(with_attributes(entry(NAME), by), outside)
    layout = about["file"]
    codebook = entry_codebook(NAME, about)
    if Path(path).suffix.lower() == ".xlsx":
        dictionary = read_raw(path, sheet=layout["dictionary"])
        refuse_contradiction(dictionary, layout["variable"], [*codebook_codes(codebook), *class_codes(about)])
    raw = read_raw(path, sheet=layout["sheet"], columns=raw_columns(about))
    microdata = entry_microdata(raw, about, codebook, weights=layout["weights"], keep=layout["keep"])
    return entry_survey(NAME, about, codebook, microdata, by=by, weights=layout["weights"], weight=weight, min_n=min_n)
