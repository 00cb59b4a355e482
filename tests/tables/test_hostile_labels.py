"""Hostile labels in a real browser and a real pdflatex: nothing runs, nothing breaks, nothing is lost."""

import re
import shutil
import subprocess
from pathlib import Path

import polars as pl
import pytest
from typeset import CLASSES, PDFLATEX, document_faults, faults

from opinionframe import tables
from opinionframe.errors import FrameError

HOSTILE = [
    "100% _under_ & $x$ #1 {a} ~ ^ \\input{etc}",
    "</td></script><script>document.title='pwned'</script>",
    "نموذج عربي",
    "[1] *starred* `code` “quoted” \u2013 dash",
    "A class name of exactly one hundred and twenty characters, which is what surveys really have in their codebooks"
    + "x" * 9,
    "unbroken" * 16,
    "private \ue000\ue001 use, \u202eoverride, and\nlines",
]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def frame(demographics: list[str], names: list[str]) -> pl.DataFrame:
    cells = [
        {"question": q, "demographic": group, "source": f"{name}|logprob|base|standard{suffix}", "alignment": score}
        for name in names
        for group in demographics
        for suffix, score in (("", 0.6), ("|li_near%", 0.8))
        for q in ("q1", "q2")
    ]
    return pl.DataFrame(cells).with_columns(baseline=pl.lit(0.75), ceiling=pl.lit(0.9))


@pytest.mark.parametrize("kind", ["settings", "demographics", "extraction"])
def test_models_that_would_be_printed_alike_are_refused(kind: str) -> None:
    scores = frame(["sex=Male"], ["a b", "a\nb"])
    shares = scores.select("source", extracted=0.5).filter(~pl.col("source").str.contains("li_near")).unique()
    with pytest.raises(FrameError, match=r"2 models are printed alike: .*Rename them"):
        getattr(tables, kind)(shares if kind == "extraction" else scores)


def test_a_model_called_as_the_mean_of_all_is_refused() -> None:
    with pytest.raises(FrameError, match="A model is called 'Average'"):
        tables.demographics(frame(["sex=Male"], ["Average", "b"]), elicitation="logprob")


def made(kind: str) -> tables.Table:
    """A table whose names, classes, title and note are hostile."""
    classes = [f"a_b%={name}" for name in HOSTILE]
    if kind == "alignment":
        return tables.alignment(frame(["all"], HOSTILE), title="Hostile & <b>100%</b> _title_", note=HOSTILE[1])
    if kind == "settings":
        return tables.settings(frame(["all"], HOSTILE).with_columns(dataset=pl.lit(HOSTILE[0])), note=HOSTILE[1])
    return tables.demographics(frame(classes, HOSTILE[:1]), elicitation="logprob", note=HOSTILE[1])


@pytest.fixture(scope="module", params=["alignment", "settings", "demographics"])
def table(request) -> tables.Table:
    assert len(HOSTILE[4]) == 120
    return made(request.param)


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
def test_a_real_browser_shows_every_label_and_runs_none(table, tmp_path) -> None:
    page = table.save(tmp_path / "hostile.html")
    dom = browse(page, tmp_path / "profile", "--dump-dom")
    assert "pwned'</script>" not in dom.replace("&lt;/script&gt;", "")
    assert "<title>pwned" not in dom
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", dom, flags=re.DOTALL).replace("\u200b", "")
    for shown in (
        "نموذج عربي",
        "_under_ &amp; $x$ #1 {a}",
        "document.title='pwned'",
        "one hundred and twenty",
        "*starred* `code`",
    ):
        assert shown in text
    assert "\u202e" not in text


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
def test_a_picture_has_the_size_of_its_table(table, tmp_path) -> None:
    head = table.save(tmp_path / "hostile.png").read_bytes()[:24]
    width, height = int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
    assert head[:4] == b"\x89PNG"
    assert 600 < width < 3400
    assert 400 < height < 2000


@pytest.mark.skipif(PDFLATEX is None, reason="no pdflatex is installed")
def test_a_real_pdflatex_compiles_it(table, tmp_path) -> None:
    code = table.save(tmp_path / "hostile.tex", standalone=True)
    assert document_faults(code) == []
    source = code.read_text()
    assert r"100\% \_under\_ \& \$x\$ \#1 \{a\}" in source
    assert r"\ofchar{0646}" in source


@pytest.mark.skipif(PDFLATEX is None, reason="no pdflatex is installed")
@pytest.mark.parametrize("name", list(CLASSES))
def test_it_fits_every_class(table, name, tmp_path) -> None:
    for width in ("column", "page", "landscape"):
        table.save(tmp_path / f"{width}.tex", width=width)
    assert faults(name, ["column.tex", "page.tex", "landscape.tex"], tmp_path) == []


def browse(page: Path, profile: Path, *options: str) -> str:
    quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    quiet += ["--disable-background-networking", "--disable-component-update", f"--user-data-dir={profile}"]
    command = [str(CHROMIUM), *quiet, *options, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


LINES_OF_WORDS = """<script>
const lines = [];
for (const cell of document.querySelectorAll("th.gt_stub")) {
  const text = cell.firstChild;
  for (const word of text.data.matchAll(/[^\\s|-]+/g)) {
    const range = document.createRange();
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    lines.push(word[0] + "=" + new Set([...range.getClientRects()].map((box) => box.top)).size);
  }
}
document.title = lines.join(" ");
</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
def test_a_name_in_a_narrow_page_breaks_between_its_words(tmp_path) -> None:
    words = ("Llama", "70b", "Instruct", "anthropological")
    long = "x" * 120
    cells = {"name": ["Llama-70b|Instruct anthropological", long]}
    numbers = {f"n {place}": ["1234.5"] * 2 for place in range(12)}
    labels = {"name": "Name", **dict.fromkeys(numbers, "Number")}
    drawn = tables.Table(pl.DataFrame(cells | numbers), labels, title="t").as_html()
    page = tmp_path / "narrow.html"
    page.write_text(f'<meta charset="utf-8"><div style="width:390px">{drawn}</div>{LINES_OF_WORDS}', encoding="utf-8")
    title = re.search("<title>(.*)</title>", browse(page, tmp_path / "profile", "--dump-dom"))
    lines = dict(part.rsplit("=", 1) for part in title[1].split())
    assert {word: lines[word] for word in words} == dict.fromkeys(words, "1")
    assert 1 < int(lines[long]) < 8
