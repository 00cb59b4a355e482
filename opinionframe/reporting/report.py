"""Results in, a folder out: the table and the figure for print, the tidy frames behind them, and a manifest."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.exporting import export
from opinionframe.figures.spread import spread_figure
from opinionframe.schemas.one_metric import METRIC
from opinionframe.schemas.source import where_models_answered
from opinionframe.schemas.vocabulary import METRICS
from opinionframe.surveys import Survey
from opinionframe.tables.raw_calibrated import alignment_table

TABLE_FILES = (".html", ".tex")
FIGURE_FILES = (".svg", ".png")


@dataclass(frozen=True)
class Results:
    """What a study found, as checked frames: Opinions, Alignment, Tests, the diagnosis, and the Summary by source."""

    opinions: pl.DataFrame
    aligned: pl.DataFrame
    tests: pl.DataFrame
    diagnosis: pl.DataFrame
    summary: pl.DataFrame


@dataclass(frozen=True)
class Report:
    """What a study wrote: `summary` (Summary, one row per source), `diagnosis`, and the `files` in `folder`."""

    folder: Path
    summary: pl.DataFrame
    diagnosis: pl.DataFrame
    files: tuple[Path, ...]


def write_report(folder: Path, results: Results, survey: Survey, manifest: Mapping[str, Any], title: str) -> Report:
    """The report of `results` in `folder`, which is made if it is not there.

    Scores of several metrics have a table and a figure each, named after the metric. Where no source has two cells,
    there is no spread to draw. Tables and figures that an earlier report left there under other names are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = results.aligned.partition_by(METRIC, as_dict=True)
    printed = []
    for (metric,), scores in sorted(parts.items()):
        ending = f"-{metric}" if len(parts) > 1 else ""
        table = alignment_table(scores, results.tests, title=title, note=survey.citation)
        printed += [table.save(folder / f"alignment{ending}{suffix}") for suffix in TABLE_FILES]
        if where_models_answered(scores)["source"].is_duplicated().any():
            figure = spread_figure(scores)
            printed += [figure.save(folder / f"spread{ending}{suffix}") for suffix in FIGURE_FILES]
    _remove_earlier(folder, printed)
    data = export(
        folder / "data",
        manifest=manifest,
        codebook=survey.codebook,
        groups=survey.groups,
        summary=results.summary,
        opinions=results.opinions,
        aligned=results.aligned,
        tests=results.tests,
        diagnosis=results.diagnosis,
    )
    return Report(folder, results.summary, results.diagnosis, (*printed, *sorted(data.parent.iterdir())))


def _remove_earlier(folder: Path, printed: Collection[Path]) -> None:
    """Removes what other metrics or scales would have printed, whose numbers are not those of this report."""
    endings = ("", *(f"-{metric}" for metric in METRICS))
    names = [
        *(f"alignment{ending}{suffix}" for ending in endings for suffix in TABLE_FILES),
        *(f"spread{ending}{suffix}" for ending in endings for suffix in FIGURE_FILES),
    ]
    for name in names:
        if folder / name not in printed:
            (folder / name).unlink(missing_ok=True)
