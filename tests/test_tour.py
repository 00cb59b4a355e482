"""The tour runs from top to bottom, shows what it speaks of, and what it says of its numbers is so."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import opinionframe as of

TOUR = Path(__file__).parents[1] / "docs" / "tour.md"
CELL = re.compile(r"```\{code-cell\} python\n(.*?)```", re.DOTALL)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tour(tmp_path_factory) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    """The names that the tour leaves, and what each of its cells shows."""
    names: dict[str, Any] = {}
    shown = []
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(tmp_path_factory.mktemp("tour"))
        for code in CELL.findall(TOUR.read_text(encoding="utf-8")):
            cell = ast.parse(code)
            last = cell.body.pop() if isinstance(cell.body[-1], ast.Expr) else None
            exec(compile(cell, str(TOUR), "exec"), names)
            if last is not None:
                shown.append(eval(compile(ast.Expression(last.value), str(TOUR), "eval"), names))
        yield names, shown


def test_it_shows_one_of_each_kind(tour):
    kinds = {type(each).__name__ for each in tour[1]}
    assert kinds >= {"Survey", "DataFrame", "Figure", "Table", "Explanation", "Report"}
    assert all(each.height for each in tour[1] if isinstance(each, pl.DataFrame))


def test_it_names_no_folder_of_the_machine_that_ran_it(tour):
    assert tour[0]["report"].folder == Path("report")
    assert "/tmp" not in tour[0]["report"]._repr_html_()


def test_clustered_by_question_nothing_is_significant_and_paired_it_would_be(tour):
    significant = tour[0]["tests"].group_by("method").agg((pl.col("p_value") < 0.05).any())
    assert dict(significant.iter_rows()) == {"cluster-robust t": False, "paired t": True}


def test_a_placebo_gains_as_much(tour):
    diagnosis = tour[0]["diagnosis"]
    assert (diagnosis["over_placebo_conf_low"] < 0).all()
    assert (diagnosis["over_placebo"] < 0.005).all()


def test_the_report_is_there(tour):
    assert (tour[0]["report"].folder / "index.html").is_file()


def test_sources_can_be_told_apart_in_a_notebook(tour):
    names = tour[0]["aligned"]["source"].unique().to_list()
    page = of.summarize(tour[0]["aligned"])._repr_html_()
    assert [name for name in names if f"&quot;{name}&quot;" not in page] == []
