"""`tables.degraded`: scores go in; the groups that lose most alignment by learning from few labels come out."""

from __future__ import annotations

import polars as pl

from opinionframe.alignment.estimand import COMMON, Estimand
from opinionframe.errors import FrameError, OptionError, check_option, check_whole
from opinionframe.schemas.borders import AnyFrame
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.one_metric import metric_in
from opinionframe.schemas.printed_groups import printed_groups
from opinionframe.surveys.groups_of_rows import groups_of
from opinionframe.tables import marks
from opinionframe.tables.by_demographic import FACTS, reference_note, section
from opinionframe.tables.document import Table
from opinionframe.tables.grid import PROMPT_NAMES
from opinionframe.tables.group_notes import group_notes
from opinionframe.tables.scores import estimand_of, metric_notes, refuse_without_models, scores


@takes_frames
def degraded(
    frame: AnyFrame,
    *,
    full: str,
    few: str,
    top: int = 5,
    codebook: AnyFrame | None = None,
    groups: AnyFrame | None = None,
    note: str = "",
    cells: str = COMMON,
) -> Table:
    """The `top` groups that lose most alignment between calibrators `full` and `few`, per prompt. Collects.

    Differences are means over models, and elicitations where there are several, that have both, in points of percent.
    After the paper's Table 5, which is of verbalized answers alone. `calibrate_few` makes the rows of `few`.

    Args:
        frame: Alignment, or published figures.
        full: The calibrator with all labels.
        few: The calibrator with few labels.
        top: Groups printed per prompt.
        codebook: Names the dataset of each question of an Alignment frame.
        groups: Groups, such as `survey.groups`, under whose labels classes are printed.
        note: Printed below.
        cells: Of each group those `common` to all sources of a dataset, or each source's `own`, as in `summarize`.
            Every question has one cell in a group, so that cells, questions and groups count alike.

    Raises: FrameError for a broken frame, or where no group has both; OptionError for a calibrator that is not there
        or is named twice.

    >>> from opinionframe.paper import published
    >>> degraded(published().filter(table=5), full="paper", few="paper-5").rows["difference"][0]
    1.6
    """
    check_whole("top", top, 1)
    if full == few:
        raise OptionError(f"full and few are both {full!r}, which loses nothing to itself. Name two calibrators.")
    means = scores(frame, codebook, by=["demographic"], estimand=Estimand(cells=cells))
    standard = means.filter("elicited", variant="standard")
    refuse_without_models(standard, means)
    for calibrator in (full, few):
        check_option("calibrator", calibrator, standard["calibrator"].drop_nulls().unique().to_list())
    keys = ["dataset", "prompt", "demographic"]
    paired = standard.group_by(*keys, "model", "elicitation").agg(
        pl.col("alignment").filter(calibrator=full).first().alias("full"),
        pl.col("alignment").filter(calibrator=few).first().alias("few"),
        pl.col(*FACTS).filter(calibrator=full).first(),
    )
    both = paired.drop_nulls(["full", "few"])
    if both.is_empty():
        raise FrameError(f"No source has scores by both {full!r} and {few!r} of one group. Keep the rows of both.")
    losses = both.group_by(keys).agg(
        pl.col("full", "few", *FACTS).mean(), (pl.col("full") - pl.col("few")).mean().alias("difference")
    )
    worst = losses.sort("difference", *keys, descending=[True, False, False, False]).group_by("prompt").head(top)
    named = groups_of(frame, means["dataset"], groups)
    printed = printed_groups(worst["demographic"], named)
    rows = (
        worst.join(printed, on="demographic")
        .sort("prompt", -pl.col("difference"), "demographic")
        .select(
            pl.col("prompt").replace(PROMPT_NAMES).alias("section"),
            section(several=standard["dataset"].n_unique() > 1).alias("attribute"),
            marks.cleaned(pl.col("label")).alias("class"),
            *(marks.number(pl.col(c) * 100).alias(c) for c in ("full", "few", "difference", *FACTS)),
        )
    )
    labels = {"attribute": "Category", "class": "Demographic", "full": full, "few": few, "difference": "Difference"}
    return Table(
        cells=rows,
        labels=labels | FACTS,
        title=f"Demographics that lose most alignment from {full} to {few}",
        notes=(
            *metric_notes(metric_in(standard)),
            f"Alignment in percent{estimand_of(standard)}; then over {_averaged(both)}. {reference_note(standard)}"
            if estimand_of(standard)
            else f"Alignment in percent, mean over {_averaged(both)}. {reference_note(standard)}",
            *_unpaired(paired, both, full, few),
            *(group_notes(printed["demographic"], named) if groups is not None else []),
            *([note] if note else []),
        ),
        group="section",
        text=frozenset({"class"}),
    )


def _averaged(both: pl.DataFrame) -> str:
    """What means are over, with the elicitation where it is a single one."""
    elicitations = both["elicitation"].unique().to_list()
    return f"models, {elicitations[0]}" if len(elicitations) == 1 else "models and elicitations"


def _unpaired(paired: pl.DataFrame, both: pl.DataFrame, full: str, few: str) -> list[str]:
    """The note on scores by one of the calibrators alone, which are left out."""
    one = paired.filter(pl.col("full").is_not_null() | pl.col("few").is_not_null()).height - both.height
    return [f"{one} scores by {full} or {few} alone are left out (a group, model and elicitation each)."] if one else []
