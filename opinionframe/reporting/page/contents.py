"""What a page is made of: frames, tables and pictures of each part of a report."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opinionframe.reporting.page.pictures import Picture
from opinionframe.reporting.parts import Part
from opinionframe.reporting.results import Design, Results
from opinionframe.reporting.standing import Standing
from opinionframe.surveys import Survey
from opinionframe.tables import Table


@dataclass(frozen=True)
class Panel:
    """What the page shows of one part.

    Attributes:
        part: Its frames.
        standing: Where its sources stand.
        tables: Its tables: `alignment`, and `diagnosis` where something was diagnosed.
        pictures: Its figures, by their kind.
    """

    part: Part
    standing: Standing
    tables: Mapping[str, Table]
    pictures: Mapping[str, Picture]


@dataclass(frozen=True)
class Contents:
    """All that the page shows.

    Attributes:
        title: The study's title.
        panels: One per dataset and metric.
        results: The frames.
        survey: The survey, for its words and its citation.
        design: How the study asked, calibrated and tested.
        manifest: What `manifest.json` says: versions, and the files of `data/` with their checksums.
        folder: The report's folder, to which links are relative.
        files: The files that the report has beside the page.
    """

    title: str
    panels: tuple[Panel, ...]
    results: Results
    survey: Survey
    design: Design
    manifest: Mapping[str, Any]
    folder: Path
    files: tuple[Path, ...]

    @property
    def version(self) -> str:
        """The package's version."""
        return str(self.manifest["packages"].get("opinionframe", "not installed"))
