"""OpinionQA: the folders `American_Trends_Panel_Wnn` of Pew waves go in, a Survey comes out."""

from collections.abc import Collection, Sequence
from pathlib import Path

import polars as pl

from opinionframe.errors import FrameError
from opinionframe.microdata.reference import human_opinions
from opinionframe.surveys.entry import entry
from opinionframe.surveys.entry_microdata import with_attributes
from opinionframe.surveys.entry_survey import source_facts
from opinionframe.surveys.groups import entry_groups
from opinionframe.surveys.opinionqa.wave import NAME, WEIGHT, class_lists, read_wave
from opinionframe.surveys.raw_file import existing
from opinionframe.surveys.survey import Survey


def read_opinionqa(
    folder: str | Path,
    waves: Sequence[int] | None = None,
    *,
    by: Sequence[str] | None = None,
    weighted: bool = True,
    outside: Collection[str] = (),
    min_n: int = 1,
) -> Survey:
    """OpinionQA: the questions of Pew `waves` (all that `folder` holds by default) and the classes of Table 13.

    Args:
        folder: Holds `American_Trends_Panel_W26` and the like, each with info.csv, metadata.csv and responses.csv.
        waves: The numbers of the waves to read.
        by: Columns of classes, or intersections of them (`"sex & age"`), in place of the preset attributes; the others
            are not read.
        weighted: Whether each wave is weighted by its own `WEIGHT_Wnn`, the column `weight` of the microdata.
        outside: Further labels of the attributes that are no class.
        min_n: The fewest substantive answers that make a cell.

    Returns: a Survey whose `missing` counts the labels that are no class: those of `outside`, and those of
        responses.csv that the wave's metadata.csv does not list, such as race "Mixed Race".

        An attribute of which no label is listed brings an OpinionFrameWarning.

    Raises: FrameError for a missing wave, file or column, a literal that cannot be parsed, an answer that is no option.

    >>> survey = read_opinionqa("human_resp", [26, 32], by=["sex", "party"], min_n=30)  # doctest: +SKIP
    """
    about = with_attributes(entry(NAME), by)
    pattern = about["file"]["folder"]
    numbers = _waves(Path(folder), pattern, waves)
    parts = [read_wave(Path(folder) / pattern.format(wave=number), number, about, outside) for number in numbers]
    attributes = tuple(about["demographics"])
    weight = WEIGHT if weighted else None
    books = [book for book, _, _ in parts]
    people = [part for _, part, _ in parts]
    opinions = [
        human_opinions(answers, book, attributes if by is None else by, weight=weight, min_n=min_n)
        for book, answers in zip(books, people, strict=True)
    ]
    microdata = pl.concat(people, how="diagonal")
    lists = [class_lists(Path(folder) / pattern.format(wave=number), about, outside) for number in numbers]
    listed = {name: list(dict.fromkeys(label for each in lists for label in each[name])) for name in attributes}
    no_class = _summed(pl.concat(rows for _, _, rows in parts))
    return Survey(
        name=NAME,
        opinions=pl.concat(opinions),
        codebook=pl.concat(books, how="diagonal"),
        microdata=microdata,
        demographics=attributes,
        weights=(WEIGHT,),
        notes=(*about["notes"], *_unlisted_notes(no_class)),
        missing=no_class.drop("listed"),
        groups=entry_groups({**about, "classes": listed}, microdata),
        **source_facts(about),
    )


def _summed(no_class: pl.DataFrame) -> pl.DataFrame:
    """The labels that are no class, over all waves; `listed` where some metadata.csv or `outside` has them."""
    keys = ["column", "code", "label", "taken_as"]
    return no_class.group_by(keys).agg(pl.col("respondents").sum(), pl.col("listed").all()).sort(keys)


def _unlisted_notes(no_class: pl.DataFrame) -> list[str]:
    unlisted = no_class.filter(~pl.col("listed"))
    return [
        f"{respondents} respondents have the {column} {code!r}, which the metadata.csv of their wave does not list: "
        f"they have no class of {column}."
        for column, code, respondents in unlisted.select("column", "code", "respondents").rows()
    ]


def _waves(folder: Path, pattern: str, waves: Sequence[int] | None) -> list[int]:
    """The numbers of the waves to read, each once. Raises: FrameError for one that is not there, or none at all."""
    prefix = pattern.format(wave="")
    present = sorted(int(path.name.removeprefix(prefix)) for path in existing(folder).glob(f"{prefix}[0-9]*"))
    if missing := [wave for wave in waves or [] if wave not in present]:
        raise FrameError(
            f"{folder} has no wave {', '.join(map(str, missing))}, but: {', '.join(map(str, present)) or 'none'}."
        )
    if not present:
        raise FrameError(
            f"{folder} holds no folder {prefix}26 or the like. Give the folder `human_resp` of the download."
        )
    return list(dict.fromkeys(waves or present))
