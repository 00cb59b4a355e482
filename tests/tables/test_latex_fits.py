"""LaTeX of tables in a real pdflatex: nothing is off the column or the page, whatever the class, width and labels."""

import re
import subprocess
from pathlib import Path

import polars as pl
import pytest
from script import loaded
from typeset import CLASSES, PDFLATEX, PDFTOTEXT, document_faults, faults

from opinionframe import tables
from opinionframe.errors import OptionError
from opinionframe.tables import marks
from opinionframe.tables.latex.text import spelled, with_definitions
from opinionframe.tables.latex.widths import SIZES, lines, width

REPORTS = Path(__file__).parents[2] / "reports"
needs_pdflatex = pytest.mark.skipif(PDFLATEX is None or PDFTOTEXT is None, reason="no pdflatex or no pdftotext")


def table(n_columns: int, *, stub: str = "female", notes: tuple[str, ...] = (), n_rows: int = 3) -> tables.Table:
    """Scores of models by group, two columns under the name of each."""
    names = [f"Llama-3.{number}-{number}B-Instruct" for number in range(n_columns)]
    columns = {f"{name} {kind}": kind for name in names for kind in ("Raw", "Cal.")}
    cells = pl.DataFrame({"label": [f"{stub} {row}" for row in range(n_rows)], **dict.fromkeys(columns, "82.5")})
    spanners = tuple((name, (f"{name} Raw", f"{name} Cal.")) for name in names)
    return tables.Table(cells, {"label": "Group", **columns}, "Scores by group", notes, spanners=spanners)


def scores(n_models: int) -> pl.DataFrame:
    """Alignment of models before and after calibration, of two questions and groups."""
    sources = [f"Llama-3.{number}-{number}B-Instruct|logprob|sd|standard" for number in range(n_models)]
    both = pl.DataFrame({"source": [*sources, *(f"{source}|ridge" for source in sources)]})
    groups = pl.DataFrame({"demographic": ["sex=F", "sex=M"]})
    cells = both.join(groups, how="cross").join(pl.DataFrame({"question": ["q1", "q2"]}), how="cross")
    return cells.with_columns(alignment=0.8, baseline=0.7, ceiling=0.9)


def pdf_text(path: Path) -> str:
    """The words that a PDF shows."""
    command = [str(PDFTOTEXT), "-layout", path.name, "-"]
    return subprocess.run(command, check=True, cwd=path.parent, capture_output=True, text=True, timeout=60).stdout


@needs_pdflatex
@pytest.mark.parametrize("name", list(CLASSES))
def test_the_reports_own_tables_fit_every_class(name, tmp_path) -> None:
    files = sorted(REPORTS.glob("*/*.tex"))
    assert len(files) > 15
    for file in files:
        (tmp_path / f"{file.parent.name}-{file.name}").write_bytes(file.read_bytes())
    assert faults(name, [f"{file.parent.name}-{file.name}" for file in files], tmp_path) == []


@pytest.fixture(scope="module")
def published() -> dict[str, tables.Table]:
    """The paper's tables, as `reports/make_published.py` makes them."""
    module = loaded(REPORTS / "make_published.py")
    return {f"table-{number}": make() for number, make in module.TABLES.items()}


@needs_pdflatex
@pytest.mark.parametrize("name", list(CLASSES))
def test_published_tables_fit_each_width_of_each_class(published, name, tmp_path) -> None:
    files = [
        made.save(tmp_path / f"{stem}-{place}.tex", width=place, style=name).name
        for stem, made in published.items()
        for place in ("column", "page", "landscape")
    ]
    assert faults(name, files, tmp_path) == []


@needs_pdflatex
@pytest.mark.parametrize("n_models", [6, 15])
def test_a_document_keeps_all_models_on_its_pages(n_models, tmp_path) -> None:
    made = tables.demographics(scores(n_models), elicitation="logprob", prompt="sd")
    code = made.save(tmp_path / "alone.tex", standalone=True)
    assert document_faults(code) == []
    assert pdf_text(tmp_path / "alone.pdf").count("80.0") >= 2 * 2 * n_models


@needs_pdflatex
def test_two_columns_have_a_float_with_number_caption_and_label(tmp_path) -> None:
    code = table(2).save(tmp_path / "by-group.tex").read_text()
    assert code.count(r"\begin{table*}") == code.count(r"\caption{Scores by group}") == 1
    assert r"\label{tab:by-group}" in code
    (tmp_path / "words.tex").write_text(r"See Table~\ref{tab:by-group}.")
    assert faults("twocolumn", ["by-group.tex", "words.tex"], tmp_path) == []
    named = table(2).as_latex(width="column", caption="Mine: 5%", label="tab:mine")
    assert r"\begin{table}[tp]" in named
    assert r"\caption{Mine: 5\%}" + "\n" + r"\label{tab:mine}" in named


