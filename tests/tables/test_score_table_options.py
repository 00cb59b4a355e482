"""Options of the score tables: what is no level, no model, or no score is refused in words."""

import re

import polars as pl
import pytest

from opinionframe import tables
from opinionframe.errors import OptionError

SUFFIXES = {"standard": 0.6, "cot": 0.65, "standard|ridge": 0.8}


def scores(models: tuple[str, ...] = ("a", "b"), **columns: str) -> pl.DataFrame:
    rows = [
        {"question": f"q{i}", "demographic": "sex=F", "source": f"{model}|logprob|base|{suffix}", "alignment": score}
        for model in models
        for suffix, score in SUFFIXES.items()
        for i in range(3)
    ]
    named = pl.DataFrame(rows).with_columns(pl.col("alignment") + 0.01 * pl.col("question").str.tail(1).cast(int))
    return named.with_columns(baseline=0.5, ceiling=0.9, **{name: pl.lit(value) for name, value in columns.items()})


def table(kind: str, frame: pl.DataFrame, *args: pl.DataFrame, **options: object) -> tables.Table:
    chosen = {"elicitation": "logprob"} if kind == "demographics" else {}
    return getattr(tables, kind)(frame, *args, **chosen, **options)


@pytest.mark.parametrize("kind", ["alignment", "settings", "demographics", "triples"])
@pytest.mark.parametrize(
    ("alpha", "message"),
    [(5, "not a level"), (0, "not a level"), (float("nan"), "not a level"), ("0.05", "is no number")],
)
def test_a_level_of_significance_lies_between_0_and_1(kind: str, alpha: object, message: str) -> None:
    with pytest.raises(OptionError, match=f"alpha=.*{message}"):
        table(kind, scores(), alpha=alpha)


@pytest.mark.parametrize("kind", ["settings", "demographics", "triples"])
def test_models_are_names_each_once(kind: str) -> None:
    assert table(kind, scores(), models="b").cells.equals(table(kind, scores(), models=["b"]).cells)
    refused = {
        ("b", "b"): "has a name twice",
        (): "Leave it out for all of a, b",
        5: "is no name",
        "c": "Allowed: a, b",
    }
    for models, message in refused.items():
        with pytest.raises(OptionError, match=re.escape(message)):
            table(kind, scores(), models=models)
