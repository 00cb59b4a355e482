"""Each extra names itself where a package of it is missing, with the command that installs it."""

import re
import sys
import tomllib
from pathlib import Path

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import MissingPackageError
from opinionframe.exporting import export
from opinionframe.surveys.push import push_folder

ROOT = Path(__file__).parents[1]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
OTHERS = {"all", "bench", "dev", "docs"}
"""Extras that gather others, or that are for developers."""
IMPORTED_AS = {"python-docx": "docx", "huggingface-hub": "huggingface_hub"}
ASKED = [of.elicitation.Request("Yes or no?", "score", ("Yes", "No"))]
SERVED = of.OpenAIModel("m", base_url="http://127.0.0.1:9/v1", server="own")
TABLE = of.tables.datasets(of.load("gss2018").codebook, of.load("gss2018").opinions)


def local(folder):
    weights = folder / "model.gguf"
    weights.write_bytes(b"GGUF")
    list(of.LocalModel(weights).answer(ASKED))


def server(folder):
    weights = folder / "model.gguf"
    weights.write_bytes(b"GGUF")
    with of.LlamaServer(weights):
        pass


USES = {
    ("local", "torch"): local,
    ("local", "transformers"): local,
    ("llama", "xllamacpp"): server,
    ("api", "openai"): lambda _: list(
        of.OpenAIModel("m", base_url="http://127.0.0.1:9/v1", server="own").answer(ASKED)
    ),
    ("hub", "huggingface-hub"): lambda folder: push_folder(folder, "someone/something", [], private=True),
    ("excel", "xlsxwriter"): lambda folder: export(folder, formats=["excel"], rows=pl.DataFrame({"x": [1]})),
    ("word", "python-docx"): lambda folder: TABLE.save(folder / "table.docx"),
    ("surveys", "fastexcel"): lambda folder: read(of.read_wgm, folder / "panel.xlsx"),
    ("surveys", "pyreadstat"): lambda folder: read(of.read_labelled, folder / "panel.sav", ["q"]),
}
INSIDE = {("local", "accelerate"), ("local", "gguf")}
"""Packages that transformers, and nothing here, imports."""


def read(reader, path, *questions):
    path.write_bytes(b"not empty")
    reader(path, *questions)


@pytest.mark.parametrize(("extra", "package"), USES)
def test_a_missing_package_names_the_command_that_installs_it(extra, package, tmp_path, monkeypatch):
    name = IMPORTED_AS.get(package, package)
    for loaded in [module for module in sys.modules if module == name or module.startswith(f"{name}.")]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingPackageError, match=rf"pip install 'opinionframe\[{extra}\]'"):
        USES[extra, package](tmp_path)


def test_every_package_of_every_extra_is_tried():
    packages = {
        (extra, re.split(r"[>=<\[]", requirement)[0])
        for extra, requirements in EXTRAS.items()
        if extra not in OTHERS
        for requirement in requirements
    }
    assert packages == {*USES} | INSIDE


def test_all_gathers_the_extras_for_users():
    [gathered] = EXTRAS["all"]
    assert set(re.findall(r"[a-z]+", gathered)) - {"opinionframe"} == set(EXTRAS) - OTHERS
