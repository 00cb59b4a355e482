"""The paper's experiments beside a study's own: Opinions go in; what its tables and figures need comes out."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from opinionframe.calibration.calibrate import calibrated
from opinionframe.calibration.methods.registry import NO_MODEL, calibrators_of
from opinionframe.calibration.supervision import Plan
from opinionframe.diagnosis import calibrate_few, learning_curve
from opinionframe.errors import FrameError, OpinionFrameError
from opinionframe.reporting.paper import whose
from opinionframe.schemas.datasets import DATASET, datasets
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.source import is_calibrated, is_elicited, split_source
from opinionframe.study.paper_examples import paper_examples
from opinionframe.study.paper_labels import labelled
from opinionframe.study.paper_settings import PaperSettings
from opinionframe.study.progress import Progress
from opinionframe.study.settings import Study
from opinionframe.surveys import Survey

CHOSEN = "paper"
"""The calibrator printed, where a study has several."""


@dataclass(frozen=True)
class Experiments:
    """Opinions and curves of the experiments, or a text that says why there are none; and what failed in part.

    `few` and `out_of_domain` are calibrated rows alone.
    """

    out_of_domain: pl.DataFrame | str
    few: pl.DataFrame | str
    curves: pl.DataFrame | str
    failures: dict[str, str]

    def frames(self) -> dict[str, pl.DataFrame]:
        """The frames that there are, by the name of their file."""
        named = {"out_of_domain": self.out_of_domain, "few_examples": self.few, "learning": self.curves}
        return {name: frame for name, frame in named.items() if isinstance(frame, pl.DataFrame)}


def chosen_calibrator(study: Study) -> str:
    """The calibrator of the paper's tables: `paper`, or the first that has a model."""
    names = [each.name for each in calibrators_of(study.calibrate.method) if each.name != NO_MODEL]
    return CHOSEN if CHOSEN in names else names[0]


def experiments(
    study: Study,
    settings: PaperSettings,
    survey: Survey,
    opinions: pl.DataFrame,
    labels: dict[str, str],
    tell: Progress,
) -> Experiments:
    """Calibration on other datasets, by few examples, and learning curves, of the standard answers in `opinions`."""
    human = opinions.filter(source=HUMAN)
    answers = opinions.filter(is_elicited(), pl.col("source").str.ends_with("|standard"))
    name = chosen_calibrator(study)
    failures: dict[str, tuple[int, str, str]] = {}
    steps: list[tuple[str, Callable[[], pl.DataFrame | str]]] = [
        ("out_of_domain", lambda: _out_of_domain(study, settings, survey, human, answers, name, failures)),
        ("few", lambda: _few(study, survey, human, answers, name, failures)),
        ("curves", lambda: _curves(study, settings, survey, human, answers, labels, name)),
    ]
    made: dict[str, pl.DataFrame | str] = {}
    for done, (step, make) in enumerate(steps):
        tell("the paper's experiments", done, len(steps))
        made[step] = make()
    tell("the paper's experiments", len(steps), len(steps))
    return Experiments(**made, failures={step: _said(*failure, labels) for step, failure in failures.items()})


def _said(count: int, source: str, why: str, labels: dict[str, str]) -> str:
    """The sentence on settings that could not be calibrated, the first of them under its label."""
    name = labelled(pl.DataFrame({"source": [source]}), labels)["source"][0]
    what = "1 setting" if count == 1 else f"{count} settings"
    return f"{what} could not be calibrated so, e.g. {name}: {why.replace(repr(source), 'it')}"


