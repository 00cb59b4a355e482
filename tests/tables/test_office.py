"""Tables as Word and Excel files, read back by other programs."""

import re
import shutil
import subprocess
import sys

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import MissingPackageError, OptionError
from opinionframe.tables import Table, marks

docx = pytest.importorskip("docx")
OFFICE = shutil.which("libreoffice") or shutil.which("soffice")
BEST, BELOW = f"{marks.BEST_ON}87.4{marks.BEST_OFF}", f"{marks.BELOW_ON}[82.0, 92.1]{marks.BELOW_OFF}"
FORMULA = "=1+1"


def table() -> Table:
    """Two sections of two rows: a bold score with its interval, a dash, a small p and text like a formula."""
    cells = pl.DataFrame(
        {
            "section": ["Women", "Women", "Men", "Men"],
            "label": ["m", FORMULA, "m", "n"],
            "score": [BEST + BELOW, "\u22120.5", marks.ABSENT, "61.0"],
            "n": ["12", "1", "7", "1200"],
            "p": ["< 0.001", "0.250", "0.031", marks.ABSENT],
            "p exact": [0.00012, 0.25004, 0.0312, None],
        }
    )
    labels = {"label": "Source", "score": "Alignment", "n": "Cells", "p": "p"}
    notes = ("A note & <b>more</b>. " * 12, "Source: a survey.")
    return Table(cells, labels, "Scores & <tests>", notes, group="section", spanners=(("Scores", ("score", "n")),))


def test_a_word_table_has_its_caption_headings_sections_and_notes(tmp_path) -> None:
    document = docx.Document(str(table().save(tmp_path / "t.docx")))
    [grid] = document.tables
    texts = [[cell.text for cell in row.cells] for row in grid.rows]
    assert texts == [
        ["", "Scores", "Scores", ""],
        ["Source", "Alignment", "Cells", "p"],
        ["Women"] * 4,
        ["m", "87.4\n[82.0, 92.1]", "12", "< 0.001"],
        [FORMULA, "\u22120.5", "1", "0.250"],
        ["Men"] * 4,
        ["m", "\u2013", "7", "0.031"],
        ["n", "61.0", "1200", "\u2013"],
    ]
    repeated = [bool(row._tr.xpath("./w:trPr/w:tblHeader")) for row in grid.rows]
    assert repeated == [True, True, *[False] * 6]
    assert [run.text for run in grid.rows[3].cells[1].paragraphs[0].runs if run.bold] == ["87.4"]
    caption, *notes = [paragraph for paragraph in document.paragraphs if paragraph.text.strip()]
    assert caption.style.name == "Caption"
    assert caption.text.endswith(". Scores & <tests>")
    assert caption._p.xpath("./w:fldSimple/@w:instr") == ["SEQ Table \\* ARABIC"]
    assert [note.text for note in notes] == [text.strip() for text in table().notes]


def test_a_wide_table_turns_the_page_and_stays_on_it(tmp_path) -> None:
    published = of.tables.settings(of.paper.published().filter(table=7, summary=False))
    wide = docx.Document(str(published.save(tmp_path / "wide.docx")))
    page = wide.sections[0]
    assert page.page_width > page.page_height
    assert sum(column.width for column in wide.tables[0].columns) <= page.page_width - 2 * page.left_margin + 10
    narrow = docx.Document(str(table().save(tmp_path / "narrow.docx"))).sections[0]
    assert narrow.page_width < narrow.page_height


def test_a_worksheet_holds_numbers_with_formats_and_text_as_text(tmp_path) -> None:
    path = table().save(tmp_path / "t.xlsx")
    sheet = pl.read_excel(path, read_options={"header_row": 3, "n_rows": 4}, infer_schema_length=None)
    assert sheet.columns == ["Section", "Source", "Alignment", "Alignment, low", "Alignment, high", "Cells", "p"]
    assert sheet["Alignment"].to_list() == [87.4, -0.5, None, 61.0]
    assert sheet["Alignment, low"].to_list() == [82.0, None, None, None]
    assert sheet["p"].to_list() == [0.00012, 0.25004, 0.0312, None]
    assert sheet["Source"].to_list() == ["m", FORMULA, "m", "n"]
    whole = pl.read_excel(path, has_header=False, drop_empty_rows=False, drop_empty_cols=False)
    assert whole.row(0)[0] == "Scores & <tests>"
    assert whole["column_0"].to_list()[-2:] == [text.strip() for text in table().notes]


def test_a_worksheet_keeps_decimals_bold_and_headings_in_sight(tmp_path) -> None:
    import zipfile

    with zipfile.ZipFile(table().save(tmp_path / "t.xlsx")) as book:
        styles, sheet = (book.read(f"xl/{name}.xml").decode() for name in ("styles", "worksheets/sheet1"))
    assert 'formatCode="0.0"' in styles
    assert 'formatCode="[&lt;0.001]&quot;&lt; 0.001&quot;;0.000"' in styles
    assert re.search(r'<pane xSplit="2" ySplit="4" [^>]*state="frozen"', sheet)
    assert "<b/>" in styles
    assert "<f>" not in sheet


def test_the_same_table_gives_the_same_worksheet(tmp_path) -> None:
    assert table().save(tmp_path / "a.xlsx").read_bytes() == table().save(tmp_path / "b.xlsx").read_bytes()


@pytest.mark.parametrize(("suffix", "package", "extra"), [("docx", "docx", "word"), ("xlsx", "xlsxwriter", "excel")])
def test_a_missing_extra_is_named_with_the_command_that_installs_it(
    tmp_path, monkeypatch, suffix, package, extra
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match=rf"pip install 'opinionframe\[{extra}\]'"):
        table().save(tmp_path / f"t.{suffix}")
    assert not (tmp_path / f"t.{suffix}").exists()


def test_other_endings_are_refused(tmp_path) -> None:
    with pytest.raises(OptionError, match=r"\.docx, \.xlsx, not '\.doc'"):
        table().save(tmp_path / "t.doc")


@pytest.mark.skipif(OFFICE is None, reason="no LibreOffice is installed")
def test_an_office_program_opens_both(tmp_path) -> None:
    paths = [table().save(tmp_path / name) for name in ("word.docx", "sheet.xlsx")]
    command = [OFFICE, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "pdf"]
    subprocess.run([*command, "--outdir", tmp_path, *paths], check=True, capture_output=True, timeout=120)
    for path in paths:
        pdf = path.with_suffix(".pdf")
        text = subprocess.run(["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True, text=True).stdout
        assert "87.4" in text
        assert "Scores & <tests>" in text
        assert FORMULA in text


def test_characters_that_no_file_can_hold_are_blanks(tmp_path) -> None:
    cells = pl.DataFrame({"label": ["a\ufffeb\x00c"], "score": ["1.0"]}).with_columns(marks.cleaned(pl.col("label")))
    odd = Table(cells, {"label": "", "score": "Score"}, "Title \uffff", ("Note\ufffe.",))
    document = docx.Document(str(odd.save(tmp_path / "t.docx")))
    assert document.tables[0].rows[1].cells[0].text == "a b c"
    assert pl.read_excel(odd.save(tmp_path / "t.xlsx"), has_header=False).row(0)[0] == "Title"
