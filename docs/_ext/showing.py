"""How what a script or a notebook cell ends in is shown: figures as SVG, tables as HTML, each with a picture."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
from great_tables import GT

from opinionframe.errors import MissingPackageError
from opinionframe.figures import Figure
from opinionframe.tables import Table
from opinionframe.tables.browser import photograph

STARTUP = """
import altair as alt
alt.renderers.enable("svg")
"""
"""What a notebook's kernel does first: Altair's own renderer would ask a server for its scripts."""

FRAME_ROWS = 8
"""Rows of a frame in its picture for the gallery."""


def prepare_notebooks(folder: Path, package: Path) -> None:
    """Has the kernels of pages with code start from `folder`, where their first lines stand, and import `package`."""
    startup = folder / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "showing.py").write_text(STARTUP, encoding="utf-8")
    os.environ["IPYTHONDIR"] = str(folder)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(package), os.environ.get("PYTHONPATH"))))


class ChartScraper:
    """Pictures of what a block of a gallery script ends in.

    A figure is drawn in the page; a table and a frame stand there as HTML already, and get a picture for the gallery's
    cards alone.
    """

    def __repr__(self) -> str:  # sphinx-gallery compares it between builds
        return type(self).__name__

    def __call__(self, _block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
        """The reST that shows what a block ends in."""
        value = block_vars["example_globals"].get("___")
        if value is block_vars.get("shown"):  # of an earlier block, since this one ends in no value
            return ""
        block_vars["shown"] = value
        if isinstance(value, alt.TopLevelMixin):
            value = Figure(value.to_dict())
        if isinstance(value, Figure):
            return self._figure(value, block_vars, gallery_conf)
        page = _page(value)
        if page is not None:
            path = Path(next(block_vars["image_path_iterator"]))
            try:
                photograph(page, path)
            except MissingPackageError:  # without a browser the card keeps the gallery's own picture
                block_vars["image_path_iterator"].paths.pop()
        return ""

    def _figure(self, figure: Figure, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
        """The reST of a figure, which is written as SVG."""
        path = Path(next(block_vars["image_path_iterator"])).with_suffix(".svg")
        figure.save(path)
        place = path.relative_to(gallery_conf["src_dir"]).as_posix()
        words = " ".join(figure.description.partition("\n")[0].split())
        return f"\n.. image:: /{place}\n   :alt: {words}\n   :class: drawn\n\n"


def _page(value: object) -> str | None:
    """A table or frame as an HTML page, and None for anything else."""
    if isinstance(value, Table):
        return value.as_html(page=True)
    if isinstance(value, pl.DataFrame) and value.width:
        value = GT(value.head(FRAME_ROWS), id="frame").opt_table_font(font="Helvetica, Arial, sans-serif")
    return value.as_raw_html(make_page=True) if isinstance(value, GT) else None
