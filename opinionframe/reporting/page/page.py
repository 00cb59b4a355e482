"""The page as HTML: what it is made of goes in; its text comes out, in which what users and models wrote is escaped."""

from typing import TYPE_CHECKING

from opinionframe.reporting.page.asked import examples
from opinionframe.reporting.page.caveats import caveats
from opinionframe.reporting.page.citations import citations
from opinionframe.reporting.page.contents import Contents, Panel
from opinionframe.reporting.page.files import listed_files
from opinionframe.reporting.page.finding import finding
from opinionframe.reporting.page.groups import by_group
from opinionframe.reporting.page.paragraphs import limits, methods
from opinionframe.tables import Table

if TYPE_CHECKING:
    from markupsafe import Markup

PAGE = "index.html"
"""What the page is called in the report's folder."""

MOST_BESIDE = 20
"""Sources whose ranking stands beside the sentences of the result; that of more, or of several parts, stands below."""


def page_text(contents: Contents) -> str:
    """The whole page, without a script and without anything from elsewhere."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("opinionframe.reporting.page"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["table"] = _table
    return environment.get_template("page.html").render(
        contents=contents,
        sections=[_section(panel, contents) for panel in contents.panels],
        beside=len(contents.panels) == 1 and contents.panels[0].standing.means.height <= MOST_BESIDE,
        examples=examples(contents),
        methods=methods(contents),
        limits=limits(contents),
        citations=citations(contents.survey, contents.version),
        files=listed_files(contents),
        packages=contents.manifest["packages"],
        models=contents.design.models,
        seed=contents.design.seed,
    )


def _section(panel: Panel, contents: Contents) -> dict[str, object]:
    """What the page says of one part."""
    return {
        "name": panel.part.name,
        "finding": finding(panel),
        "caveats": caveats(panel, contents),
        "table": panel.tables["alignment"],
        "by_group": by_group(panel, contents.survey),
        "gains": panel.tables.get("diagnosis"),
        "pictures": panel.pictures,
    }


def _table(table: Table) -> "Markup":
    """A printed table, which escapes its cells itself."""
    from markupsafe import Markup

    return Markup(table.as_html())  # noqa: S704
