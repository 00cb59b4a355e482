"""Results in, a folder out: the table and the figure for print, the tidy frames behind them, and a manifest."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.alignment.estimand import BY_CELL, Estimand
from opinionframe.exporting import export
from opinionframe.figures.spread import spread_figure
from opinionframe.reporting.lasting_digits import NOTE, with_lasting_digits
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.one_metric import METRIC
from opinionframe.schemas.own_columns import CORE
from opinionframe.schemas.source import where_models_answered
from opinionframe.schemas.vocabulary import METRICS
from opinionframe.surveys import Survey
from opinionframe.tables.raw_calibrated import alignment_table

TABLE_FILES = (".html", ".tex")
FIGURE_FILES = (".svg", ".png")
UNNAMED = "other questions"
"""What questions are called whose dataset has no name, beside others."""


@dataclass(frozen=True)
class Results:
    """What a study found, as checked frames: Opinions, Alignment, Tests, the diagnosis, and the Summary by source.

    `estimand` is what its means are over, `bounds` what cells could have scored where a model answered in part,
    `given` the questions whose human shares came as such, not as respondents.
    """

    opinions: pl.DataFrame
    aligned: pl.DataFrame
    tests: pl.DataFrame
    diagnosis: pl.DataFrame
    summary: pl.DataFrame
    estimand: Estimand = BY_CELL
    bounds: pl.DataFrame | None = None
    given: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Report:
    """What a study wrote: `summary` (Summary, one row per source), `diagnosis`, and the `files` in `folder`.

    With several datasets, `summary` and `diagnosis` have a row per source in each, named in `dataset`.
    """

    folder: Path
    summary: pl.DataFrame
    diagnosis: pl.DataFrame
    files: tuple[Path, ...]


def write_report(
    folder: Path,
    results: Results,
    survey: Survey,
    manifest: Mapping[str, Any],
    title: str,
    frames: Mapping[str, pl.DataFrame] | None = None,
) -> Report:
    """The report of `results` in `folder`, which is made if it is not there; `frames` are written beside its own.

    Scores of several metrics have tables and a figure each, named after the metric, and several datasets a table each,
    named after the dataset. Where no source has two cells, there is no spread to draw. Tables, figures and data that an
    earlier report left there under other names are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = results.aligned.partition_by(METRIC, as_dict=True)
    printed = []
    for (metric,), scores in sorted(parts.items()):
        ending = f"-{metric}" if len(parts) > 1 else ""
        scored = f" ({str(metric).replace('_', ' ')})" if len(parts) > 1 else ""
        datasets = _of_datasets(scores, results.tests)
        file_endings = _file_endings([name for name, *_ in datasets])
        for (name, cells, tests), of_dataset in zip(datasets, file_endings, strict=True):
            heading = (f"{title}: {name}" if name else title) + scored
            table = alignment_table(
                cells,
                tests,
                title=heading,
                note=survey.citation,
                estimand=results.estimand,
                bounds=results.bounds,
            )
            printed += [table.save(folder / f"alignment{of_dataset}{ending}{suffix}") for suffix in TABLE_FILES]
        if where_models_answered(scores)["source"].is_duplicated().any():
            figure = spread_figure(scores, estimand=results.estimand)
            printed += [figure.save(folder / f"spread{ending}{suffix}") for suffix in FIGURE_FILES]
    _remove_earlier(folder, printed)
    found: dict[str, Any] = {
        "summary": results.summary,
        "opinions": results.opinions,
        "aligned": results.aligned,
        "tests": results.tests,
        "diagnosis": results.diagnosis,
        **(frames or {}),
        **({} if results.bounds is None else {"bounds": results.bounds}),
    }
    own = [name for name in survey.opinions.columns if name not in CORE]
    lasting: dict[str, Any] = {name: with_lasting_digits(frame, own, results.given) for name, frame in found.items()}
    facts = {**manifest, "digits": NOTE}
    lasting |= {"codebook": survey.codebook, "groups": survey.groups}
    data = export(folder / "data", manifest=facts, earlier="remove", **lasting)
    return Report(folder, results.summary, results.diagnosis, (*printed, *sorted(data.parent.iterdir())))


def _remove_earlier(folder: Path, printed: Collection[Path]) -> None:
    """Removes what other metrics, scales or datasets would have printed, whose numbers are not those of this report."""
    endings = ("", *(f"-{metric}" for metric in METRICS))
    tables = [f"alignment{dataset}{ending}" for dataset in _earlier_endings(folder) for ending in endings]
    names = [
        *(f"{table}{suffix}" for table in tables for suffix in TABLE_FILES),
        *(f"spread{ending}{suffix}" for ending in endings for suffix in FIGURE_FILES),
    ]
    for name in names:
        if folder / name not in printed:
            (folder / name).unlink(missing_ok=True)


def _earlier_endings(folder: Path) -> list[str]:
    """What the tables of an earlier report had of their datasets, by the codebook that it left."""
    try:
        book = pl.read_parquet(folder / "data" / "codebook.parquet", columns=[DATASET])
    except (OSError, pl.exceptions.PolarsError):
        return [""]
    names = book[DATASET].cast(pl.String).fill_null(UNNAMED).unique().sort().to_list()
    return ["", *_file_endings(names)]


def _of_datasets(scores: pl.DataFrame, tests: pl.DataFrame) -> list[tuple[str, pl.DataFrame, pl.DataFrame]]:
    """The name, scores and tests of each dataset that the tests keep apart; else of all, without a name."""
    if DATASET not in tests.columns:
        return [("", scores, tests)]
    named, of_tests = (frame.with_columns(pl.col(DATASET).fill_null(UNNAMED)) for frame in (scores, tests))
    names = named[DATASET].unique().sort()
    return [(name, named.filter(dataset=name), of_tests.filter(dataset=name)) for name in names]


def _file_endings(names: Sequence[str]) -> list[str]:
    """What a file's name has of each dataset: its letters and digits, after a number where these are not enough."""
    endings = [re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.") for name in names]
    if names == [""]:
        return [""]
    distinct = len({ending.lower() for ending in endings}) == len(names) and all(endings)
    return [f"-{ending}" if distinct else f"-{number}-{ending}" for number, ending in enumerate(endings, 1)]
