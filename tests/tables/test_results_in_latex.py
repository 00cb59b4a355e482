"""Tables of diagnosis, tests and contrasts in a real pdflatex: they fit every class, and no word of them is lost."""

import polars as pl
import pytest
from typeset import CLASSES, PDFLATEX, PDFTOTEXT, faults

import opinionframe as of
from opinionframe.tables import Table

pytestmark = pytest.mark.skipif(PDFLATEX is None or PDFTOTEXT is None, reason="no pdflatex or no pdftotext")


@pytest.fixture(scope="module")
def made() -> dict[str, Table]:
    """The tables of a small study."""
    survey = of.load("gss2018")
    groups = ["sex=Female", "sex=Male", "degree=High school", "degree=Graduate"]
    human = survey.opinions.filter(pl.col("demographic").is_in(groups))
    asked = of.elicit(human, survey.codebook, of.FakeModel(seed=1), prompt=["base", "sd"], seed=1)
    opinions = of.calibrate(asked, survey.codebook, method="linear", folds=9, seed=1)
    aligned = of.align(opinions, survey.codebook)
    book, named = survey.codebook, survey.groups
    return {
        "diagnosis": of.tables.diagnosis(of.diagnose(asked, book, method="linear", folds=9, seed=1)),
        "tests": of.tables.tests(of.compare(aligned)),
        "tests-by-group": of.tables.tests(of.compare(aligned, by="demographic"), groups=named),
        "tests-by-question": of.tables.tests(of.compare(aligned, by="question", cluster="demographic"), codebook=book),
        "contrasts": of.tables.contrasts(of.contrasts(opinions, book)),
        "contrasts-by-attribute": of.tables.contrasts(of.contrasts(opinions, book, by="attribute"), groups=named),
    }


@pytest.mark.parametrize("name", list(CLASSES))
def test_results_fit_each_width_of_each_class(made, name, tmp_path) -> None:
    files = [
        table.save(tmp_path / f"{stem}-{place}.tex", width=place, style=name).name
        for stem, table in made.items()
        for place in ("column", "page", "landscape")
    ]
    assert faults(name, files, tmp_path) == []


def test_no_heading_and_no_verdict_is_lost(made) -> None:
    for table in made.values():
        code = table.as_latex(width="landscape").replace("\n", " ")
        for word in {word for label in table.labels.values() for word in label.split()}:
            assert word in code
    verdicts = made["diagnosis"].rows["verdict"].unique().to_list()
    assert all(verdict.split()[0] in made["diagnosis"].as_latex() for verdict in verdicts)
