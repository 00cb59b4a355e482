"""Options of the score tables: what is no level, no model, or no score is refused in words."""

import re

import polars as pl
import pytest

import opinionframe as of
from opinionframe import tables
from opinionframe.errors import FrameError, OptionError
from opinionframe.tables import marks

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


def renamed(frame: pl.DataFrame, old: str, new: str) -> pl.DataFrame:
    return frame.with_columns(pl.col("source").str.replace(old, new, literal=True))


def test_a_calibrator_that_ends_as_another_keeps_its_column() -> None:
    both = pl.concat([scores(), renamed(scores(), "standard|ridge", "standard|lasso|ridge").filter(is_chained())])
    better = both.with_columns(pl.when(is_chained()).then(0.9).otherwise("alignment").alias("alignment"))
    rows = tables.alignment(better).rows.filter(model="a", variant="standard")
    assert rows.select("raw alignment", "ridge alignment", "lasso|ridge alignment").row(0) == (61.0, 81.0, 90.0)


def is_chained() -> pl.Expr:
    return pl.col("source").str.ends_with("|lasso|ridge")


@pytest.mark.parametrize("calibrator", ["my exact", "first place", "exact", " place"])
def test_names_of_calibrators_lose_no_column_of_values(calibrator: str) -> None:
    rows = tables.settings(renamed(scores(), "|ridge", f"|{calibrator}")).rows
    assert rows[f"base|logprob|standard|{calibrator}"].to_list()[:2] == [81.0, 81.0]


@pytest.mark.parametrize("kind", ["settings", "triples"])
@pytest.mark.parametrize("name", ["Average", "Std Dev", "Uniform", "Ceiling", "question-mean"])
def test_no_model_is_called_as_another_row(kind: str, name: str) -> None:
    cells = scores((name, "b"))
    baseline = cells.filter(source="b|logprob|base|standard").with_columns(source=pl.lit("question-mean"))
    with pytest.raises(FrameError, match=f"A model is called '{name}'.*Rename"):
        table(kind, pl.concat([cells, baseline]))


def test_a_calibrator_called_raw_and_models_printed_alike_are_refused() -> None:
    with pytest.raises(FrameError, match="A calibrator is called 'raw'"):
        tables.alignment(renamed(scores(), "|ridge", "|raw"))
    with pytest.raises(FrameError, match="2 models are printed alike: 'a', 'a '"):
        tables.alignment(scores(("a", "a ")))


def in_datasets(*names: str) -> pl.DataFrame:
    return pl.concat(
        scores(dataset=name).with_columns(question=pl.format("{}{}", pl.lit(name), "question")) for name in names
    )


def test_datasets_that_a_table_cannot_tell_apart_are_refused() -> None:
    for kind in ("settings", "demographics", "triples"):
        with pytest.raises(FrameError, match=r"2 datasets are printed alike: 'A', 'A\\n'"):
            table(kind, in_datasets("A", "A\n"))
    with pytest.raises(FrameError, match="A dataset is called 'All datasets'"):
        tables.settings(in_datasets("All datasets", "A"), overall=True)


def test_a_codebook_names_the_dataset_of_every_question() -> None:
    labels = [("q0", 1, "no", 0.0), ("q0", 2, "yes", 1.0), ("q1", 1, "no", 0.0), ("q1", 2, "yes", 1.0)]
    book = pl.DataFrame(labels, ["question", "choice", "label", "position"], orient="row").with_columns(
        text=pl.col("question"), scale=pl.lit("ordinal"), topic=pl.lit(None, pl.String), dataset=pl.lit("A")
    )
    for kind in ("settings", "demographics", "triples"):
        with pytest.raises(FrameError, match="codebook lacks 1 of 3 questions, e.g. 'q2'"):
            table(kind, scores(), codebook=book)
        known = scores().filter(pl.col("question") != "q2")
        assert table(kind, known, codebook=book).cells.height


def test_means_in_percent_and_means_that_are_none_are_refused() -> None:
    means = of.summarize(scores())
    for worse in (means.with_columns(pl.col("alignment") * 100), means.with_columns(alignment=float("nan"))):
        with pytest.raises(FrameError, match=r"6 of 6 scores are not between 0 and 1, e\.g\. .*Divide percents"):
            tables.settings(worse)


@pytest.mark.parametrize("kind", ["settings", "demographics"])
def test_a_table_without_a_model_is_refused(kind: str) -> None:
    few_shot = renamed(scores().filter(pl.col("source").str.ends_with("|standard")), "|standard", "|few_shot")
    baselines = few_shot.filter(pl.col("source").str.starts_with("a|")).with_columns(source=pl.lit("uniform"))
    for frame, count in ((few_shot, 2), (baselines, 1)):
        with pytest.raises(FrameError, match=f"None of {count} sources is of a model's standard answers"):
            table(kind, frame)


def test_a_mean_over_datasets_is_over_all_of_them() -> None:
    everywhere = in_datasets("A", "B")
    means = tables.settings(everywhere, overall=True)
    assert not any("lack a dataset" in note for note in means.notes)
    without = everywhere.filter(~(pl.col("source").str.starts_with("b|") & (pl.col("dataset") == "B")))
    table_of_part = tables.settings(without, overall=True)
    overall = table_of_part.rows.filter(section="All datasets")
    assert overall["label"].to_list() == ["a", "Average", "Std Dev"]
    assert "All datasets: mean over 2 datasets; 2 of 4 settings lack a dataset and have none ('b')." in (
        table_of_part.notes
    )


def test_the_note_on_missing_intervals_counts_printed_means_alone() -> None:
    single = scores().filter(question="q0")
    uniform = single.filter(source="a|logprob|base|standard").with_columns(source=pl.lit("uniform"), alignment=0.5)
    notes = tables.settings(pl.concat([single, uniform])).notes
    assert f"[{marks.ABSENT}]: 4 means have no interval: 4 over one cluster alone." in notes


@pytest.mark.parametrize("kind", ["alignment", "settings", "demographics", "triples"])
def test_titles_and_notes_are_text(kind: str) -> None:
    for option, text in (("note", 5), ("note", ["a", "b"])):
        with pytest.raises(OptionError, match=re.escape(f"{option}={text!r} is no text")):
            table(kind, scores(), **{option: text})
    made = table(kind, scores())
    for option in ("caption", "label"):
        with pytest.raises(OptionError, match=f"{option}=5 is no text"):
            made.as_latex(**{option: 5})
    with pytest.raises(OptionError, match=r"width=\[1\] is no width"):
        made.as_latex(width=[1])


def test_what_names_nothing_is_refused() -> None:
    with pytest.raises(OptionError, match="variant=5 is not known"):
        tables.triples(scores(), variant=5)
    with pytest.raises(OptionError, match="full and few are both 'ridge'"):
        tables.degraded(scores(), full="ridge", few="ridge")


def test_a_single_question_is_said_in_the_singular() -> None:
    notes = " ".join(tables.settings(scores().filter(question="q0")).notes)
    assert "At most 1 question per dataset; 1 cell (question x group) per setting." in notes
    assert ", 1 cluster." in notes
