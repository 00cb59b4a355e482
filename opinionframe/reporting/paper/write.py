"""The folder of the paper's tables and figures: results go in; files, and a list of what was made, come out."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.errors import OpinionFrameError
from opinionframe.figures import Figure
from opinionframe.reporting.paper.registry import Item, items
from opinionframe.reporting.paper.results import PaperResults, whose
from opinionframe.schemas.datasets import DATASET
from opinionframe.tables import Table, marks

TABLE_FILES = (".html", ".tex")
FIGURE_FILES = (".svg", ".png")
LIST = "paper.csv"
CLAIMS = "claims.csv"
COLUMNS = {"item": pl.String, "title": pl.String, "made": pl.Boolean, "files": pl.String, "why": pl.String}
"""Of the list."""

OWN_NAME = re.compile(r"table-\d+[a-z]?\.(html|tex)|figure-\d+\.(svg|png)|claims\.csv")
"""What files of tables, figures and claims are called; a user's own beside them stay."""

SUBTITLE = 9
"""The size of what stands below the title of a figure, in points: as its legend."""

DECIMALS = 6
"""Of the claims: what two orders of the same sum cannot move."""


def write_paper(folder: Path, paper: PaperResults) -> tuple[Path, ...]:
    """The files of the paper's tables and figures in `folder`, which is made if it is not there.

    What this study has nothing for is left out, and what an earlier one left there in its place is removed. `paper.csv`
    lists every table and figure with `item`, `title`, whether it was `made`, its `files`, and `why` it was not;
    `claims.csv` has what the paper's text claims, for this study.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _remove_files(folder)
    written: list[Path] = []
    rows = []
    for item in items(paper):
        files, why = _written(folder, item, paper)
        written += files
        rows.append((item.name, item.title, not why, " ".join(path.name for path in files), why))
    if isinstance(paper.claims, pl.DataFrame):
        paper.claims.write_csv(folder / CLAIMS, float_precision=DECIMALS)
        written.append(folder / CLAIMS)
        claims = (True, CLAIMS, "")
    else:
        claims = (False, "", paper.claims)
    rows.append(("Claims", "What the paper's text claims, for this study", *claims))
    pl.DataFrame(rows, schema=COLUMNS, orient="row").write_csv(folder / LIST)
    return (*written, folder / LIST)


def remove_paper(folder: Path) -> None:
    """Removes what `write_paper` left in `folder`, and the folder where nothing else is in it.

    A folder without its list, `paper.csv`, is none that it wrote.
    """
    listed = folder / LIST
    if not listed.is_file() or listed.read_bytes().partition(b"\n")[0].decode(errors="replace") != ",".join(COLUMNS):
        return
    _remove_files(folder)
    listed.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()


def _remove_files(folder: Path) -> None:
    """Removes tables, figures and claims of an earlier study, by the names that these have and no others."""
    for path in folder.iterdir():
        if path.is_file() and OWN_NAME.fullmatch(path.name):
            path.unlink()


def _written(folder: Path, item: Item, paper: PaperResults) -> tuple[list[Path], str]:
    """The files of one table or figure, and why there are none."""
    try:
        thing = item.make(paper)
    except OpinionFrameError as error:
        return [], str(error)
    heading = f"{item.name}. {item.title}"
    if isinstance(thing, Table):
        told = () if item.protocol is None else (*(getattr(paper, name) for name in item.protocol), *paper.notes)
        cells = _in_order(thing.cells, paper)
        table = replace(thing, cells=cells, title=heading, notes=(*thing.notes, *told))
        page, code = (folder / f"{item.stem}{suffix}" for suffix in TABLE_FILES)
        return [table.save(page), table.save(code, caption=item.title)], ""  # LaTeX numbers tables itself
    figure = replace(thing, spec={**thing.spec, "title": _titled(thing, heading)})
    return [figure.save(folder / f"{item.stem}{suffix}") for suffix in FIGURE_FILES], ""


def _titled(figure: Figure, heading: str) -> dict[str, Any]:
    """The title of a figure with `heading` on top, and below it what stood there."""
    title = figure.spec.get("title", {})
    stood = {"text": title} if isinstance(title, str) else title
    below = [line for part in (stood.get("text"), stood.get("subtitle")) for line in _lines(part)]
    return {**stood, "text": heading, **({"subtitle": below, "subtitleFontSize": SUBTITLE} if below else {})}


def _lines(text: str | list[str] | None) -> list[str]:
    """The lines of a title."""
    return [text] if isinstance(text, str) else text or []


def _in_order(rows: pl.DataFrame, paper: PaperResults) -> pl.DataFrame:
    """The rows of a table, its datasets and their models in the order of the study; all others where they were."""
    column = DATASET if DATASET in rows.columns else "section"
    if column not in rows.columns:
        return rows
    dataset = _place(marks.unmarked(pl.col(column)).str.split(": ").list.first(), paper.datasets)
    label = _places_of_models(rows, paper.models)
    is_below = dataset < len(paper.datasets)
    section = pl.int_range(pl.len()).min().over(column)
    return rows.sort(dataset, section, pl.when(is_below).then(label).otherwise(0), maintain_order=True)


def _places_of_models(rows: pl.DataFrame, models: Sequence[str]) -> pl.Series:
    """The place of each row's model, in whatever way it was asked; others last."""
    if "label" not in rows.columns:
        return pl.repeat(0, len(rows), eager=True)
    names = [whose(label, models) for label in rows.select(marks.unmarked(pl.col("label"))).to_series()]
    return pl.Series([len(models) if name is None else models.index(name) for name in names], dtype=pl.UInt32)


def _place(name: pl.Expr, order: Sequence[str]) -> pl.Expr:
    """The place of a name in an order; others last."""
    return name.replace_strict(list(order), range(len(order)), default=len(order), return_dtype=pl.UInt32)
