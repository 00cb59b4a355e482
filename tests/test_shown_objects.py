"""What objects show of themselves: one line in a terminal, a small card in a notebook, and nothing that runs."""

import re
from html.parser import HTMLParser

import polars as pl
import pytest

import opinionframe as of
from opinionframe.schemas.card import HEAD, card
from opinionframe.study.settings import parse_study
from opinionframe.tables.marks import MINUS

STUDY = """
output = "out"
[survey]
demographics = ["all", "sex"]
[[model]]
kind = "fake"
"""
HOSTILE = "<script>alert('x')</script> & \"quoted\""


@pytest.fixture(scope="module")
def survey() -> of.Survey:
    return of.load("gss2018")


@pytest.fixture(scope="module")
def shown(survey, tmp_path_factory) -> dict[str, object]:
    """One of each kind of object that a user meets, by the name of its class."""
    model, folder = of.FakeModel(seed=1), tmp_path_factory.mktemp("shown")
    asked = of.elicit(survey.opinions, survey.codebook, model, prompt="base", journal=folder / "journal", seed=1)
    aligned = of.align(asked, survey.codebook)
    source = "fake|logprob|base|standard"
    return {
        "Survey": survey,
        "Explanation": of.explain(aligned, asked, source, question="natspac", demographic="all"),
        "Calibration": of.fit(asked, survey.codebook, method="linear", seed=1),
        "Report": of.report(folder / "report", asked, survey, seed=1),
        "Journal": of.Journal(folder / "journal"),
        "Study": parse_study(STUDY, "study.toml"),
        "Design": of.Design(strata="region", psu="village"),
        "Wording": of.read_wording(),
        "FakeModel": model,
        "OpenAIModel": of.OpenAIModel("org/m", base_url="http://localhost:8000/v1", api_key="sk-a-secret-of-mine"),
        "LocalModel": of.LocalModel("HuggingFaceTB/SmolLM2-360M-Instruct", device="cpu"),
        "Table": of.tables.alignment(aligned),
        "Figure": of.figures.ranked(aligned),
    }


KINDS = [
    "Survey", "Explanation", "Calibration", "Report", "Journal", "Study", "Design", "Wording", "FakeModel",
    "OpenAIModel", "LocalModel", "Table", "Figure",
]  # fmt: skip


class Tags(HTMLParser):
    """Which elements stand in a page, and which are left open."""

    EMPTY = frozenset({"img", "meta", "br", "col", "hr", "input", "link"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.EMPTY:
            assert self.open.pop() == tag


def test_every_kind_is_looked_at(shown):
    assert list(shown) == KINDS
    assert {type(each).__name__ for each in shown.values()} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_notebook_gets_whole_elements_and_no_scripts(shown, kind):
    tags = Tags(shown[kind]._repr_html_())
    assert tags.names
    assert not tags.open
    assert not {"script", "iframe", "link"} & set(tags.names)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("Table", "Figure")])
def test_a_card_is_small_and_has_no_colours_of_its_own(shown, kind):
    page = shown[kind]._repr_html_()
    assert len(page) < 20_000
    assert re.findall(r"(?:color|background)[^;\"]*", page) == []
    assert "object at 0x" not in page


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("Table", "Figure")])
def test_a_terminal_gets_one_line(shown, kind):
    printed = repr(shown[kind])
    assert printed.startswith(kind + "(")
    assert len(printed.splitlines()) == 1
    assert len(printed) < 200


def test_what_is_said_in_a_terminal(shown):
    assert repr(shown["Explanation"]).startswith("Explanation('fake|logprob|base|standard': alignment ")
    assert repr(shown["Calibration"]) == "Calibration('linear': 3 parameters of 1 fit)"
    assert repr(shown["Journal"]).endswith("journal': 18 answers)")
    assert "model=[ModelSettings(kind='fake')]" in repr(shown["Study"])
    assert "seed" not in repr(shown["Study"])  # which the file does not set
    assert repr(shown["Design"]) == "Design(strata='region', psu='village')"
    assert repr(shown["FakeModel"]) == "FakeModel(seed=1, name='fake')"
    assert "index.html" in repr(shown["Report"])
    assert repr(of.Design()) == "Design()"
    assert repr(of.Design(replicates=("a", "b"), scale=0.5)) == "Design(replicates=('a', 'b'), scale=0.5)"


def test_many_replicates_are_counted():
    design = of.Design(replicates=tuple(f"w{number}" for number in range(80)), scale=1 / 80)
    assert repr(design) == "Design(replicates=<80 of them, 'w0' first>, scale=0.0125)"


def test_a_table_prints_in_a_terminal_what_stands_in_print(shown):
    table = shown["Table"]
    title, _, head, *lines = repr(table).splitlines()
    assert title == table.title
    assert re.split(r"\s{2,}", head)[:5] == ["Source", "Elicitation", "Prompt", "Raw: Align.", "Raw: Skill"]
    assert lines[0] == "Language models"
    score, skill = table.rows.select("raw alignment", "raw skill").row(0)
    assert re.match(rf"fake +logprob +base +{score} \[\d+, \d+\] +{MINUS}{-skill} ", lines[1])
    assert lines[2] == ""
    assert tuple(lines[-len(table.notes) :]) == table.notes


def test_a_figure_says_what_it_shows(shown):
    figure = shown["Figure"]
    assert repr(figure) == figure.description
    assert figure.description.partition("\n")[0] in figure._repr_html_()


def test_an_own_calibrator_says_its_name():
    class Mine(of.Calibrator):
        name, title = "mine", "one of my own"

    assert repr(Mine()) == "Mine('mine': one of my own)"


def test_a_key_is_never_shown(shown):
    model = shown["OpenAIModel"]
    assert "secret" not in repr(model) + model._repr_html_()


def test_what_a_survey_says_is_escaped(survey):
    hostile = of.Survey(HOSTILE, HOSTILE, survey.opinions, survey.codebook, ("sex",), notes=(HOSTILE,))
    tags = Tags(hostile._repr_html_())
    assert "script" not in tags.names
    assert not tags.open


def test_what_a_figure_says_is_escaped(survey):
    rows = survey.opinions.with_columns(source=pl.lit("human")).pipe(of.baselines, survey.codebook, which="uniform")
    named = rows.with_columns(pl.col("source").replace("uniform", "<b onload='x'>|logprob|base|standard"))
    tags = Tags(of.figures.ranked(of.align(named, survey.codebook))._repr_html_())
    assert tags.names == ["img"]


def test_a_card_has_the_first_rows_of_its_frames():
    frame = pl.DataFrame({"place": range(100, 120)})
    page = card("Kind", "name", {"Empty": None, "Zero": 0}, {"many": frame, "none": frame.clear()})
    assert re.findall(r"<td>(1\d\d)</td>", page) == [str(100 + row) for row in range(HEAD)]
    assert "many: 20 rows" in page
    assert "none" not in page
    assert ">Empty<" not in page
    assert ">Zero<" in page