@needs_pdflatex
@pytest.mark.parametrize("note", ["Smith, T. W. General Social Surveys, 2018. " * 8, "x" * 400, "word " * 4000])
def test_a_note_stays_below_its_table(note, tmp_path) -> None:
    made = table(1, notes=(note, "Last."))
    files = [made.save(tmp_path / f"{place}.tex", width=place).name for place in ("column", "page", "landscape")]
    assert faults("article", files, tmp_path) == []
    assert (tmp_path / "column.tex").read_text().count("word") == note.count("word")


@needs_pdflatex
@pytest.mark.parametrize(
    "stub", ["unbroken" * 16, "a class of many words " * 6, "نموذج عربي" * 12, "W" * 60, "word " * 1500]
)
def test_a_long_label_breaks(stub, tmp_path) -> None:
    made = table(2, stub=stub)
    files = [made.save(tmp_path / f"{place}.tex", width=place).name for place in ("column", "page", "landscape")]
    long = made.save(tmp_path / "long.tex", longtable=True).name
    assert faults("article", [*files, long], tmp_path) == []
    assert document_faults(made.save(tmp_path / "alone.tex", standalone=True)) == []


def test_a_label_longer_than_a_page_keeps_every_letter() -> None:
    cells = pl.DataFrame({"label": ["abcdefghij" * 600 + " end"], "score": ["82.5"]})
    code = tables.Table(cells, {"label": "Group", "score": "Score"}, "Scores").as_latex(width="column")
    rows = re.findall(r"^([a-j][^&]*|[^&]*end) & ?(82.5)? ", code, flags=re.MULTILINE)
    assert len(rows) > 5
    assert "".join(text.replace(r"\allowbreak{}", "") for text, _ in rows) == "abcdefghij" * 600 + " end"
    assert code.count("82.5") == 1


@needs_pdflatex
@pytest.mark.parametrize("name", ["article", "acl"])
@pytest.mark.parametrize("title", ["W" * 120, "نموذج" * 12, "of many words " * 40])
def test_a_long_title_and_section_break(title, name, tmp_path) -> None:
    cells = table(3).cells.with_columns(section=pl.lit(title))
    labels = {column: column[-4:] for column in cells.columns[:-1]}
    made = tables.Table(cells, labels, title, group="section")
    files = [made.save(tmp_path / f"{place}.tex", width=place).name for place in ("column", "page", "landscape")]
    assert faults(name, files, tmp_path) == []


@needs_pdflatex
def test_more_rows_than_a_page_holds_go_on_in_further_floats(tmp_path) -> None:
    made = table(1, n_rows=150)
    code = made.save(tmp_path / "many.tex", width="column").read_text()
    assert code.count(r"\caption") == 1
    assert code.count("(continued)") == code.count(r"\begin{table}") - 1 >= 2
    assert code.count("82.5") == 300
    assert faults("twocolumn", ["many.tex"], tmp_path) == []


@needs_pdflatex
def test_a_longtable_repeats_its_head_and_is_numbered_once(tmp_path) -> None:
    made = table(12, n_rows=80, notes=("First note. " * 20, "Last note."))
    code = made.save(tmp_path / "long.tex", longtable=True).read_text()
    assert code.count(r"\caption") == 1
    assert code.count(r"\endhead") == code.count(r"\begin{longtable}") >= 2
    table(1).save(tmp_path / "next.tex")
    assert faults("article", ["long.tex", "next.tex"], tmp_path) == []
    assert r"\newlabel{tab:next}{{2}" in (tmp_path / "all.aux").read_text()
    text = pdf_text(tmp_path / "all.pdf")
    assert text.count("82.5") == 80 * 24 + 6
    assert re.search(r"\nFirst note\. First note\.", text)
    with pytest.raises(OptionError, match="cannot stand in one of two columns"):
        made.as_latex(longtable=True, width="column")


def test_what_does_not_fit_is_in_panels_each_with_its_stub() -> None:
    code = table(10).as_latex(width=200)
    n_panels = code.count(r"\begin{tabular}{@{}l")
    assert n_panels >= 3
    assert code.count("female 1") == n_panels
    assert code.count("82.5") == 3 * 20
    kinds = re.findall(r"Group & (.*?) \\\\", code)
    assert [panel.count("Raw") for panel in kinds] == [panel.count("Cal.") for panel in kinds]  # pairs stay together


