"""The page of a report, to be opened first: what a study found goes in; one self-contained HTML file comes out."""

from opinionframe.reporting.page.contents import Contents, Panel
from opinionframe.reporting.page.page import PAGE, page_text

__all__ = ["PAGE", "Contents", "Panel", "page_text"]