def _out_of_domain(
    study: Study,
    settings: PaperSettings,
    survey: Survey,
    human: pl.DataFrame,
    answers: pl.DataFrame,
    name: str,
    failures: dict[str, tuple[int, str, str]],
) -> pl.DataFrame | str:
    """Rows calibrated on the other datasets, source by source."""
    if not settings.out_of_domain:
        return "The study leaves it out (paper.out_of_domain)."
    count = survey.codebook[DATASET].n_unique()
    if count < 2:
        return "The study has one dataset, which leaves none to learn from."
    of_question = datasets(survey.codebook).collect()
    plan = Plan(("source",), split=DATASET, folds=count, seed=study.seed)

    def rows_of(source: pl.DataFrame) -> pl.DataFrame:
        if source.join(of_question, on="question")[DATASET].n_unique() < 2:
            raise FrameError("it was read in one dataset alone, which leaves none to learn from.")
        both = pl.concat([human, source], how="diagonal")
        return calibrated(both, survey.codebook, calibrators_of(name), plan, refits=False).filter(is_calibrated())

    return _each(answers.partition_by("source", maintain_order=True), rows_of, "out_of_domain", failures)


def _few(
    study: Study,
    survey: Survey,
    human: pl.DataFrame,
    answers: pl.DataFrame,
    name: str,
    failures: dict[str, tuple[int, str, str]],
) -> pl.DataFrame | str:
    """Rows calibrated by few examples, for every draw, source by source and dataset by dataset."""
    drawn = paper_examples(study, survey)
    if drawn is None:
        return "The study leaves out calibration by few examples (paper.few)."
    of_question = datasets(survey.codebook).collect()
    named = answers.join(of_question.rename({DATASET: "of"}), on="question", how="left", maintain_order="left")
    parts = [part.drop("of") for part in named.partition_by("source", "of", maintain_order=True)]

    def rows_of(part: pl.DataFrame) -> pl.DataFrame:
        both = pl.concat([human.join(part, on="question", how="semi"), part], how="diagonal")
        return calibrate_few(both, survey.codebook, drawn, method=name, seed=study.seed).filter(is_calibrated())

    return _each(parts, rows_of, "few", failures)


def _curves(
    study: Study,
    settings: PaperSettings,
    survey: Survey,
    human: pl.DataFrame,
    answers: pl.DataFrame,
    labels: dict[str, str],
    name: str,
) -> pl.DataFrame | str:
    """Learning curves of the main models, by the elicitation of tables by group, to SD prompts if they were asked."""
    if not settings.learning:
        return "The study leaves out learning curves (paper.learning)."
    main = settings.main or [*labels.values()]
    parts = labelled(answers, labels).lazy().pipe(split_source).select("model", "elicitation", "prompt").collect()
    names = [model for model in parts["model"].unique() if whose(model, labels.values()) in main]
    is_drawn = parts["model"].is_in(names) & (parts["elicitation"] == settings.elicitation)
    is_sd = parts["prompt"] == "sd"
    drawn = answers.filter(is_drawn & is_sd if (is_drawn & is_sd).any() else is_drawn)
    if drawn.is_empty():
        return f"No standard answer by {settings.elicitation} of the models in paper.main was read."
    try:
        return learning_curve(
            pl.concat([human, drawn], how="diagonal"),
            survey.codebook,
            method=name,
            sizes=settings.sizes,
            draws=settings.draws,
            split="row" if study.calibrate.split == "row" else "question",
            metric=study.metric,
            seed=study.seed,
        )
    except OpinionFrameError as error:
        return str(error)


def _each(
    parts: list[pl.DataFrame],
    rows_of: Callable[[pl.DataFrame], pl.DataFrame],
    step: str,
    failures: dict[str, tuple[int, str, str]],
) -> pl.DataFrame | str:
    """The rows of all `parts` that have some; why the others have none goes into `failures`."""
    rows: list[pl.DataFrame] = []
    lacking: list[tuple[str, str]] = []
    for part in parts:
        try:
            rows.append(rows_of(part))
        except OpinionFrameError as error:
            lacking.append((part["source"][0], str(error)))
    if not rows:
        return lacking[0][1] if lacking else "No model gave a standard answer."
    if lacking:
        failures[step] = (len(lacking), *lacking[0])
    return pl.concat(rows, how="diagonal")
