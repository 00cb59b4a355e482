"""The pictures of a page: where sources stand goes in; figures on disk, with what they show in words, come out."""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.alignment.estimand import Estimand
from opinionframe.figures import Figure, cell, forest, ranked
from opinionframe.reporting.page.numbers import interval, listed, percent, points
from opinionframe.reporting.parts import Part
from opinionframe.reporting.results import Results
from opinionframe.reporting.source_words import BASELINES, in_words
from opinionframe.reporting.standing import Standing
from opinionframe.schemas.demographic import ALL
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.printed_groups import printed_groups
from opinionframe.schemas.source import SEPARATOR
from opinionframe.schemas.vocabulary import HUMAN
from opinionframe.surveys import Survey

KINDS = ("ranked", "groups", "cell-highest", "cell-lowest")
"""What is drawn of a part, and what its files are called."""

CELLS = ("highest", "lowest")
"""The cells that are drawn: those of the best and of the worst score of the best source."""

MOST_GROUPS = 60
"""Groups in one forest; of more, those furthest below and above are drawn."""

MOST_METHODS = 5
"""Calibrations of one source in a cell, which has looks for these beside people and raw answers."""

TOLD = 12
"""Entries that an alternative text lists; the files have the others."""


@dataclass(frozen=True)
class Picture:
    """A figure that was written.

    Attributes:
        file: The SVG.
        alternative: What it shows, for who cannot see it.
        caption: What stands below it.
    """

    file: Path
    alternative: str
    caption: str

    @property
    def uri(self) -> str:
        """The figure as a data URI, in which no script runs and no style leaks."""
        return "data:image/svg+xml;base64," + b64encode(self.file.read_bytes()).decode()

    @property
    def width(self) -> int:
        """Its own width, in pixels."""
        found = re.search(r'<svg[^>]*?\swidth="(\d+)', self.file.read_text(encoding="utf-8"))
        return int(found[1]) if found else 400


def pictures(folder: Path, part: Part, standing: Standing, results: Results, survey: Survey) -> dict[str, Picture]:
    """The pictures of a part by their kind, written to `folder`: `ranked`, and `groups` and cells where there are."""
    return {
        **_ranked_picture(folder, part, standing, results.estimand),
        **_group_picture(folder, part, standing, survey),
        **_cell_pictures(folder, part, standing, results, survey),
    }


def _ranked_picture(folder: Path, part: Part, standing: Standing, estimand: Estimand) -> dict[str, Picture]:
    """All sources and baselines, the best on top."""
    figure = ranked(part.scores, weight=estimand.weight, overlap=estimand.overlap, cells=estimand.cells)
    known = " with its 95% interval" if standing.means["conf_low"].count() else ""
    caption = f"Mean alignment of every source and baseline{known}, the best on top."
    return {"ranked": _saved(folder / f"ranked{part.ending}.svg", figure, _ranked_in_words(standing), caption)}


