"""`llms.txt` leads a language model to every guide, and nowhere else."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_pages_for_machines_are_there():
    text = (ROOT / "llms.txt").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert text.startswith("# opinionframe\n\n> ")
    assert [link for link in links if not (ROOT / link).exists()] == []
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs" / "guides").glob("*.md")}
    assert pages - {*links} - {"docs/guides/index.md"} == set()
