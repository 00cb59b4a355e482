"""`figures.stages`: scores go in; alignment along stages of training, after the paper's Figure 4, comes out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from opinionframe.alignment.estimand import CELL_WEIGHT, COMMON, ESTIMAND, LEAVE_OUT, Estimand
from opinionframe.alignment.summarize import summarized
from opinionframe.errors import FrameError, OptionError, examples
from opinionframe.figures import drawing
from opinionframe.figures.named_rows import ends
from opinionframe.figures.print_width import Width, pixels
from opinionframe.figures.vega_lite import Spec, in_panels, layered, mark, nominal, quantity
from opinionframe.figures.wrapped import LABEL, LINE_HEIGHT, TITLE, lines, widest
from opinionframe.schemas.borders import alignment_border
from opinionframe.schemas.columns import AnyFrame, typed_columns
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.one_metric import METRIC, metric_in, refuse_mixed
from opinionframe.schemas.one_value import one_value
from opinionframe.schemas.source import SEPARATOR, split_source

PROMPT_NAMES = {"base": "base prompt", "sd": "SD prompt"}
ONE_DATASET = "all questions"
VERBALIZED = "verbalized"
HEIGHT = 150
LABELS, AXIS, BETWEEN, LEAST = 24.0, 43.0, 8.0, 40.0
"""Pixels of the labels of the vertical axis, of all of it, between panels, and the least width of one."""


@takes_frames
def stages(  # noqa: PLR0913  what is drawn, over what its means are, and how wide
    frame: AnyFrame,
    models: Sequence[str],
    *,
    elicitation: str | None = None,
    calibrator: str | None = None,
    labels: Sequence[str] | None = None,
    weight: str = CELL_WEIGHT,
    overlap: str = LEAVE_OUT,
    cells: str = COMMON,
    title: str = "",
    width: Width = "column",
) -> drawing.Figure:
    """Mean alignment in percent of `models`, in this order, raw and calibrated, base and SD, per dataset. Collects.

    Each dataset has a panel, in the order of their Enum, else of their letters.

    Args:
        frame: Alignment, with a column `dataset` where there are several; or published figures of one table.
        models: The stages, first to last.
        elicitation: The one method drawn: the only one that the models have if not given, of several `verbalized`.
        calibrator: The one drawn, where there are several.
        labels: Names of the stages on the axis; the models' own if not given.
        weight: What counts alike in means of an Alignment frame: every `cell`, `question` or `group`, as in
            `summarize`.
        overlap: `leave out` or `keep` cells of `all` and intersections beside their parts, as in `summarize`.
        cells: Those `common` to all sources of a dataset, or each source's `own`, as in `summarize`.
        title: Printed above.
        width: Of the whole figure: `column`, `page`, a number of points, or a length such as `"84mm"`.

    Raises: FrameError where a stage has no score or several, or panels no room; OptionError.

    Reference: Kambhatla et al., Figure 4.

    >>> from opinionframe.paper import published
    >>> olmo = [f"OLMo-2-7B-{stage}" for stage in ("Base", "SFT", "DPO", "Instruct")]
    >>> figure = stages(published().filter(table=7), olmo, labels=["Base", "SFT", "DPO", "Instruct"])
    """
    total = pixels(width)
    names = _stage_names(models, labels)
    means = _scores(frame, Estimand(weight, overlap, cells))
    of_models = means.filter(pl.col("model").is_in(list(models)), variant="standard")
    present = of_models["elicitation"].to_list() or [VERBALIZED]
    elicitation = elicitation or one_value("elicitation", None, present, VERBALIZED)
    rows = of_models.filter(elicitation=elicitation)
    if missing := [model for model in models if model not in rows["model"]]:
        raise FrameError(
            f"{len(missing)} stages have no {elicitation} score, e.g. {missing[0]!r}. Elicit or rename them."
        )
    drawn = _one_calibrator(rows, calibrator)
    _refuse_twice(drawn)
    points = (
        drawn.select(
            "dataset",
            pl.col("model").replace_strict(list(models), names).alias("stage"),
            pl.col("prompt").replace(PROMPT_NAMES),
            pl.when(pl.col("calibrator").is_null()).then(pl.lit("raw")).otherwise(pl.lit("calibrated")).alias("kind"),
            (pl.col("alignment") * 100).round(3),
            (pl.col("baseline") * 100).round(3),
        )
        .sort("dataset", "prompt", "kind", "stage")
        .with_columns(pl.col("dataset").cast(pl.String))
    )
    over = drawn[ESTIMAND].unique().drop_nulls().sort().to_list()
    distance = drawing.alignment_title(metric_in(drawn))[1:]
    alignment = "; ".join([*distance, *over])
    dotted = "Dotted: uniform." if points["baseline"].count() else ""
    notes = [f"Alignment: {alignment}." if alignment else "", dotted]
    framed = drawing.framed(_chart(points, names, total), total, title=title, notes=notes)
    return drawing.styled(framed, _description(points, names, title))


def _stage_names(models: Sequence[str], labels: Sequence[str] | None) -> list[str]:
    """What each stage is called. Raises: OptionError where these are not one name for each of one model or more."""
    names = list(models if labels is None else labels)
    for option, each in {"models": models, "labels": names}.items():
        if isinstance(each, str) or not each or len(set(each)) < len(each):
            raise OptionError(f"{option}={each!r} has to be a list of one name or more, each of them once.")
    if len(names) != len(models):
        raise OptionError(f"labels has {len(names)} names for {len(models)} models. Give one each.")
    return names


def _refuse_twice(rows: pl.DataFrame) -> None:
    """Raises a FrameError where a dataset has several scores of a source, of which a point shows one."""
    twice = (
        rows.filter(pl.struct("dataset", "source").is_duplicated()).select("dataset", "source").unique().sort(pl.all())
    )
    if twice.height:
        raise FrameError(
            f"{twice.height} sources have several scores in a dataset, e.g. {examples(twice.rows())}. "
            "Keep one of each, such as those of one table, with .filter(…)."
        )


def _refuse_impossible(means: pl.DataFrame) -> None:
    """Raises a FrameError for mean scores that are no share of 1."""
    wrong = means.filter(~pl.col("alignment").is_between(0, 1))
    if wrong.height:
        raise FrameError(
            f"{wrong.height} scores are not from 0 to 1, e.g. "
            f"{examples(wrong.select('dataset', 'source', 'alignment').rows())}. Divide percentages by 100."
        )


def _description(points: pl.DataFrame, names: list[str], title: str) -> str:
    """The scores in words, a line per line of the figure."""
    said = [f"{title or 'Stages of training'}: mean alignment in percent, from {names[0]} to {names[-1]}."]
    for values, line in points.partition_by("dataset", "prompt", "kind", as_dict=True, maintain_order=True).items():
        scores = dict(line.select("stage", "alignment").iter_rows())
        listed = ", ".join(f"{name} {scores[name]:.1f}" for name in names if name in scores)
        said.append(f"{', '.join(map(str, values))}: {listed}")
    return "\n".join(said)


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
    _refuse_impossible(means)
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


def _chart(points: pl.DataFrame, order: list[str], total: float) -> Spec:
    """The lines of raw and calibrated scores per prompt, a panel per dataset."""
    panels = points["dataset"].unique(maintain_order=True).to_list()
    room = total - AXIS - 2 * drawing.MARGIN
    plot = (room - BETWEEN * (len(panels) - 1)) / len(panels)
    if plot < LEAST:
        most = int((room + BETWEEN) / (LEAST + BETWEEN))
        raise FrameError(
            f"{len(panels)} datasets have no room beside each other in this width, which holds {most}. "
            "Filter some, or give a greater width=…."
        )
    x = _stage_axis(order, plot)
    kinds, prompts = ["raw", "calibrated"], list(PROMPT_NAMES.values())
    of_kinds = drawing.legend(kinds, room / 2, padding=BETWEEN / 2)
    of_prompts = drawing.legend(prompts, room / 2, symbolType="stroke", symbolSize=120, padding=BETWEEN / 2)
    title = lines(drawing.ALIGNMENT, HEIGHT, TITLE)
    domain = ends(points.select("alignment", "baseline"), 0, 100)
    extent = {"minExtent": LABELS, "maxExtent": LABELS}
    y = quantity("alignment", title=title, scale={"domain": domain, "nice": False}, axis=extent)
    color, shape = (
        nominal("kind", scale={"domain": kinds, "range": looks}, title=None, legend=of_kinds)
        for looks in ([drawing.RAW_COLOR, drawing.CALIBRATED_COLOR], ["circle", "diamond"])
    )
    dashes = {"domain": prompts, "range": [[1, 0], [4, 3]]}
    dash = nominal("prompt", scale=dashes, title=None, legend=of_prompts)
    dots = mark("point", {"x": x, "y": y, "color": color, "shape": shape}, size=34, filled=True, opacity=1)
    of_curves = {"x": x, "y": y, "detail": nominal("prompt"), "color": color, "strokeDash": dash}
    curves = mark("line", of_curves, strokeWidth=1.4)
    of_uniform = {"y": quantity("baseline", aggregate="mean", title=title)}
    uniform = mark("rule", of_uniform, color=drawing.UNIFORM_COLOR, strokeDash=[1, 2])
    layers = [curves, dots, uniform] if points["baseline"].count() else [curves, dots]
    names = {name: lines(name, plot, TITLE) for name in panels}
    column = nominal("dataset", title=None, sort=panels, header={"labelExpr": drawing.looked_up(names)})
    chart = layered(*layers, rows=points.to_dicts(), width=plot, height=HEIGHT)
    return in_panels(chart, spacing=BETWEEN, column=column)


def _stage_axis(order: list[str], plot: float) -> Spec:
    """The axis of stages: their names in lines where they fit beside each other, else upright."""
    room = plot / len(order) - 3
    wrapped = {name: lines(name, room) for name in order}
    upright = widest(word for name in order for word in name.split()) > room
    look: Spec = {"labelExpr": drawing.looked_up(wrapped), "labelLineHeight": LABEL * LINE_HEIGHT}
    if upright:  # the title, which is blank, stands below the longest name in any font
        look = {"minExtent": widest(order) + BETWEEN, "titleFontSize": 1, "titlePadding": 0}
    axis = {"labelAngle": -90 if upright else 0, "labelLimit": 0, **look}
    return nominal("stage", sort=order, title=" " if upright else None, axis=axis)
