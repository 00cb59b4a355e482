"""`llms.txt` in the site: that of the repository, with links to the site's pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

LINK = re.compile(r"\]\((\S+?)\)")
ELSEWHERE = {"README.md": "index.html", "CHANGELOG.md": "changelog.html", "docs/gallery": "examples/index.html"}
"""Where the site has what stands outside its sources."""


def linked_to_pages(text: str) -> str:
    """The lines of `text`, those left out that link to a file which the site does not have."""
    lines = (LINK.sub(lambda link: f"]({_page(link[1])})", line) for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines if "](None)" not in line)


def _page(path: str) -> str | None:
    """The site's page of a file of the repository."""
    inside = re.fullmatch(r"docs/(.+)\.md", path)
    return ELSEWHERE.get(path) or (f"{inside[1]}.html" if inside else None)


def _written(app: Any) -> list[Any]:
    """Writes the file beside the first page."""
    text = (Path(app.srcdir).parent / "llms.txt").read_text(encoding="utf-8")
    (Path(app.outdir) / "llms.txt").write_text(linked_to_pages(text), encoding="utf-8")
    return []


def setup(app: Any) -> dict[str, bool]:
    """Has the file written with the pages."""
    app.connect("html-collect-pages", _written)
    return {"parallel_read_safe": True}
