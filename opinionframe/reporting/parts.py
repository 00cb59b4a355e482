"""The parts of a report: results go in; what is printed of each dataset and metric by itself comes out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from opinionframe.reporting.results import Results
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.one_metric import METRIC

UNNAMED = "other questions"
"""What questions are called whose dataset has no name, beside others."""


@dataclass(frozen=True)
class Part:
    """The results of one dataset under one metric, which are never averaged with others.

    Attributes:
        name: What tells it from the other parts; empty where there is one part alone.
        ending: What the names of its files end in.
        dataset: Its dataset, where datasets are kept apart.
        metric: The metric of its scores.
        scores: Its rows of Alignment.
        tests: Its rows of Tests, where sources were tested.
        diagnosis: Its rows of the diagnosis, where there is one.
    """

    name: str
    ending: str
    dataset: str
    metric: str
    scores: pl.DataFrame
    tests: pl.DataFrame | None
    diagnosis: pl.DataFrame | None


def parts_of(results: Results) -> list[Part]:
    """The parts of a study's results, by metric and then by dataset."""
    by_metric = sorted(results.aligned.partition_by(METRIC, as_dict=True).items())
    parts = []
    for (metric,), scores in by_metric:
        names = _dataset_names(scores, results.summary)
        for name, of_dataset in zip(names, file_endings(names), strict=True):
            several = len(by_metric) > 1
            spoken = [name] if name else []
            spoken += [str(metric).replace("_", " ")] if several else []
            parts.append(
                Part(
                    name=", ".join(spoken),
                    ending=of_dataset + (f"-{metric}" if several else ""),
                    dataset=name,
                    metric=str(metric),
                    scores=_of_part(scores, name, metric),
                    tests=None if results.tests is None else _of_part(results.tests, name, metric),
                    diagnosis=None if results.diagnosis is None else _of_part(results.diagnosis, name, metric),
                )
            )
    return parts


def rows_of(frame: pl.DataFrame, dataset: str) -> pl.DataFrame:
    """The rows of a dataset, where it has a name and the frame tells datasets apart."""
    if not dataset or DATASET not in frame.columns:
        return frame
    return frame.with_columns(pl.col(DATASET).fill_null(UNNAMED)).filter(pl.col(DATASET) == dataset)


def _of_part(frame: pl.DataFrame, dataset: str, metric: object) -> pl.DataFrame:
    """The rows of a dataset, where it has a name, and metric."""
    return frame.filter(pl.col(METRIC).eq_missing(pl.lit(metric))).pipe(rows_of, dataset)


def _dataset_names(scores: pl.DataFrame, summary: pl.DataFrame) -> list[str]:
    """The datasets of the scores where the summary keeps them apart; else one without a name."""
    if DATASET not in summary.columns:
        return [""]
    return scores[DATASET].fill_null(UNNAMED).unique().sort().to_list()


def file_endings(names: Sequence[str]) -> list[str]:
    """What a file's name has of each dataset: its letters and digits, after a number where these are not enough."""
    endings = [re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.") for name in names]
    if names == [""]:
        return [""]
    distinct = len({ending.lower() for ending in endings}) == len(names) and all(endings)
    return [f"-{ending}" if distinct else f"-{number}-{ending}" for number, ending in enumerate(endings, 1)]
