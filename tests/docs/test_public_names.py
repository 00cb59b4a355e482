"""Every public name stands in the reference, and in at least one guide or script of the gallery."""

import inspect
import re
from operator import attrgetter
from pathlib import Path

import pytest

import opinionframe as of
from opinionframe import figures, paper, schemas, tables

DOCS = Path(__file__).parents[2] / "docs"
ROOMS = {"figures": figures, "paper": paper, "schemas": schemas, "tables": tables}
NAMES = [*of.__all__, *(f"{room}.{name}" for room, module in ROOMS.items() for name in module.__all__)]
REFERENCE = "\n".join(path.read_text(encoding="utf-8") for path in (DOCS / "reference").glob("*.md"))
GUIDES = [DOCS / "start.md", DOCS / "reading_the_report.md", DOCS / "paper.md", *(DOCS / "guides").glob("*.md")]
SHOWN = "\n".join(path.read_text(encoding="utf-8") for path in [*GUIDES, *(DOCS / "gallery").rglob("*.py")])
LISTED = {
    f"{module.removeprefix('opinionframe').removeprefix('.')}.{name}".removeprefix(".")
    for module, names in re.findall(r"^```\{api\} (\S+)\n(.*?)^```", REFERENCE, flags=re.MULTILINE | re.DOTALL)
    for name in names.split()
} | {
    f"schemas.{name}"
    for names in re.findall(r"^```\{frames\}\n(.*?)^```", REFERENCE, flags=re.MULTILINE | re.DOTALL)
    for name in names.split()
}


def test_every_public_name_is_in_the_reference():
    assert sorted(set(NAMES) - set(ROOMS) - LISTED) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_guide_or_a_script_shows_it(name):
    called = rf"\bof\.{re.escape(name)}\b|\bopinionframe\.{re.escape(name)}\b|`{re.escape(name)}[`(]"
    assert re.search(called, SHOWN), f"No guide and no script of the gallery shows of.{name}."


@pytest.mark.parametrize("name", NAMES)
def test_what_it_raises_names_an_error_on_every_line(name):
    _, _, raises = (inspect.getdoc(attrgetter(name)(of)) or "").partition("\nRaises:\n")
    lines = re.findall(r"^ {4}(\S.*)", raises.partition("\n\n")[0], flags=re.MULTILINE)
    assert [line for line in lines if not re.match(r"[\w, ]*(Error|Warning):? ", line)] == []
