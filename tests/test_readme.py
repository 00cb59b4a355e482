"""What the README shows is what happens, and so is what has moved from it: verbs at a glance, and rows in parts."""

import re
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import polars as pl
import pytest

import opinionframe as of

README = Path(__file__).parents[1] / "README.md"
DOCS = README.parent / "docs"
MOST_LINES = 150
[SCRIPT] = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "script.py").write_text(script, encoding="utf-8")
    command = [sys.executable, "script.py"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, timeout=1500)
    assert ran.returncode == 0, ran.stderr
    return ran


def test_its_table_is_the_reports():
    text = README.read_text(encoding="utf-8")
    assert "@@" not in text
    summary = pl.read_csv(README.parent / "reports" / "gss2018" / "summary.csv")
    means = pl.read_csv(README.parent / "reports" / "gss2018" / "intervals.csv")
    both = summary.join(means, on="source").select("source", "alignment", "conf_low", "conf_high").rows()
    printed = re.findall(r"^\| `([^`]+)` \| ([\d.]+) \| ([\d.]+) to ([\d.]+) \|", text, flags=re.MULTILINE)
    expected = {(source.replace("|", " "), *(f"{100 * value:.1f}" for value in values)) for source, *values in both}
    assert set(printed) == expected


def test_what_it_links_to_is_there():
    links = re.findall(r"\]\(([^)#:]+)\)", README.read_text(encoding="utf-8"))
    assert [link for link in links if not (README.parent / link).exists()] == []


def test_it_is_short():
    assert len(README.read_text(encoding="utf-8").splitlines()) < MOST_LINES


WHOLE = "survey.opinions.pipe("
FEW = WHOLE.replace(".pipe", '.filter(pl.col("demographic").is_in(["all", "sex=Female", "sex=Male"])).pipe')


@pytest.mark.usefixtures("small_model")
@pytest.mark.parametrize("cells", [FEW, pytest.param(WHOLE, marks=pytest.mark.slow)], ids=["few", "as printed"])
def test_the_script_runs(cells, tmp_path):
    """As printed; without CI, of three groups in place of 47."""
    assert SCRIPT.count(WHOLE) == 1
    ran = run("import polars as pl\n" * (cells == FEW) + SCRIPT.replace(WHOLE, cells), tmp_path)
    assert "SmolLM2" in ran.stdout  # Polars cuts long names where it prints
    for name in ("alignment.tex", "ranked.svg", "out/manifest.json", "out/aligned.parquet"):
        assert (tmp_path / name).is_file(), name


def test_rows_are_aligned_in_parts_as_printed(tmp_path):
    page = (DOCS / "guides" / "large.md").read_text(encoding="utf-8")
    [cell] = re.findall(r"```{code-cell} python\n(.*?)```", page, flags=re.DOTALL)
    assert "label-mean" in run(f"{cell}\nprint(scores)", tmp_path).stdout
    assert len(list(tmp_path.glob("aligned-*.parquet"))) == 4


@pytest.mark.parametrize(
    ("page", "least"), [(README, 10), (DOCS / "reference" / "verbs.md", 50)], ids=["README", "verbs"]
)
def test_every_name_it_gives_is_there(page, least):
    names = set(re.findall(r"\bof\.([A-Za-z_]+(?:\.[a-z_]+)?)", page.read_text(encoding="utf-8")))
    assert len(names) > least
    for name in names:
        first, _, second = name.partition(".")
        assert first in of.__all__, name
        assert not second or second in dir(getattr(of, first)), name


def test_every_verb_is_in_the_table_of_verbs():
    table = (DOCS / "reference" / "verbs.md").read_text(encoding="utf-8")
    verbs = {name for name in of.__all__ if isinstance(getattr(of, name), FunctionType)}
    assert len(verbs) > 50
    assert {name for name in verbs if f"of.{name} <" not in table} == set()


def test_no_old_name_is_still_there():
    """Of the changelog's table of names that changed."""
    text = (README.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    [old] = re.findall(r"^\| 0\.1\.0 \|.*?\n\n", text, flags=re.MULTILINE | re.DOTALL)
    gone = re.findall(r"`(\w+)`", " ".join(line.split("|")[1] for line in old.splitlines()[2:] if line))
    assert len(gone) >= 11
    assert set(gone) & set(of.__all__) == set()