def _group_picture(folder: Path, part: Part, standing: Standing, survey: Survey) -> dict[str, Picture]:
    """How far the best source is from the baseline in every group; nothing where there is one group alone."""
    tests = standing.by_group
    drawn = _furthest(tests)
    if tests.is_empty():
        return {}
    figure = forest(drawn, groups=survey.groups, title=" ")
    names = group_names(drawn["demographic"].to_list(), survey)
    rows = drawn.sort(pl.col("estimate").round(9), "demographic").to_dicts()
    ends = rows if len(rows) <= TOLD else [*rows[: TOLD // 2], *rows[-TOLD // 2 :]]
    told = listed([f"{names[row['demographic']]} {_difference(row)}" for row in ends])
    bar = BASELINES[standing.bar]
    left_out = tests.height - drawn.height
    held = " Intervals hold for all groups at once." if tests["conf_low"].count() else ""
    caption = f"{in_words(standing.best)} minus the {bar}, in points, by group.{held}"
    if left_out:
        caption += f" Drawn are the {drawn.height} groups furthest below and above; {left_out} others are in data/."
    return {
        "groups": _saved(
            folder / f"groups{part.ending}.svg", figure, f"Differences by group, lowest first: {told}", caption
        )
    }


def _difference(row: dict[str, float]) -> str:
    """A difference in points, with its interval where there is one."""
    between = "" if row["conf_low"] is None else f" ({points(row['conf_low'])} to {points(row['conf_high'])})"
    return points(row["estimate"]) + between


def _furthest(tests: pl.DataFrame) -> pl.DataFrame:
    """The tests of all groups, or of those at both ends where there are many."""
    if tests.height <= MOST_GROUPS:
        return tests
    ordered = tests.sort(pl.col("estimate").round(9), "demographic")
    return pl.concat([ordered.head(MOST_GROUPS // 2), ordered.tail(MOST_GROUPS // 2)])


def _cell_pictures(
    folder: Path, part: Part, standing: Standing, results: Results, survey: Survey
) -> dict[str, Picture]:
    """Shares of people, raw and calibrated answers in the cells of the highest and lowest score of the best source."""
    raw = SEPARATOR.join(standing.best.split(SEPARATOR)[:4])
    scored = part.scores.filter(source=standing.best).sort(-pl.col("alignment").round(9), *GROUP)
    ends = dict(zip(CELLS, (scored.row(0, named=True), scored.row(-1, named=True)), strict=True))
    if scored.height < 2:
        ends.pop("lowest")
    calibrated = standing.means.filter(pl.col("source").str.starts_with(raw + SEPARATOR))["source"].to_list()
    shares = results.opinions.lazy().filter(pl.col("source").is_in([HUMAN, raw, *calibrated[:MOST_METHODS]]))
    left_out = len(calibrated[MOST_METHODS:])
    said = f" Drawn are the {MOST_METHODS} methods of the best means; {left_out} others are in data/."
    return {
        f"cell-{name}": _cell_picture(
            folder / f"cell-{name}{part.ending}.svg", name, row, raw, shares, survey, said if left_out else ""
        )
        for name, row in ends.items()
    }


def _cell_picture(
    file: Path, name: str, row: dict[str, str], raw: str, opinions: pl.LazyFrame, survey: Survey, left_out: str
) -> Picture:
    question, demographic = row["question"], row["demographic"]
    own = opinions.filter(question=question, demographic=demographic).collect()
    figure = cell(own, survey.codebook, question, demographic, source=raw, groups=survey.groups)
    shares = own.join(survey.codebook.select("question", "choice", "label"), on=["question", "choice"])
    sources = [
        HUMAN,
        raw,
        *sorted(source for source in shares["source"].unique() if source.startswith(raw + SEPARATOR)),
    ]
    told = [_shares_in_words(shares.filter(source=source).sort("choice"), source) for source in sources]
    named = group_names([demographic], survey)[demographic]
    caption = f"The cell of the {name} score, {percent(float(row['alignment']))}: {question}, {named}.{left_out}"
    return _saved(file, figure, f"{caption} {' '.join(told)}", caption)


def _shares_in_words(shares: pl.DataFrame, source: str) -> str:
    parts = source.split(SEPARATOR, 4)
    kind = "People" if source == HUMAN else f"Calibrated by {parts[4]}" if len(parts) > 4 else "Raw answers"
    told = ", ".join(f"{label} {percent(prob, 0)}" for label, prob in shares.select("label", "prob").rows())
    return f"{kind}: {told}."


def _ranked_in_words(standing: Standing) -> str:
    """The ranking in words."""
    rows = standing.means.to_dicts()
    told = [f"{place}. {_mean(row)}" for place, row in enumerate(rows[:TOLD], 1)]
    more = f" and {len(rows) - TOLD} more" if len(rows) > TOLD else ""
    return f"Mean alignment of every source with its interval, best first: {'; '.join(told)}{more}."


def _mean(row: dict[str, Any]) -> str:
    between = interval(row["conf_low"], row["conf_high"])
    return f"{in_words(row['source'])} {percent(row['alignment'])} ({between})"


def group_names(demographics: Sequence[str], survey: Survey) -> dict[str, str]:
    """What groups are called."""
    rows = printed_groups(demographics, survey.groups).select("demographic", "attribute", "label").rows()
    return {key: "everybody" if key == ALL else f"{attribute}: {label}" for key, attribute, label in rows}


def _saved(file: Path, figure: Figure, alternative: str, caption: str) -> Picture:
    figure.save(file)
    return Picture(file, alternative, caption)
