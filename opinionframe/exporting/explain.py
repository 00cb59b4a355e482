"""`explain`: a printed number goes in; its cells, their distributions, the prompts and the raw answers come out."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from opinionframe.alignment.estimand import CELL_WEIGHT, COMMON, LEAVE_OUT, Estimand, weighted_means
from opinionframe.alignment.mean_cells import cells_of_means
from opinionframe.divergence import definition
from opinionframe.errors import FrameError, examples
from opinionframe.schemas import Answers, Prompts
from opinionframe.schemas.borders import alignment_border, checked
from opinionframe.schemas.card import card, counted
from opinionframe.schemas.columns import AnyFrame, typed_columns
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import HUMAN, Opinions
from opinionframe.schemas.keys import CHOICE, GROUP, ROW
from opinionframe.schemas.one_metric import METRIC, metric_in, refuse_mixed
from opinionframe.schemas.source import PARTS, SEPARATOR


@dataclass(frozen=True)
class Explanation:
    """A mean alignment and everything it was computed from.

    Attributes:
        source: The source whose mean it is.
        value: The mean alignment, in [0, 1].
        metric: The distance that alignment is 1 less; None where the scores do not name it.
        cells: The Alignment rows it is the mean of.
        distributions: Their shares by choice, in [0, 1], with a column for human, raw and calibrated each.
        prompts: The Prompts of these cells; empty if not given.
        answers: The Answers to them; empty if not given.
    """

    source: str
    value: float
    metric: str | None
    cells: pl.DataFrame
    distributions: pl.DataFrame
    prompts: pl.DataFrame
    answers: pl.DataFrame

    def __str__(self) -> str:
        each = f" Each score is {definition(self.metric)}." if self.metric else ""
        asked = [
            counted(frame.height, name)
            for frame, name in ((self.prompts, "prompt"), (self.answers, "raw answer"))
            if frame.height
        ]
        behind = f" The model gave them in {' and '.join(asked)}." if asked else ""
        return (
            f"The alignment of {self.source} is {100 * self.value:.1f} percent: {self._mean_of()}.{each} "
            f"{counted(self.distributions.height, 'share')} of choices are compared with people's.{behind}"
        )

    def __repr__(self) -> str:
        cells = counted(self.cells.height, "cell")
        return f"Explanation({self.source!r}: alignment {100 * self.value:.1f} percent, over {cells})"

    def _repr_html_(self) -> str:
        frames = {name: getattr(self, name) for name in ("cells", "distributions", "prompts", "answers")}
        return card("Explanation", self.source, {"In words": str(self)}, frames)

    def _mean_of(self) -> str:
        """What the value is the mean of, in words."""
        if self.cells.height == 1:
            question, demographic = self.cells.select(GROUP).row(0)
            return f"the score of question {question} in group {demographic}"
        questions, groups = (self.cells[key].n_unique() for key in GROUP)
        of_what = f"{counted(questions, 'question')} and {counted(groups, 'group')}"
        return f"the mean over {counted(self.cells.height, 'cell')} of {of_what}"


@takes_frames
def explain(  # noqa: PLR0913  keywords say which mean is traced, and what is known of it
    aligned: AnyFrame,
    opinions: AnyFrame,
    source: str,
    *,
    question: str | None = None,
    demographic: str | None = None,
    prompts: AnyFrame | None = None,
    answers: AnyFrame | None = None,
    weight: str = CELL_WEIGHT,
    overlap: str = LEAVE_OUT,
    cells: str = COMMON,
) -> Explanation:
    """The cells, distributions, prompts and answers behind the mean alignment of `source`. Collects.

    The mean is that of `summarize`, or within it of one question, one group or both.

    Args:
        aligned: An Alignment frame.
        opinions: The Opinions that were aligned.
        source: The source whose mean is traced.
        question: The question to keep to; all if None.
        demographic: The group to keep to; all if None.
        prompts: The Prompts that were asked.
        answers: The Answers to them.
        weight: What counts alike in the mean: every `cell`, `question` or `group`, as in `summarize`.
        overlap: `leave out` or `keep` cells of `all` and intersections beside their parts, as in `summarize`.
        cells: Those `common` to all sources, or the source's `own`, as in `summarize`.

    Returns: an Explanation.
    Raises: FrameError where there is no such cell, or several metrics, or `opinions` is not the frame that was aligned.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> opinions = of.baselines(survey.opinions, survey.codebook)
    >>> aligned = of.align(opinions, survey.codebook)
    >>> explanation = explain(aligned, opinions, "uniform", question="natspac", demographic="all")
    >>> explanation.distributions.select("choice", pl.col("human", "uniform").round(3)).row(0)
    (1, 0.237, 0.333)
    """
    estimand = Estimand(weight, overlap, cells)
    kept = {name: value for name, value in (("question", question), ("demographic", demographic)) if value is not None}
    scores = alignment_border(aligned).collect()
    own = scores.filter(source=source, **kept)
    if own.is_empty():
        sources = scores.select("source").unique().sort("source").rows()
        raise FrameError(f"No cell of {source!r} matches. Sources in `aligned`: {examples(sources, 8)}.")
    refuse_mixed(own)
    of_metric = scores.filter(pl.col(METRIC).eq_missing(metric_in(own)))
    of_means, _ = cells_of_means(of_metric.lazy(), estimand, ["source", *kept])
    in_mean = of_means.filter(source=source, **kept).collect().sort(GROUP)
    cell_prompts = _prompts(prompts, in_mean, source)
    return Explanation(
        source=source,
        value=_mean(in_mean, weight),
        metric=metric_in(in_mean),
        cells=in_mean,
        distributions=_distributions(opinions, in_mean, source),
        prompts=cell_prompts,
        answers=_answers(answers, cell_prompts, source),
    )


def _mean(cells: pl.DataFrame, weight: str) -> float:
    """The mean alignment of cells, in which those of one question or group count alike."""
    return float(weighted_means(cells.lazy(), ["alignment"], ["source"], weight).collect()["alignment"].item())


def _distributions(opinions: AnyFrame, cells: pl.DataFrame, source: str) -> pl.DataFrame:
    """Shares of human, raw and `source`, one column each, one row per choice of the cells."""
    raw = SEPARATOR.join(source.split(SEPARATOR)[:4])
    sources = list(dict.fromkeys((HUMAN, raw, source)))
    rows = typed_columns(opinions, Opinions, "opinions").filter(pl.col("source").is_in(sources))
    shares = rows.join(cells.lazy().select(GROUP), on=GROUP, how="semi").collect()
    _refuse_other(shares, cells, source)
    wide = shares.pivot("source", index=CHOICE, values="prob", on_columns=sources)
    return wide.sort(CHOICE)


def _refuse_other(shares: pl.DataFrame, cells: pl.DataFrame, source: str) -> None:
    """Refuse opinions that cannot be those that were aligned: a cell's choice twice, or a cell not there."""
    if (repeated := shares.filter(pl.struct(ROW).is_duplicated()).select(ROW).unique().sort(ROW)).height:
        raise FrameError(
            f"opinions: {repeated.height} choices of a cell are there more than once, "
            f"e.g. {examples(repeated.rows())}. Keep one of each with .unique({list(ROW)})."
        )
    missing = cells.select(GROUP).join(shares.filter(source=source), on=GROUP, how="anti")
    if missing.height:
        raise FrameError(
            f"opinions lacks {missing.height} of the {cells.height} cells of {source!r}, "
            f"e.g. {examples(missing.rows())}. Give the frame that was aligned."
        )


