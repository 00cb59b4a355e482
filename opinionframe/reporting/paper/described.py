"""The paper's tables that describe a study, and its figures: Tables 13 to 17 and Figures 2 to 4."""

from dataclasses import replace

import polars as pl
import polars.selectors as cs

from opinionframe.figures import Figure, learning, spread, stages
from opinionframe.reporting.paper.results import OWN_CELLS, PaperResults, UnmadeError, made, means, of_elicitation
from opinionframe.schemas.source import is_answer, source_part
from opinionframe.tables import Table, datasets, extraction, prompts
from opinionframe.tables.grid import ELICITATION_NAMES, PROMPT_NAMES


def surveys(paper: PaperResults) -> Table:
    """Table 13: datasets, their questions and groups."""
    return datasets(paper.codebook, paper.human, groups=paper.groups)


def base_prompts(paper: PaperResults) -> Table:
    """Table 14: templates that name nobody."""
    return _prompts(paper, (pl.col("variant") == "standard") & (pl.col("prompt") == "base"), "base prompt")


def sd_prompts(paper: PaperResults) -> Table:
    """Table 15: templates that name the group."""
    return _prompts(paper, (pl.col("variant") == "standard") & (pl.col("prompt") == "sd"), "sd prompt")


def variant_prompts(paper: PaperResults) -> Table:
    """Table 16: few-shot and chain of thought."""
    first = ["prompt", "variant", "elicitation"]
    is_first = pl.col("template") == pl.col("template").min().over(first)
    is_shown = ~pl.col("variant").str.contains(r" draw ([2-9]|\d\d)")
    note = "The first of the paraphrases, and of the samples of examples that few-shot prompts show."
    table = _prompts(paper, (pl.col("variant") != "standard") & is_shown & is_first, "few-shot or CoT prompt", note)
    unnumbered = pl.col("variant").str.replace(" draw 1$", "").str.replace("^few_shot", "Few-shot")
    return replace(table, cells=table.cells.with_columns(unnumbered))


def extracted(paper: PaperResults) -> Table:
    """Table 17: the share of prompts with a readable answer."""
    return extraction(paper.extraction.filter(pl.col("source").str.ends_with("|standard")))


def spread_figure(paper: PaperResults) -> Figure:
    """Figure 2: alignment against its standard deviation, a point per dataset, model, elicitation and prompt."""
    standard = pl.col("source").str.contains(r"^([^|]*\|){3}standard")
    scores = paper.scores.filter(is_answer(), standard)
    return spread(scores, weight=OWN_CELLS.weight, overlap=OWN_CELLS.overlap, cells=OWN_CELLS.cells)


def learning_figure(paper: PaperResults) -> Figure:
    """Figure 3: error by the number of examples, with SD prompts if they were asked."""
    # Two orders of the same sum differ beyond these decimals, and would move a line by nothing that shows.
    curves = made(paper.curves).filter(method=paper.calibrator).with_columns(cs.float().round(9))
    prompts = curves.select(source_part("prompt")).to_series().unique().sort()
    asked = " and ".join(PROMPT_NAMES[prompt].lower() for prompt in prompts)
    return learning(curves, title=f"{_elicited(paper)}, {asked}; calibrator: {paper.calibrator}")


def stages_figure(paper: PaperResults) -> Figure:
    """Figure 4: alignment along stages of training."""
    if not paper.stages:
        raise UnmadeError("The study names no stages of training (paper.stages).")
    scores = of_elicitation(paper.scores, logprob=paper.elicitation == "logprob")
    models = [model for name in paper.stages for model in paper.ways(scores, name) or [name]]
    title = f"{_elicited(paper)}; calibrator: {paper.calibrator}"
    return stages(means(scores), models, elicitation=paper.elicitation, title=title)


def _elicited(paper: PaperResults) -> str:
    """The elicitation of the figures, as tables print it."""
    return ELICITATION_NAMES[paper.elicitation]


def _prompts(paper: PaperResults, kept: pl.Expr, what: str, note: str = "") -> Table:
    rows = paper.prompts.filter(kept)
    if rows.is_empty():
        raise UnmadeError(f"No {what} was asked.")
    return prompts(rows, note=note)
