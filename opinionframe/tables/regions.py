"""`tables.regions`: Regions go in; what is predicted of each group, and where the truth lies, comes out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from opinionframe.errors import FrameError, check_whole
from opinionframe.estimation.regions import shown_regions, what_they_hold
from opinionframe.schemas.borders import groups_border
from opinionframe.schemas.columns import AnyFrame
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.printed_groups import printed_groups
from opinionframe.tables import marks
from opinionframe.tables.document import Table
from opinionframe.tables.group_notes import group_notes

WORTH = (
    "Radius: largest distance from the predicted distribution, in percent of the scale's span (of the answers, where "
    "choices have no order). People: respondents whose answers would lie as near to the truth."
)


@takes_frames
def regions(
    regions: AnyFrame,
    codebook: AnyFrame,
    *,
    source: str | None = None,
    questions: Sequence[str] | None = None,
    choice: int | None = None,
    groups: AnyFrame | None = None,
    title: str | None = None,
    note: str = "",
) -> Table:
    """The predicted share of each group in percent, the limits of the true one, the radius and its worth. Collects.

    Args:
        regions: Regions, as `prediction_regions` makes them.
        codebook: Codebook of the questions.
        source: The source printed, where there are several.
        questions: Those printed; all where they are not given.
        choice: The number of the choice printed; all where it is not given.
        groups: Groups, such as `survey.groups`, which order and name the classes.
        title: Printed above.
        note: Printed below.

    Raises: FrameError for broken frames or nothing to print; OptionError.

    >>> import opinionframe as of
    >>> codebook = of.codebook({name: {"text": "Yes?", "labels": ["yes", "no"]} for name in ("q", "r")})
    >>> cells = pl.DataFrame({"question": ["q", "q", "r", "r"], "demographic": "all", "choice": [1, 2, 1, 2]})
    >>> model = cells.with_columns(source=pl.lit("m"), prob=pl.Series([0.6, 0.4, 0.5, 0.5]))
    >>> human = cells.with_columns(source=pl.lit("human"), prob=pl.Series([0.7, 0.3, 0.4, 0.6]))
    >>> made = of.prediction_regions(pl.concat([model, human]), codebook, "m", conf=0.5, split="question")
    >>> regions(made, codebook, choice=1).rows.select("label", "predicted", "limits_low", "limits_high").row(0)
    ('all', 60.0, 50.0, 70.0)
    """
    rows = shown_regions(regions, codebook, source=source, questions=questions)
    if choice is not None:
        check_whole("choice", choice, 1)
        rows = rows.filter(choice=choice)
    if rows.is_empty():
        raise FrameError(f"No question of regions has a choice {choice!r}. Give the number of one, or none.")
    named = groups_border(groups)
    printed = printed_groups(rows["demographic"], named).select("demographic", "attribute", "order", group="label")
    group = (
        pl.when(pl.col("attribute") == pl.col("group"))
        .then("group")
        .otherwise(pl.format("{}: {}", "attribute", "group"))
    )
    low, high = (marks.number(100 * pl.col(end)) for end in ("low", "high"))
    cells = (
        rows.join(printed, on="demographic")
        .sort("question", "choice", "order")
        .select(
            marks.cleaned(pl.format("{}: {}", "question", "label")).alias("section"),
            marks.cleaned(group).alias("label"),
            marks.number(100 * pl.col("prob")).alias("predicted"),
            pl.format("{} to {}", low, high).alias("limits"),
            marks.number(100 * pl.col("radius")).alias("radius"),
            marks.number(pl.col("worth")).alias("worth"),
        )
    )
    return Table(
        cells=cells,
        labels={"label": "Group", "predicted": "Predicted", "limits": "Region", "radius": "Radius", "worth": "People"},
        title=title or "Prediction regions",
        notes=(
            f"Percent of answers. {what_they_hold(rows)}: at every choice at once, and within the radius.",
            WORTH,
            *(f"{name}: {text}" for name, text in rows.select("question", "text").unique().sort("question").rows()),
            *group_notes(rows["demographic"], named),
            *([note] if note else []),
        ),
        group="section",
    )
