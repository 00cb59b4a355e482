"""`figures.stages`: scores go in; alignment along stages of training, after the paper's Figure 4, comes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from opinionframe.alignment.estimand import CELL_WEIGHT, COMMON, ESTIMAND, LEAVE_OUT, Estimand, in_lines
from opinionframe.alignment.summarize import summarized
from opinionframe.errors import FrameError, OptionError
from opinionframe.figures import drawing
from opinionframe.schemas.borders import alignment_border
from opinionframe.schemas.columns import AnyFrame, typed_columns
from opinionframe.schemas.one_metric import METRIC, metric_in, refuse_mixed
from opinionframe.schemas.source import SEPARATOR, split_source

PROMPT_NAMES = {"base": "base prompt", "sd": "SD prompt"}
ONE_DATASET = "all questions"


def stages(
    frame: AnyFrame,
    models: Sequence[str],
    *,
    elicitation: str = "verbalized",
    calibrator: str | None = None,
    labels: Sequence[str] | None = None,
    weight: str = CELL_WEIGHT,
    overlap: str = LEAVE_OUT,
    cells: str = COMMON,
) -> drawing.Figure:
    """Mean alignment in percent of `models`, in this order, raw and calibrated, base and SD, per dataset. Collects.

    Args:
        frame: Alignment, with a column `dataset` where there are several; or published figures of one table.
        models: The stages, first to last.
        elicitation: The one method drawn.
        calibrator: The one drawn, where there are several.
        labels: Names of the stages on the axis; the models' own if not given.
        weight: What counts alike in means of an Alignment frame: every `cell`, `question` or `group`, as in
            `summarize`.
        overlap: `leave out` or `keep` cells of `all` and intersections beside their parts, as in `summarize`.
        cells: Those `common` to all sources of a dataset, or each source's `own`, as in `summarize`.

    Raises: FrameError where a stage has no score; OptionError.

    Reference: Kambhatla et al., Figure 4.

    >>> from opinionframe.paper import published
    >>> olmo = [f"OLMo-2-7B-{stage}" for stage in ("Base", "SFT", "DPO", "Instruct")]
    >>> figure = stages(published().filter(table=7), olmo, labels=["Base", "SFT", "DPO", "Instruct"])
    """
    names = list(labels) if labels is not None else list(models)
    if len(names) != len(models):
        raise OptionError(f"labels has {len(names)} names for {len(models)} models. Give one each.")
    means = _scores(frame, Estimand(weight, overlap, cells))
    rows = means.filter(pl.col("model").is_in(list(models)), elicitation=elicitation, variant="standard")
    if missing := [model for model in models if model not in rows["model"]]:
        raise FrameError(
            f"{len(missing)} stages have no {elicitation} score, e.g. {missing[0]!r}. Elicit or rename them."
        )
    drawn = _one_calibrator(rows, calibrator)
    points = drawn.select(
        "dataset",
        pl.col("model").replace_strict(list(models), names).alias("stage"),
        pl.col("prompt").replace(PROMPT_NAMES),
        pl.when(pl.col("calibrator").is_null()).then(pl.lit("raw")).otherwise(pl.lit("calibrated")).alias("kind"),
        (pl.col("alignment") * 100).round(3),
        (pl.col("baseline") * 100).round(3),
    ).sort("dataset", "prompt", "kind", "stage")
    over = [line for name in drawn[ESTIMAND].unique().drop_nulls() for line in in_lines(name)]
    chart = _chart(points, names, drawing.alignment_title(metric_in(drawn)))
    return drawing.styled(chart.properties(title=_below(over)) if over else chart)


def _below(lines: list[str]) -> Any:
    """Lines below the panels."""
    import altair as alt

    return alt.TitleParams(lines, orient="bottom", anchor="middle", fontSize=9)


def _scores(frame: AnyFrame, estimand: Estimand) -> pl.DataFrame:
    """One row per dataset and elicited source, with its parts."""
    rows = typed_columns(frame, {"source": pl.String(), "alignment": pl.Float64()}, "scores").collect()
    if "dataset" not in rows.columns:
        rows = rows.with_columns(pl.lit(ONE_DATASET).alias("dataset"))
    if "question" in rows.columns:
        cells = alignment_border(rows).collect()
        refuse_mixed(cells)
        rows = summarized(cells.lazy(), ["dataset", "source"], estimand).collect()
    baseline = pl.col("baseline") if "baseline" in rows.columns else pl.lit(None, dtype=pl.Float64).alias("baseline")
    metric = pl.col(METRIC) if METRIC in rows.columns else pl.lit(None, dtype=pl.String).alias(METRIC)
    named = pl.col(ESTIMAND) if ESTIMAND in rows.columns else pl.lit(None, dtype=pl.String).alias(ESTIMAND)
    means = rows.select("dataset", "source", "alignment", metric, named, baseline).drop_nulls(["source", "alignment"])
    refuse_mixed(means, name="scores")
    elicited = means.filter(pl.col("source").str.contains(SEPARATOR, literal=True))
    return elicited.lazy().pipe(split_source).collect()


def _one_calibrator(rows: pl.DataFrame, calibrator: str | None) -> pl.DataFrame:
    """The raw rows and those of one calibrator. Raises: OptionError where it cannot be told which."""
    calibrators = rows["calibrator"].drop_nulls().unique().sort().to_list()
    if calibrator is None and len(calibrators) > 1:
        raise OptionError(
            f"There are {len(calibrators)} calibrators: {', '.join(calibrators)}. Choose one with calibrator=…."
        )
    if calibrator is not None and calibrator not in calibrators:
        raise OptionError(f"calibrator={calibrator!r} is not known. Allowed: {', '.join(calibrators)}.")
    return rows.filter(
        pl.col("calibrator").is_null() | (pl.col("calibrator") == (calibrator or (calibrators or [""])[0]))
    )


def _chart(points: pl.DataFrame, order: list[str], heading: list[str]) -> Any:
    """The lines of raw and calibrated scores per prompt, a panel per dataset."""
    import altair as alt

    base = alt.Chart().encode(x=alt.X("stage:N", sort=order, title=None, axis=alt.Axis(labelAngle=-40)))
    kinds, prompts = ["raw", "calibrated"], list(PROMPT_NAMES.values())
    colors = alt.Scale(domain=kinds, range=[drawing.RAW_COLOR, drawing.CALIBRATED_COLOR])
    dash_legend = alt.Legend(symbolType="stroke", symbolSize=120)
    has_uniform = points["baseline"].count() > 0
    title = [*heading, "dotted: uniform"] if has_uniform else heading
    y = alt.Y("alignment:Q", title=title, scale=alt.Scale(zero=False))
    dots = base.mark_point(size=34, filled=True, opacity=1).encode(
        y=y,
        color=alt.Color("kind:N", scale=colors, title=None),
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=["circle", "diamond"]), title=None),
    )
    lines = base.mark_line(strokeWidth=1.4).encode(
        y=y,
        detail="prompt:N",
        color=alt.Color("kind:N", scale=colors, title=None),
        strokeDash=alt.StrokeDash(
            "prompt:N", scale=alt.Scale(domain=prompts, range=[[1, 0], [4, 3]]), title=None, legend=dash_legend
        ),
    )
    uniform = base.mark_rule(color=drawing.UNIFORM_COLOR, strokeDash=[1, 2]).encode(x=alt.X(), y="mean(baseline):Q")
    layers = [lines, dots, uniform] if has_uniform else [lines, dots]
    panels = points["dataset"].n_unique()
    width = max(drawing.COLUMN_WIDTH // panels - 6, 70)
    return (
        alt.layer(*layers, data=alt.InlineData(values=points.to_dicts()))
        .properties(width=width, height=150)
        .facet(column=alt.Column("dataset:N", title=None), spacing=8)
    )
