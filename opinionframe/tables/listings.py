"""Tables that describe a study: its extraction, codebook or prompts go in; tables of them come out."""

from __future__ import annotations

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas import Codebook, Opinions, Prompts
from opinionframe.schemas.borders import checked
from opinionframe.schemas.columns import AnyFrame, typed_columns
from opinionframe.schemas.demographic import HOLDS_OTHERS
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.printed_groups import printed_groups
from opinionframe.schemas.source import split_source
from opinionframe.surveys.groups_of_rows import groups_of
from opinionframe.tables import marks
from opinionframe.tables.document import Table
from opinionframe.tables.grid import ELICITATION_NAMES, ELICITATION_ORDER, PROMPT_NAMES, VARIANT_NAMES
from opinionframe.tables.group_notes import group_notes
from opinionframe.tables.said_once import said_once
from opinionframe.tables.scores import ONE_DATASET, refuse_alike

EXAMPLES = 2
"""Questions printed per dataset."""


@takes_frames
def extraction(extracted: AnyFrame, *, title: str | None = None, note: str = "") -> Table:
    """Percent of prompts that gave a readable answer, by dataset, model, prompt and elicitation. Collects.

    Args:
        extracted: `source` and `extracted` in [0, 1], and perhaps `dataset`: what `of.extraction` returns, or Table 17
            of `published()`. After the paper's Table 17.
        title: Printed above.
        note: Printed below.

    Raises: FrameError for a missing column, a row without a source, a share beyond [0, 1], a source that is there
        twice, or models that are printed alike.

    >>> shares = pl.DataFrame({"source": ["m|logprob|base|standard"], "extracted": [0.5]})
    >>> extraction(shares).rows.row(0)
    ('All questions', 'm', 50.0)
    """
    rows = typed_columns(
        _as_shares(extracted), {"source": pl.String(), "extracted": pl.Float64()}, "extracted"
    ).collect()
    _refuse_shares(rows)
    dataset = pl.col("dataset") if "dataset" in rows.columns else pl.lit(None, dtype=pl.String)
    shares_by_dataset = rows.select(dataset.fill_null(ONE_DATASET).alias("section"), "source", "extracted")
    parts = (
        shares_by_dataset.lazy()
        .pipe(split_source)
        .with_columns(pl.col("prompt", "elicitation").fill_null(""), pl.col("variant").fill_null("standard"))
        .sort("prompt", _place_of_elicitation(), "elicitation", "variant")
        .collect()
    )
    twice = parts.filter(pl.struct("section", "model", "prompt", "elicitation", "variant").is_duplicated())
    if twice.height:
        raise FrameError(
            f"extraction has a source twice, before calibration or after it: {twice.height} rows, e.g. "
            f"{examples(twice.select('section', 'source').rows())}. Keep one row per dataset and source."
        )
    refuse_alike(parts["model"])
    columns = parts.select("prompt", "elicitation", "variant").unique(maintain_order=True)
    cells = parts.select(
        "section",
        marks.cleaned(pl.col("model")).alias("label"),
        pl.concat_str("prompt", "elicitation", "variant", separator="|").alias("column"),
        marks.number(pl.col("extracted") * 100).alias("text"),
    )
    names = ["|".join(row) for row in columns.rows()]
    wide = cells.pivot("column", index=["section", "label"], values="text", on_columns=names)
    return Table(
        cells=wide.sort("section", "label").with_columns(pl.col(names).fill_null(marks.ABSENT)),
        labels={"label": "Model", **{name: _method_label(*name.split("|")) for name in names}},
        title=title or "Percent of distributions extracted",
        notes=(
            "Percent of prompts with at least one readable answer.",
            *_renormalised_notes(rows),
            *([note] if note else []),
        ),
        group="section",
        spanners=_prompt_spanners(names),
    )


@takes_frames
def datasets(codebook: AnyFrame, opinions: AnyFrame, *, groups: AnyFrame | None = None, note: str = "") -> Table:
    """Questions, example questions and demographics of each dataset. Collects. After the paper's Table 13.

    `groups`, such as `survey.groups`, say what classes are called and in which order they stand.

    Raises: FrameError for a broken codebook, Opinions or Groups.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> datasets(survey.codebook, survey.opinions).rows.select("dataset", "questions").row(0)
    ('gss2018', 18)
    """
    book = checked(codebook, Codebook, "codebook").with_columns(pl.col("dataset").fill_null(ONE_DATASET))
    questions = book.select("dataset", "question", "text").unique().sort("dataset", "question")
    human = typed_columns(opinions, Opinions, "opinions").filter(pl.col("source") == HUMAN)
    asked = human.select(GROUP).unique().collect()
    nameless = asked.filter(pl.any_horizontal(pl.all().is_null()))
    if nameless.height:
        raise FrameError(
            f"{nameless.height} of {asked.height} groups of opinions have no question or no demographic, e.g. "
            f"{examples(nameless.rows())}. Name them, or drop these rows."
        )
    named = groups_of(opinions, book["dataset"], groups)
    classes = (
        questions.join(asked, on="question")
        .filter(~HOLDS_OTHERS)
        .join(printed_groups(asked["demographic"], named), on="demographic")
        .select("dataset", "attribute", pl.col("label").alias("class"), "order")
        .unique()
        .sort("dataset", "order")
        .group_by("dataset", "attribute", maintain_order=True)
        .agg(pl.col("class").str.join(", "))
        .group_by("dataset", maintain_order=True)
        .agg(pl.format("{} ({})", "attribute", "class").str.join("; ").alias("demographics"))
    )
    rows = (
        questions.group_by("dataset", maintain_order=True)
        .agg(pl.len().alias("questions"), pl.col("text").head(EXAMPLES).str.join(" / ").alias("examples"))
        .join(classes, on="dataset", how="left")
        .sort("dataset")
        .select(
            marks.cleaned(pl.col("dataset")),
            marks.number(pl.col("questions"), 0).alias("questions"),
            *(marks.cleaned(pl.col(column)).fill_null(marks.ABSENT) for column in ("examples", "demographics")),
        )
    )
    return Table(
        cells=rows,
        labels={
            "dataset": "Dataset",
            "questions": "Qs",
            "examples": "Example questions",
            "demographics": "Demographics",
        },
        title="Datasets, questions and demographics",
        notes=(
            f"The first {EXAMPLES} questions by key are printed.",
            *(group_notes(asked["demographic"], named) if groups is not None else []),
            *([note] if note else []),
        ),
        text=frozenset({"examples", "demographics"}),
    )


