"""The entry of a survey: what `surveys/<name>/survey.toml` says of its terms, questions, codes and classes."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from opinionframe.errors import check_option

ENTRY = "survey.toml"


def names() -> list[str]:
    """The surveys that have an entry, sorted."""
    folders = files("opinionframe.surveys").iterdir()
    return sorted(folder.name for folder in folders if folder.is_dir() and (folder / ENTRY).is_file())


@cache
def entry(name: str) -> dict[str, Any]:
    """The entry of survey `name`.

    Raises: OptionError, listing the surveys there are.
    """
    check_option("name", name, names())
    return tomllib.loads((files("opinionframe.surveys") / name / ENTRY).read_text(encoding="utf-8"))
