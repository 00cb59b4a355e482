"""What the README shows is what happens."""

import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import opinionframe as of

README = Path(__file__).parents[1] / "README.md"
SCRIPTS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)


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


def test_a_survey_of_ones_own_runs_as_printed(tmp_path):
    assert "sex=Female" in run(SCRIPTS[1], tmp_path).stdout


def test_groups_of_ones_own_are_made_as_printed(tmp_path):
    assert "you are a woman" in run(SCRIPTS[2], tmp_path).stdout


WHOLE = "survey.opinions.pipe("
FEW = WHOLE.replace(".pipe", '.filter(pl.col("demographic").is_in(["all", "sex=Female", "sex=Male"])).pipe')


@pytest.mark.usefixtures("small_model")
@pytest.mark.parametrize("cells", [FEW, pytest.param(WHOLE, marks=pytest.mark.slow)], ids=["few", "as printed"])
def test_the_script_runs(cells, tmp_path):
    """As printed; without CI, of three groups in place of 47."""
    assert SCRIPTS[0].count(WHOLE) == 1
    ran = run("import polars as pl\n" * (cells == FEW) + SCRIPTS[0].replace(WHOLE, cells), tmp_path)
    assert "SmolLM2" in ran.stdout  # Polars cuts long names where it prints
    for name in ("alignment.tex", "ranked.svg", "out/manifest.json", "out/aligned.parquet"):
        assert (tmp_path / name).is_file(), name


def test_rows_are_aligned_in_parts_as_printed(tmp_path):
    assert "label-mean" in run(SCRIPTS[3], tmp_path).stdout
    assert len(list(tmp_path.glob("aligned-*.parquet"))) == 4


def test_a_calibrator_and_a_model_of_ones_own_run_as_printed(tmp_path):
    printed = run(SCRIPTS[4], tmp_path).stdout
    assert re.search(r"first\|logprob\|sd\|standard\|half", printed)
    assert len(SCRIPTS) == 5


def test_every_name_it_gives_is_there():
    """Those of the package, and in the table of old names none that the package still has."""
    text = README.read_text(encoding="utf-8")
    names = set(re.findall(r"\bof\.([A-Za-z_]+(?:\.[a-z_]+)?)", text))
    assert len(names) > 50
    for name in names:
        first, _, second = name.partition(".")
        assert first in of.__all__, name
        assert not second or second in dir(getattr(of, first)), name
    [old] = re.findall(r"^\| 0\.1\.0 \|.*?\n\n", text, flags=re.MULTILINE | re.DOTALL)
    gone = re.findall(r"`(\w+)`", " ".join(line.split("|")[1] for line in old.splitlines()[2:] if line))
    assert len(gone) >= 11
    assert set(gone) & set(of.__all__) == set()
