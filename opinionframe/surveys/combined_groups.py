"""The groups of several surveys as those of one: their Groups go in; each class once, in one order, comes out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas.borders import AnyFrame, groups_border
from opinionframe.surveys.class_spelling import spelled_as_rows
from opinionframe.surveys.class_words import class_words
from opinionframe.surveys.groups import reworded

KEY = ["attribute", "class"]
SAID = ["survey", "label", "phrase"]


def combined_groups(
    groups: Sequence[tuple[str, pl.DataFrame]], words: AnyFrame | Mapping[str, Any] | str | Path | None = None
) -> pl.DataFrame:
    """Groups of all classes in `groups`, the name and Groups of each survey, with `words` in place of their own.

    What one survey leaves unsaid is said by the first that says it. Classes stand in the order of the first survey that
    has them; one that it lacks behind the class that it follows in its own.

    Raises: FrameError, for classes that two surveys say in other words and that `words` do not say.
    """
    frames = [groups_border(frame).with_columns(survey=pl.lit(name)) for name, frame in groups]
    rows = pl.concat(frames, how="diagonal_relaxed")
    _refuse_other_words(rows, words)
    said = [pl.col(name).drop_nulls().first() for name in rows.columns if name not in (*KEY, "place", "survey")]
    if "name" in rows.columns:
        rows = rows.with_columns(pl.col("name").drop_nulls().first().over("attribute"))
    merged = rows.group_by(KEY, maintain_order=True).agg(said)
    places = pl.DataFrame(
        [
            (attribute, label, place)
            for attribute in merged["attribute"].unique(maintain_order=True)
            for place, label in enumerate(_order([_classes(frame, attribute) for frame in frames]), 1)
        ],
        {"attribute": pl.String, "class": pl.String, "place": pl.UInt16},
        orient="row",
    )
    columns = [name for name in rows.columns if name != "survey"]
    combined = groups_border(merged.join(places, on=KEY).select(columns))
    return combined if words is None else reworded(combined, words)


def _classes(frame: pl.DataFrame, attribute: str) -> list[str]:
    return frame.filter(attribute=attribute).sort("place")["class"].to_list()


def _order(orders: Sequence[Sequence[str]]) -> list[str]:
    """All classes of several orders: the first order, each further class behind the one that it follows in its own.

    >>> _order([["18-29", "30-49", "50+"], ["15-29", "30-49", "50-64", "65+"]])
    ['15-29', '18-29', '30-49', '50-64', '65+', '50+']
    """
    merged: list[str] = []
    for order in orders:
        place = 0
        for label in order:
            if label not in merged:
                merged.insert(place, label)
            place = merged.index(label) + 1
    return merged


def _refuse_other_words(rows: pl.DataFrame, words: AnyFrame | Mapping[str, Any] | str | Path | None) -> None:
    """Refuse classes that several surveys say in other words, in which a model would be asked about one of them."""
    said = [pl.col(name).drop_nulls().n_unique().over(KEY) > 1 for name in ("label", "phrase")]
    if "name" in rows.columns:
        said.append(pl.col("name").drop_nulls().n_unique().over("attribute") > 1)
    differing = rows.filter(pl.any_horizontal(said)).sort(KEY, maintain_order=True)
    if words is not None and differing.height:
        named = class_words(words).filter(pl.col("attribute").is_in(differing["attribute"].implode()))
        classes = {name: _all_classes(rows, name) for name in differing["attribute"].unique()}
        differing = differing.join(spelled_as_rows(named, classes), on=KEY, how="anti", maintain_order="left")
    if differing.height:
        cases = differing.select(KEY).unique(maintain_order=True)
        first = differing.join(cases.head(1), on=KEY, how="semi")
        in_words = " / ".join(f"{phrase or label} ({survey})" for survey, label, phrase in first.select(SAID).rows())
        raise FrameError(
            f"groups: {cases.height} classes are said in other words by several surveys, e.g. "
            f"{examples(cases.rows())}: {in_words}. Say them with groups=…, as of.groups takes words, or in each "
            "survey with of.groups(survey.groups, words=…)."
        )


def _all_classes(rows: pl.DataFrame, attribute: str) -> list[str]:
    return rows.filter(attribute=attribute)["class"].unique(maintain_order=True).to_list()
