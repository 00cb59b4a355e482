"""Regions in print: Regions go in; those of one source and some questions, with texts and labels, come out."""

from collections.abc import Sequence

import polars as pl

from opinionframe.errors import FrameError, OptionError, as_names, check_option, examples
from opinionframe.schemas.borders import AnyFrame, checked, codebook_border
from opinionframe.schemas.keys import ROW
from opinionframe.schemas.regions import POPULATION, Regions


def shown_regions(
    regions: AnyFrame, codebook: AnyFrame, *, source: str | None = None, questions: Sequence[str] | None = None
) -> pl.DataFrame:
    """Regions of `source` (the only one, if not given) and `questions` (all) with `label` and `text`, sorted by row.

    Raises: FrameError for broken frames, none or several sources, questions that the codebook lacks; OptionError.
    """
    book = codebook_border(codebook)
    rows = checked(regions, Regions, "regions")
    sources = rows["source"].unique().sort().to_list()
    if source is not None:
        check_option("source", source, sources)
    elif len(sources) != 1:
        raise FrameError(
            f"regions have {len(sources)} sources, e.g. {examples([(name,) for name in sources])}. "
            "Name one with source=…."
            if sources
            else "regions have no rows, so there is nothing to print. Check the filters."
        )
    chosen = rows.filter(source=source or sources[0])
    if questions is not None:
        names = as_names("questions", questions)
        if not names:
            raise OptionError("questions names none. Leave it out for all of them, or name some.")
        for name in names:
            check_option("questions", name, chosen["question"].unique().to_list())
        chosen = chosen.filter(pl.col("question").is_in(names))
    labelled = chosen.join(book.select("question", "choice", "label", "text"), on=["question", "choice"], how="left")
    if lost := labelled["label"].null_count():
        keys = examples(
            labelled.filter(pl.col("label").is_null()).select("question", "choice").unique().sort(pl.all()).rows()
        )
        raise FrameError(
            f"{lost} rows of regions are no choice of the codebook, e.g. {keys}. Give the codebook they were made with."
        )
    return labelled.sort(ROW)


def what_they_hold(regions: pl.DataFrame) -> str:
    """What regions hold, and how often, in a sentence. Raises: FrameError where they differ."""
    kinds = regions.select("conf", "holds").unique().sort(pl.all()).rows()
    if len(kinds) != 1:
        raise FrameError(
            f"regions are of {len(kinds)} kinds of `conf` and `holds`, e.g. {examples(kinds)}, which cannot stand in "
            "one table or figure. Filter for one."
        )
    conf, holds = kinds[0]
    whose = "its group's own distribution" if holds == POPULATION else "the distribution of a sample of its group"
    return f"The region of {100 * conf:g}% of new cells holds {whose}"
