"""OpinionQA: the folders `American_Trends_Panel_Wnn` of Pew waves go in, a Survey comes out."""

from collections.abc import Collection, Sequence
from pathlib import Path

import polars as pl

from opinionframe.errors import FrameError
from opinionframe.microdata.reference import human_opinions
from opinionframe.surveys.entry import entry
from opinionframe.surveys.entry_survey import source_facts
from opinionframe.surveys.opinionqa.wave import NAME, WEIGHT, read_wave
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
        by: Columns of classes, or intersections of them (`"sex & age"`), in place of the preset attributes.
        weighted: Whether each wave is weighted by its own `WEIGHT_Wnn`, the column `weight` of the microdata.
        outside: Further labels of the attributes that are no class.
        min_n: The fewest substantive answers that make a cell.

    Raises: FrameError for a missing wave, file or column, a literal that cannot be parsed, an unknown label.

    >>> survey = read_opinionqa("human_resp", [26, 32], by=["sex", "party"], min_n=30)  # doctest: +SKIP
    """
    about = entry(NAME)
    pattern = about["file"]["folder"]
    numbers = _waves(Path(folder), pattern, waves)
    parts = [read_wave(Path(folder) / pattern.format(wave=number), number, about, outside) for number in numbers]
    attributes = tuple(about["demographics"])
    weight = WEIGHT if weighted else None
    opinions = [
        human_opinions(people, book, attributes if by is None else by, weight=weight, min_n=min_n)
        for book, people in parts
    ]
    return Survey(
        name=NAME,
        opinions=pl.concat(opinions),
        codebook=pl.concat(book for book, _ in parts),
        microdata=pl.concat((people for _, people in parts), how="diagonal"),
        demographics=attributes,
        weights=(WEIGHT,),
        notes=tuple(about["notes"]),
        **source_facts(about),
    )


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
