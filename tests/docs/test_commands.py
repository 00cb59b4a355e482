"""The page on other tools names every command that there is, and no other."""

import re
from pathlib import Path

from typer.main import get_command

from opinionframe.cli import app

PAGE = Path(__file__).parents[2] / "docs/guides/other_tools.md"


def test_the_table_of_commands_has_all_of_them():
    text = PAGE.read_text(encoding="utf-8")
    [table] = re.findall(r"^\| to \| commands \|\n\|---\|---\|\n((?:\|.*\n)+)", text, flags=re.MULTILINE)
    named = re.findall(r"`(\w+)`", table)
    assert sorted(named) == sorted(get_command(app).commands)