def test_panels_stay_whole_and_share_their_left_edge() -> None:
    code = table(12, n_rows=30).as_latex(width=300)
    floats = re.findall(r"\\begin\{table\*\}.*?\\end\{table\*\}", code, flags=re.DOTALL)
    assert len(floats) >= 2
    for text in floats:
        rows = [panel.count("female") for panel in text.split(r"\toprule")[1:]]
        assert set(rows) == {30}
        assert r"\raggedright" in text
    unequal = table(1, n_rows=70).as_latex(width="column", style="article")
    sizes = [text.count("female") for text in unequal.split(r"\begin{table}")[1:]]
    assert max(sizes) - min(sizes) < 12  # no float has what little did not fit into another


def test_where_not_even_a_column_fits_the_points_are_said() -> None:
    with pytest.raises(OptionError, match=r"does not fit into 40 pt: .* takes \d+ pt .*, \d+ pt more .*landscape"):
        table(2).as_latex(width=40)
    with pytest.raises(OptionError, match=r"width='wide' is not known.*column"):
        table(2).as_latex(width="wide")
    for points in (0, float("nan"), True):
        with pytest.raises(OptionError, match="is no width"):
            table(2).as_latex(width=points)
    with pytest.raises(OptionError, match=r"width: of \.tex files alone, not of a\.html"):
        table(2).save("a.html", width="page")


@needs_pdflatex
def test_widths_are_never_less_than_pdflatex_s_own(tmp_path) -> None:
    """Each letter, with accents or as its code point, and words with ligatures and kerning, in both fonts."""
    letters = [chr(code) for code in range(33, 127)] + list("†‡§…≤≥↑↓⇑⇓△▽⊕⊖±Δ“”\u2212\u2013\u2014\u00d7")
    letters += [chr(code) for code in range(0xA1, 0x180) if chr(code) != "\u00ad"]
    letters += list("≠ếựșḿ한쳌ꪪ語ن\u0301🧝\U000eabcd")
    words = [
        "Llama-3.2-90B-Instruct",
        "office fjord AVAVA Toy",
        "82.5",
        "U.S. st. No. 5",
        "Wholly, entirely: yes",
        "Nguyễn Việt",
    ]
    texts = [*letters, *words]
    code_of = {text: spelled(text) for text in texts}
    typed = [
        rf"\sbox0{{\fontsize{{{size}}}{{10}}\selectfont{weight} {code_of[text]}}}"
        rf"\typeout{{W {number} {size} {bold} \the\wd0}}"
        for number, text in enumerate(texts)
        for size in SIZES
        for bold, weight in ((0, ""), (1, r"\bfseries"))
    ]
    for font in ("", r"\usepackage{times}"):
        code = tmp_path / "widths.tex"
        head = rf"\documentclass{{article}}\usepackage[T1]{{fontenc}}{font}\begin{{document}}"
        code.write_text(head + with_definitions("\n".join(typed)) + r"x\end{document}", encoding="utf-8")
        command = [str(PDFLATEX), "-interaction=nonstopmode", code.name]
        log = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=60).stdout
        measured = re.findall(r"^W (\d+) (\d) (\d) ([\d.]+)pt$", log, flags=re.MULTILINE)
        assert len(measured) == len(typed)
        low = [
            (texts[int(number)], size, bold, points)
            for number, size, bold, points in measured
            if width(marks.BEST_ON * int(bold) + texts[int(number)], int(size)) < float(points)
        ]
        assert low == []


@needs_pdflatex
def test_signs_of_a_name_are_not_run_together(tmp_path) -> None:
    """Hyphens as a dash, commas and quotes as others, a question mark turned over."""
    name = "gpt--4 --- ,,mini'' ``x Why?` No!`"
    code = table(1, stub=name).save(tmp_path / "names.tex", standalone=True)
    assert document_faults(code) == []
    shown = pdf_text(code.with_suffix(".pdf")).replace("\u2018", "`").replace("\u2019", "'")
    assert name in shown


def test_lines_by_hand() -> None:
    assert lines("one two three", width("one two", 9), 9) == ["one two", "three"]
    assert lines("Llama-3.2-90B", width("Llama-", 9), 9) == ["Llama-", "3.2-", "90B"]
    assert lines("aaaa", width("aa", 9), 9) == ["aa", "aa"]
    assert lines("", 10, 9) == [""]
