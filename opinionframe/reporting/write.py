"""Results in, a folder out: the page to open first, tables and figures for print, tidy frames and a manifest."""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.exporting import export
from opinionframe.figures.spread import spread_figure
from opinionframe.reporting.lasting_digits import NOTE, with_lasting_digits
from opinionframe.reporting.page import PAGE, Contents, Panel, page_text
from opinionframe.reporting.page.pictures import KINDS, pictures
from opinionframe.reporting.parts import UNNAMED, Part, file_endings, parts_of
from opinionframe.reporting.results import Design, Report, Results
from opinionframe.reporting.standing import standing_of
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.one_metric import METRIC
from opinionframe.schemas.own_columns import CORE
from opinionframe.schemas.source import where_models_answered
from opinionframe.schemas.vocabulary import METRICS
from opinionframe.surveys import Survey
from opinionframe.tables import diagnosis
from opinionframe.tables.raw_calibrated import alignment_table

TABLES = ("alignment", "diagnosis")
TABLE_FILES = (".html", ".tex")
FIGURE_FILES = (".svg", ".png")


def write_report(
    folder: Path,
    results: Results,
    survey: Survey,
    manifest: Mapping[str, Any],
    title: str,
    design: Design,
    frames: Mapping[str, pl.DataFrame] | None = None,
    beside: Sequence[Path] = (),
) -> Report:
    """The report of `results` in `folder`, which is made if it is not there; `frames` are written beside its own.

    `index.html` is the page to open first; it links the files `beside`, which are in the folder already. Every dataset
    under every metric has a table and figures of its own, named after both where there are several. Where no source has
    two cells, there is no spread to draw. Tables, figures and data that an earlier report left there under other names
    are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = parts_of(results)
    panels = tuple(_panel(folder, part, results, survey, title, design) for part in parts)
    printed = [
        folder / f"{name}{panel.part.ending}{suffix}"
        for panel in panels
        for name in panel.tables
        for suffix in TABLE_FILES
    ]
    printed += [picture.file for panel in panels for picture in panel.pictures.values()]
    printed += _spreads(folder, results)
    _remove_earlier(folder, printed)
    standings = _standings(panels)
    data = _exported(folder / "data", results, survey, manifest, standings, frames or {})
    files = (*printed, *beside, *sorted(data.parent.iterdir()))
    said = json.loads(data.read_bytes())
    contents = Contents(title, panels, results, survey, design, said, folder, files)
    page = folder / PAGE
    page.write_text(page_text(contents), encoding="utf-8")
    diagnosed = pl.DataFrame() if results.diagnosis is None else results.diagnosis
    return Report(folder, results.summary, standings["intervals"], diagnosed, (page, *files))


def _panel(folder: Path, part: Part, results: Results, survey: Survey, title: str, design: Design) -> Panel:
    """What is printed of one part: where its sources stand, its table and its pictures, both of them written."""
    standing = standing_of(part.scores, results.estimand, design)
    of_part = f": {part.name}" if part.name else ""
    tables = {
        "alignment": alignment_table(
            part.scores,
            part.tests,
            title=f"{title}{of_part}",
            note=survey.citation,
            estimand=results.estimand,
            bounds=results.bounds,
        )
    }
    if part.diagnosis is not None and part.diagnosis.height:
        tables["diagnosis"] = diagnosis(part.diagnosis, title=f"What calibration gained{of_part}")
    for name, table in tables.items():
        for suffix in TABLE_FILES:
            table.save(folder / f"{name}{part.ending}{suffix}")
    return Panel(part, standing, tables, pictures(folder, part, standing, results, survey))


def _spreads(folder: Path, results: Results) -> list[Path]:
    """The figure of means and spreads of each metric, all its datasets together, where some source has two cells."""
    by_metric = results.aligned.partition_by(METRIC, as_dict=True)
    saved: list[Path] = []
    for (metric,), scores in sorted(by_metric.items()):
        if where_models_answered(scores)["source"].is_duplicated().any():
            figure = spread_figure(scores, estimand=results.estimand)
            stem = f"spread-{metric}" if len(by_metric) > 1 else "spread"
            saved += [figure.save(folder / f"{stem}{suffix}") for suffix in FIGURE_FILES]
    return saved


def _exported(
    folder: Path,
    results: Results,
    survey: Survey,
    manifest: Mapping[str, Any],
    standings: Mapping[str, pl.DataFrame],
    frames: Mapping[str, pl.DataFrame],
) -> Path:
    """The path of the manifest of all frames in `folder`, from which those of an earlier report are removed."""
    tables: dict[str, pl.DataFrame | None] = {
        "summary": results.summary,
        "opinions": results.opinions,
        "aligned": results.aligned,
        "tests": results.tests,
        "diagnosis": results.diagnosis,
        "extraction": results.extraction,
        **standings,
        **frames,
        "bounds": results.bounds,
    }
    own = [name for name in survey.opinions.columns if name not in CORE]
    lasting: dict[str, Any] = {
        name: with_lasting_digits(frame, own, results.given) for name, frame in tables.items() if frame is not None
    }
    facts = {**manifest, "digits": NOTE}
    lasting |= {"codebook": survey.codebook, "groups": survey.groups}
    return export(folder, manifest=facts, earlier="remove", **lasting)


def _standings(panels: Sequence[Panel]) -> dict[str, pl.DataFrame]:
    """Where the sources of all parts stand, with the dataset in front where there are several."""

    def together(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
        named = [
            frame.select(*([pl.lit(panel.part.dataset).alias(DATASET)] if panel.part.dataset else []), pl.all())
            for panel, frame in zip(panels, frames, strict=True)
        ]
        return pl.concat(named)

    by_group = together([panel.standing.by_group for panel in panels])
    return {
        "intervals": together([panel.standing.means for panel in panels]),
        "against_baseline": together([panel.standing.differences for panel in panels]),
        **({} if by_group.is_empty() else {"against_baseline_by_group": by_group}),
    }


def _remove_earlier(folder: Path, printed: Collection[Path]) -> None:
    """Removes what other metrics, scales or datasets would have printed, whose numbers are not those of this report."""
    endings = ("", *(f"-{metric}" for metric in METRICS))
    of_parts = [f"{dataset}{ending}" for dataset in _earlier_endings(folder) for ending in endings]
    names = [
        *(f"{table}{part}{suffix}" for table in TABLES for part in of_parts for suffix in TABLE_FILES),
        *(f"{kind}{part}.svg" for part in of_parts for kind in KINDS),
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
    return ["", *file_endings(names)]
