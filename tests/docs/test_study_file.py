"""The page on the study file has every key of the settings that read one, with a meaning and the values it takes."""

import importlib
import re
import sys
from pathlib import Path
from typing import get_args

import pytest

from opinionframe.study import Study

pytest.importorskip("sphinx", reason="the extra docs is not installed")

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "study_file.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def study_keys():
    sys.path.insert(0, str(DOCS / "_ext"))
    yield importlib.import_module("study_keys")
    sys.path.remove(str(DOCS / "_ext"))


def settings_of(annotation):
    """The settings that a type of pydantic's holds, wherever in it they stand."""
    if hasattr(annotation, "model_fields"):
        return [annotation]
    return [found for part in get_args(annotation) for found in settings_of(part)]


SECTIONS = {name: settings_of(field.annotation) for name, field in Study.model_fields.items()}
KEYS = {f"study.{name}" for name, settings in SECTIONS.items() if not settings} | {
    f"{name}.{key}" for name, [*settings] in SECTIONS.items() for kind in settings for key in kind.model_fields
}


def test_the_page_lists_every_section_once(study_keys):
    listed = re.findall(r"^```\{study-keys\} (\w+)$", PAGE, flags=re.MULTILINE)
    assert sorted(listed) == sorted(study_keys.sections()) == sorted(["study", *filter(SECTIONS.get, SECTIONS)])


def test_every_key_has_a_meaning_and_none_is_left_out(study_keys):
    entries = {
        f"{section}.{key}": (study_keys.meanings(section)[key], study_keys.facts(section, key, field))
        for section in study_keys.sections()
        for key, field in study_keys.keys(section).items()
    }
    assert set(entries) == KEYS - {"model.own"}
    assert [key for key, (meaning, _) in entries.items() if len(meaning) < 15] == []
    assert entries["calibrate.folds"][1] == "whole number, 2 or more; default `10`"
    assert entries["elicit.orders"][1] == '`given`, `both` or `balanced`; default `"given"`'
    assert entries["elicit.prompt"][1] == 'list, each `base` or `sd`; default `["base", "sd"]`'
    assert entries["model.timeout"][1] == "number above 0; default `120.0`; of `api`"
    assert entries["model.prices"][1] == "list of 2, each number, 0 or more; none by default"


def test_keys_that_the_page_links_to_are_there():
    assert set(re.findall(r"\{key\}`([\w.]+)`", PAGE)) <= KEYS
