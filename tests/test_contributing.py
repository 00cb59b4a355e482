"""What CONTRIBUTING.md shows runs, and the rooms it lists are those that the layers hold."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SCRIPTS = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
PRINTED = {
    "a calibration method": ("class Shrunk", r"fake\|logprob\|sd\|standard\|shr.* ┆ (no gain|collapsed)"),
    "a kind of model": ("class Middling", r"middling\|logprob\|sd\|standard +┆ 0\.7"),
    "a survey reader": ("def read_town", r"doctors +┆ sex=Female +┆ 1 +┆ human +┆ 0\.666667 +┆ 3\.0 +┆ 0\.25"),
    "a table": ("def hardest", r"nataid & 68\.0"),
}
"""How the script of each section is known, and what it prints."""
ROWS = re.findall(r"^\| (\d+) \| ([^|]+) \| [^|]+ \| ([^|]*)\|", TEXT, flags=re.MULTILINE)
"""Layer, rooms and packages of the table."""


@pytest.mark.parametrize("section", PRINTED)
def test_its_scripts_run(section, tmp_path):
    mark, printed = PRINTED[section]
    [script] = [script for script in SCRIPTS if mark in script]
    (tmp_path / "script.py").write_text(script, encoding="utf-8")
    command = [sys.executable, "script.py"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert re.search(printed, ran.stdout), ran.stdout


def test_no_script_is_forgotten():
    assert len(SCRIPTS) == len(PRINTED)


def test_its_layers_are_those_that_lint_imports_holds():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    [layers] = [contract["layers"] for contract in settings["contracts"] if contract["type"] == "layers"]
    listed = {int(number): re.findall(r"`(\w+)`", rooms) for number, rooms, _ in ROWS}
    assert listed == {len(layers) - place: layer.split(" | ") for place, layer in enumerate(layers)}


def test_packages_are_imported_by_their_owners_alone():
    graph = grimp.build_graph("opinionframe", include_external_packages=True, cache_dir=None)
    owners: dict[str, set[str]] = {}
    for _, rooms, packages in ROWS:
        for package in re.findall(r"[\w-]+", re.sub(r", with `\w+`", "", packages)):
            owners.setdefault(package.replace("scikit-learn", "sklearn"), set()).update(re.findall(r"`(\w+)`", rooms))
    assert {"typer", "great_tables", "sklearn", "torch", "scipy", "narwhals"} <= set(owners)
    for package in sorted(owners.keys() & graph.modules):
        importers = {module.split(".")[1] for module in graph.find_modules_that_directly_import(package)}
        assert importers <= owners[package], package


def test_what_it_names_is_there():
    links = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    paths = re.findall(r"`((?:opinionframe|tests|reports|docs)/[\w./]+)`", TEXT)
    invented = [path for path in paths if re.search(r"shrunk|town2026", path)]
    assert [path for path in {*links, *paths} - {*invented} if not (ROOT / path).exists()] == []
