"""What the paper's tables and figures are made from: the frames of a study, and what it asked for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from opinionframe.alignment.estimand import CELL_WEIGHT, LEAVE_OUT, OWN, Estimand
from opinionframe.alignment.summarize import summarized
from opinionframe.errors import OpinionFrameError
from opinionframe.inference import compare
from opinionframe.inference.methods import CLUSTER_T, PAIRED_T
from opinionframe.schemas.source import is_answer, is_elicited, source_part, split_source, where_models_answered

LOGPROB = "logprob"
OTHER_WAYS = "+"
"""What stands between a model and the wording or order of options that it was asked in, other than the usual."""

MARKED = (CLUSTER_T, PAIRED_T)
"""The tests whose results are marked: the clustered one, and the paper's own."""

OWN_CELLS = Estimand(CELL_WEIGHT, LEAVE_OUT, OWN)
"""What means are over, as in the paper."""


class UnmadeError(OpinionFrameError):
    """A table or figure that this study has nothing for; its text says what is missing."""


@dataclass(frozen=True)
class PaperResults:
    """The frames of a study that the paper's tables and figures are made from.

    Scores are Alignment with `dataset`: cells of groups of one attribute, all counting alike, means over the draws of
    examples, models under their labels, and one calibrator. Where an experiment was not made, its frame is a text that
    says why.

    Attributes:
        scores: Raw answers, their variants, calibrated ones and baselines.
        out_of_domain: Raw answers, and those calibrated on the other datasets.
        few: Answers calibrated by a few examples.
        curves: What `learning_curve` returns.
        claims: What `paper.claims` returns.
        human: Human Opinions.
        codebook: Codebook of the questions.
        groups: Groups.
        prompts: Prompts, of each way of asking once.
        extraction: What `extraction` returns, models under their labels.
        calibrator: The calibrator printed.
        few_calibrator: What it is called with a few examples, such as `paper-5`.
        models: The labels of all models, in the order of the study.
        main: Those of the tables that print some.
        stages: Those of stages of training, first to last.
        elicitation: That of tables by group.
        datasets: In the order of the study.
        featured: The attribute of Table 3, by dataset.
        protocol: How answers are calibrated within a dataset.
        few_protocol: How they are by few examples.
        notes: What is true of all scores: what counts alike, and the parser.
        failures: What could not be calibrated, and why, by experiment: `few`, `out_of_domain`.
    """

    scores: pl.DataFrame
    out_of_domain: pl.DataFrame | str
    few: pl.DataFrame | str
    curves: pl.DataFrame | str
    claims: pl.DataFrame | str
    human: pl.DataFrame
    codebook: pl.DataFrame
    groups: pl.DataFrame
    prompts: pl.DataFrame
    extraction: pl.DataFrame
    calibrator: str
    few_calibrator: str
    models: tuple[str, ...]
    main: tuple[str, ...]
    stages: tuple[str, ...]
    elicitation: str
    datasets: tuple[str, ...]
    featured: Mapping[str, str]
    protocol: str
    few_protocol: str
    notes: tuple[str, ...]
    failures: Mapping[str, str] = field(default_factory=dict)

    def present(self, scores: pl.DataFrame, names: Sequence[str]) -> list[str]:
        """Those of the models `names` that `scores` has, also in other wordings or orders of options.

        Raises: UnmadeError where it has none.
        """
        models = [model for name in names for model in self.ways(scores, name)]
        if not models:
            raise UnmadeError(f"No answer of {', '.join(names)} was scored so.")
        return models

    def ways(self, scores: pl.DataFrame, name: str) -> list[str]:
        """The model `name` as `scores` have it: by its name, and in other wordings or orders of options."""
        elicited = scores.filter(is_answer()).lazy().pipe(split_source).collect()
        return [model for model in elicited["model"].unique().sort() if whose(model, self.models) == name]


def whose(model: str, names: Iterable[str]) -> str | None:
    """The one of `names` that `model` is, or is in another wording or order of options; None where it is none.

    >>> whose("SFT+DPO+reversed", ["SFT", "SFT+DPO"]), whose("SFT+short", ["SFT", "SFT+DPO"])
    ('SFT+DPO', 'SFT')
    """
    fitting = [name for name in names if model == name or model.startswith(name + OTHER_WAYS)]
    return max(fitting, key=len, default=None)


def made(frame: pl.DataFrame | str) -> pl.DataFrame:
    """The frame of an experiment. Raises: UnmadeError with the text that says why there is none."""
    if isinstance(frame, str):
        raise UnmadeError(frame)
    return frame


def means(scores: pl.DataFrame, *by: str) -> pl.DataFrame:
    """Mean alignment per dataset, source and `by`, all cells counting alike; baselines where some model answered."""
    beside = where_models_answered(scores)
    return summarized(beside.lazy(), ("dataset", "source", *by), OWN_CELLS).collect()


def tests_against_raw(scores: pl.DataFrame, by: Sequence[str], family: str) -> pl.DataFrame:
    """Tests of calibrated against raw scores within `by`, Bonferroni-corrected over all of the table.

    Raises: FrameError where nothing is calibrated.
    """
    answers = scores.filter(is_answer())
    return compare(answers, by=by, family=family, adjust="bonferroni", weight=CELL_WEIGHT, overlap=LEAVE_OUT)


def of_elicitation(scores: pl.DataFrame, *, logprob: bool) -> pl.DataFrame:
    """The rows by log-probabilities, or those by all other elicitations; baselines stay.

    Raises: UnmadeError where there are none.
    """
    is_logprob = source_part("elicitation") == LOGPROB
    rows = scores.filter((is_logprob if logprob else ~is_logprob).fill_null(value=True))
    if rows.filter(is_elicited()).is_empty():
        raise UnmadeError("No log-probabilities were asked." if logprob else "Nothing but log-probabilities was asked.")
    return rows
