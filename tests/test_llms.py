"""`llms.txt` leads a language model to every guide, and nowhere else."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_pages_for_machines_are_there():
    text = (ROOT / "llms.txt").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert text.startswith("# opinionframe\n\n> ")
    assert [link for link in links if not (ROOT / link).exists()] == []
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs" / "guides").glob("*.md")}
    assert pages - {*links} - {"docs/guides/index.md"} == set()


def test_the_site_serves_them_with_links_to_its_own_pages(monkeypatch):
    pytest.importorskip("sphinx", reason="the extra docs is not installed")
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "_ext"))
    served = importlib.import_module("llms").linked_to_pages((ROOT / "llms.txt").read_text(encoding="utf-8"))
    links = re.findall(r"\]\(([^)]+)\)", served)
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert sorted(set(links) - pages) == []
    assert {"index.html", "changelog.html", "guides/tests.html", "reference/verbs.html"} <= {*links}
    assert "CONTRIBUTING" not in served