@takes_frames
def prompts(prompts: AnyFrame, *, note: str = "") -> Table:
    """One example of each prompt template, as the models read it. Collects. After the paper's Tables 14 to 16.

    Raises: FrameError for broken Prompts.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> rows = of.prompts(survey.opinions, survey.codebook, elicitation="logprob", prompt="base", seed=1)
    >>> prompts(rows).rows.select("elicitation", "variant", "n").rows()
    [('Log-prob.', 'Standard', 18)]
    """
    prompt_rows = checked(prompts, Prompts, "prompts").sort("prompt_id")
    keys = ["prompt", "variant", "elicitation", "template"]
    rows = (
        prompt_rows.group_by(keys)
        .agg(pl.col("text").sort_by("prompt_id").first(), pl.len().alias("n"))
        .sort("prompt", "variant", _place_of_elicitation(), *keys)
        .select(
            marks.cleaned(pl.col("prompt").replace(PROMPT_NAMES)).alias("section"),
            marks.cleaned(pl.col("elicitation").replace(ELICITATION_NAMES)).alias("elicitation"),
            marks.cleaned(pl.col("variant").replace(VARIANT_NAMES | {"standard": "Standard"})).alias("variant"),
            marks.cleaned(pl.col("template")),
            marks.cleaned(pl.col("text")),
            marks.number(pl.col("n"), 0).alias("n"),
        )
    )
    labels = {
        "elicitation": "Elicitation",
        "variant": "Variant",
        "template": "Template",
        "text": "Example",
        "n": "Prompts",
    }
    words = frozenset({"elicitation", "variant", "template", "text"})
    printed, said = said_once(rows, labels, ["elicitation", "variant", "template", "n"], words)
    return Table(
        cells=rows,
        labels=printed,
        title="Prompts",
        notes=(
            "The example is the first prompt of its template; Prompts counts them all.",
            *said,
            *([note] if note else []),
        ),
        group="section",
        text=words,
    )


def _refuse_shares(rows: pl.DataFrame) -> None:
    """Raises a FrameError for rows without a source, and for shares that are none."""
    is_share = pl.col("extracted").is_between(0, 1) | pl.col("extracted").is_null() | pl.col("extracted").is_nan()
    reasons = {"have no source": pl.col("source").is_null(), "have a share beyond [0, 1]": ~is_share}
    for reason, is_broken in reasons.items():
        broken = rows.filter(is_broken)
        if broken.height:
            raise FrameError(
                f"{broken.height} of {rows.height} rows of extraction {reason}, e.g. "
                f"{examples(broken.select('source', 'extracted').rows())}. Give what of.extraction returns."
            )


def _renormalised_notes(rows: pl.DataFrame) -> list[str]:
    """How many answers the paper's parser alone reads, where it was used and this is known."""
    if not {"renormalised", "answered"} <= set(rows.columns) or not rows["renormalised"].sum():
        return []
    renormalised, answered = rows["renormalised"].sum(), rows["answered"].sum()
    return [
        (
            f"Read as the paper reads: {renormalised} of {answered} readable answers are lists that sum to anything, "
            "renormalised, which the strict parser does not read."
        )
    ]


def _as_shares(extracted: AnyFrame) -> AnyFrame:
    """Shares in [0, 1] from the percentages of Table 17 of `published()`; any other frame as it is."""
    if not isinstance(extracted, pl.DataFrame) or "extracted_pct" not in extracted.get_column(
        "variant", default=pl.Series([""])
    ):
        return extracted
    return extracted.filter(variant="extracted_pct").with_columns((pl.col("value") / 100).alias("extracted"))


def _place_of_elicitation() -> pl.Expr:
    """Where an elicitation stands in the tables of scores; others last."""
    places = range(len(ELICITATION_ORDER))
    return pl.col("elicitation").replace_strict(list(ELICITATION_ORDER), list(places), default=len(places))


def _method_label(_prompt: str, elicitation: str, variant: str) -> str:
    """The heading of an elicitation and variant."""
    name = ELICITATION_NAMES.get(elicitation, elicitation) or "Extracted"
    return name if variant == "standard" else f"{name} ({VARIANT_NAMES.get(variant, variant)})"


def _prompt_spanners(names: list[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The headings of the prompts, above their columns."""
    prompts = dict.fromkeys(name.split("|")[0] for name in names)
    return tuple(
        (PROMPT_NAMES.get(prompt, prompt), tuple(name for name in names if name.startswith(f"{prompt}|")))
        for prompt in prompts
        if prompt
    )
