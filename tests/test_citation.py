"""How the package is cited is what the package says of itself: one version, one licence, one list of authors."""

import tomllib
from pathlib import Path

import pytest
import yaml

import opinionframe
from opinionframe.exporting.provenance import PAPER

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def citation() -> dict:
    return yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def test_one_version_everywhere(citation):
    assert citation["version"] == PROJECT["version"] == opinionframe.__version__


def test_it_is_what_the_project_says(citation):
    assert (citation["cff-version"], citation["type"], citation["title"]) == ("1.2.0", "software", PROJECT["name"])
    assert citation["license"] == PROJECT["license"]
    assert citation["authors"] == PROJECT["authors"]
    assert citation["keywords"] == PROJECT["keywords"]
    assert citation["abstract"] == PROJECT["description"]


def test_the_paper_is_cited_as_the_exports_do(citation):
    [paper] = citation["references"]
    *others, last = [f"{author['family-names']}, {author['given-names']}" for author in paper["authors"]]
    assert f"{', '.join(others)}, & {last} {paper['title']}." == PAPER
