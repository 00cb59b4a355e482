"""`report`: the Opinions of a script go in; the folder that a study leaves, with a page to open first, comes out."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.alignment.align import aligned
from opinionframe.alignment.estimand import CELL_WEIGHT, COMMON, LEAVE_OUT, Estimand
from opinionframe.alignment.summarize import summarized
from opinionframe.calibration.baselines import BASELINES, with_baselines
from opinionframe.divergence import BY_SCALE, METRICS
from opinionframe.elicitation import Model
from opinionframe.elicitation.extraction import extraction_rows
from opinionframe.elicitation.parsing.answered_prompts import checked_pair
from opinionframe.errors import FrameError, OptionError, check_option, check_whole, examples
from opinionframe.inference.adjustment import ADJUSTMENTS
from opinionframe.inference.choices import Choices, checked_choices
from opinionframe.inference.compare import compared_by
from opinionframe.inference.comparisons import check_columns, comparisons
from opinionframe.inference.methods import DEFAULT
from opinionframe.reporting.prompt_examples import prompt_examples
from opinionframe.reporting.results import Design, Report, Results
from opinionframe.reporting.write import write_report
from opinionframe.schemas.borders import AnyFrame, codebook_border, opinions_border
from opinionframe.schemas.columns import typed_columns
from opinionframe.schemas.datasets import DATASET, has_several, names_datasets
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.fit_influences import with_influences
from opinionframe.schemas.keys import CHOICE, GROUP
from opinionframe.schemas.one_metric import METRIC
from opinionframe.schemas.source import is_answer, is_calibrated
from opinionframe.schemas.vocabulary import HUMAN
from opinionframe.surveys import Survey

DIAGNOSIS = {"source": pl.String(), "collapsed": pl.Boolean(), "verdict": pl.String(), METRIC: pl.String()}
"""The columns of a diagnosis that the page reads itself; its table checks the others."""


@takes_frames
def report(  # noqa: PLR0913  each keyword is a fact that the page states
    folder: str | Path,
    opinions: AnyFrame,
    survey: Survey,
    *,
    title: str = "Opinion alignment",
    answers: AnyFrame | None = None,
    prompts: AnyFrame | None = None,
    diagnosis: AnyFrame | None = None,
    models: Iterable[Model] = (),
    split: str | None = None,
    folds: int | None = None,
    metric: str = BY_SCALE,
    cluster: str | Sequence[str] = "question",
    adjust: str = "bonferroni",
    seed: int,
    weight: str = CELL_WEIGHT,
    overlap: str = LEAVE_OUT,
    cells: str = COMMON,
    manifest: Mapping[str, Any] | None = None,
) -> Report:
    """The report of a script's opinions in `folder`: what `opinionframe run` writes of a study. Collects.

    `index.html` is the page to open first: the best source against the label mean, with the clustered interval of the
    difference; what to know before believing it; all sources with intervals; groups, prompts and raw answers; methods
    and limits to paste. Beside it lie tables and figures for print, and in `data/` tidy frames with a manifest.

    Args:
        folder: Made if it is not there; what an earlier report left in it under other names is removed.
        opinions: Opinions: human rows, those of models, and calibrated ones; baselines are added where they lack.
        survey: The survey: its codebook, groups, citation and terms.
        title: Printed above.
        answers: Answers, and with them
        prompts: the Prompts that they answer: how much could be read, and an example of each kind, are then stated.
        diagnosis: What `of.diagnose` gives for the calibrated sources, of one method or several.
        models: The models that were asked, whose revisions are then stated.
        split: What calibration held out together, as in `calibrate`; the page says that it is not on record where it is
            not given.
        folds: How many folds it dealt.
        metric: As in `align`.
        cluster: The column whose values are independent of each other, or two of them.
        adjust: How p-values of raw against calibrated are adjusted, as in `compare`.
        seed: Draws what intervals that hold at once need; the study's own.
        weight: What counts alike in a mean: every `cell`, `question` or `group`, as in `summarize`.
        overlap: `leave out` or `keep` cells of `all` and intersections beside their parts, as in `summarize`.
        cells: Those `common` to all sources, or each source's `own`, as in `summarize`.
        manifest: What only you know, for `data/manifest.json`.

    Returns: a Report: its `folder`, `summary`, `diagnosis` and `files`, the page first.
    Raises: FrameError for a broken frame, or opinions without people or without a model; OptionError.

    >>> import tempfile
    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> human = survey.opinions.filter(pl.col("demographic").is_in(["sex=Female", "sex=Male"]))
    >>> model = of.FakeModel(seed=1)
    >>> asked = of.elicit(human, survey.codebook, model, prompt="base", seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     of.report(folder, asked, survey, models=[model], seed=1).files[0].name
    'index.html'
    """
    check_option("metric", metric, (BY_SCALE, *METRICS))
    check_option("adjust", adjust, ADJUSTMENTS)
    check_whole("seed", seed, 0)
    estimand = Estimand(weight, overlap, cells)
    choices = checked_choices(cluster, 0.95, 9_999, seed)
    book = codebook_border(survey.codebook)
    rows = with_influences(opinions_border(opinions, book).collect(), "opinions")
    _refuse_one_sided(rows)
    sources = set(rows["source"].unique())
    lacking = [name for name in BASELINES if name not in sources]
    complete = with_baselines(rows.lazy(), book, lacking).collect().sort("source", *CHOICE)
    scores = complete.pipe(aligned, book, metric=metric).sort("source", *GROUP)
    several = {DATASET: has_several(book), METRIC: scores[METRIC].n_unique() > 1}
    apart = tuple(name for name, is_several in several.items() if is_several)
    check_columns(scores, apart, choices.cluster)
    extraction, shown = _answered(answers, prompts, book)
    results = Results(
        opinions=complete,
        aligned=scores,
        tests=_tests(scores, apart, choices, adjust, estimand),
        diagnosis=None if diagnosis is None else _diagnosed(diagnosis, scores),
        summary=summarized(scores.lazy(), ("source", *apart), estimand).collect(),
        estimand=estimand,
        given=frozenset(book["question"]) if survey.microdata is None else frozenset(),
        extraction=extraction,
        examples=shown,
    )
    design = Design(
        seed=seed,
        split=split,
        folds=folds,
        cluster=choices.cluster,
        adjust=adjust,
        models={model.name: model.revision for model in models},
    )
    facts = {
        "survey": {"name": survey.name, "citation": survey.citation, "licence": survey.licence},
        "models": [{"name": name, "revision": revision} for name, revision in design.models.items()],
        "seed": seed,
        **(manifest or {}),
    }
    return write_report(Path(folder), results, survey, facts, title, design)


def _refuse_one_sided(opinions: pl.DataFrame) -> None:
    """Raises a FrameError for opinions without human rows or without a model's."""
    sources = opinions.select("source").unique().sort("source")
    if HUMAN not in sources["source"]:
        raise FrameError(f"opinions has no row of {HUMAN!r}, with which models are compared. Append the survey's.")
    if sources.filter(is_answer()).is_empty():
        raise FrameError(
            f"opinions has no model's answers, named model|elicitation|prompt|variant, among its {sources.height} "
            f"sources, e.g. {examples(sources.rows())}. Ask one with of.elicit."
        )


def _diagnosed(diagnosis: AnyFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """The diagnosis, of sources and metrics that were scored. Raises: FrameError."""
    rows = typed_columns(diagnosis, DIAGNOSIS, "diagnosis").collect()
    keys = ["source", METRIC]
    strange = rows.join(scores, on=keys, how="anti").select(keys).unique().sort(keys)
    if strange.height:
        raise FrameError(
            f"diagnosis has {strange.height} sources that opinions has no scores of, e.g. {examples(strange.rows())}. "
            "Append their calibrated rows to opinions, or leave them out of the diagnosis."
        )
    return rows


def _answered(
    answers: AnyFrame | None, prompts: AnyFrame | None, codebook: pl.DataFrame
) -> tuple[pl.DataFrame | None, pl.DataFrame | None]:
    """How much of each source was answered, and examples; nothing where answers are not given."""
    if answers is None and prompts is None:
        return None, None
    if answers is None or prompts is None:
        given, lacking = ("prompts", "answers") if answers is None else ("answers", "prompts")
        raise OptionError(f"report was given {given} without the {lacking} that belong to them. Give both, or neither.")
    told, asked = checked_pair(answers, prompts)
    extraction = extraction_rows(told, asked, codebook if names_datasets(codebook) else None)
    return extraction, prompt_examples(told, asked)


def _tests(
    scores: pl.DataFrame, apart: tuple[str, ...], choices: Choices, adjust: str, estimand: Estimand
) -> pl.DataFrame | None:
    """Calibrated sources against their raw answers; None where nothing was calibrated."""
    if not scores.select(is_calibrated().any()).item():
        return None
    compared = comparisons(scores, "raw-calibrated", apart, choices.cluster, estimand.overlap)
    return compared_by(compared, DEFAULT, choices, adjust, estimand=estimand)