def _prompts(prompts: AnyFrame | None, cells: pl.DataFrame, source: str) -> pl.DataFrame:
    """The prompts of `source` for its cells; one that names nobody stands for every group of its question."""
    if prompts is None:
        return pl.Schema(Prompts).to_frame()
    parts = dict(zip(PARTS, source.split(SEPARATOR), strict=False))
    settings = [pl.col(part).eq_missing(pl.lit(parts.get(part))) for part in ("elicitation", "prompt", "variant")]
    rows = checked(prompts, Prompts, "prompts").filter(*settings)
    of_groups = rows.join(cells.select(GROUP), on=GROUP, how="semi")
    of_nobody = rows.filter(pl.col("demographic").is_null()).join(cells.select("question"), on="question", how="semi")
    return pl.concat([of_groups, of_nobody]).unique("prompt_id").sort("prompt_id")


def _answers(answers: AnyFrame | None, prompts: pl.DataFrame, source: str) -> pl.DataFrame:
    """The answers of the model in `source` to `prompts`."""
    if answers is None:
        return pl.Schema(Answers).to_frame()
    # A wording other than the paper's marks the model in a source: `name+wording`.
    model = source.partition(SEPARATOR)[0].partition("+")[0]
    rows = typed_columns(answers, Answers, "answers").filter(pl.col("model") == model).collect()
    return rows.join(prompts.select("prompt_id"), on="prompt_id", how="semi").sort("prompt_id", "draw")
