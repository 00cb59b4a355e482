"""A script that lies outside the package, as a module."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def loaded(path: Path) -> ModuleType:
    """The module that a script makes, under its own name, which is not put among those imported."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def importable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the scripts of a folder be imported by name, as they import each other; others of their names are forgotten.

    Two folders have an `aims`, and which of them is there first would depend on the order of the tests.
    """
    monkeypatch.syspath_prepend(str(folder))
    for script in folder.glob("*.py"):
        sys.modules.pop(script.stem, None)
