"""The paper's tables of scores by setting: Tables 1, 2, 4, 6, 7, 11 and 12."""

import polars as pl

from opinionframe.inference import anova
from opinionframe.reporting.paper.results import (
    MARKED,
    PaperResults,
    UnmadeError,
    made,
    means,
    of_elicitation,
    tests_against_raw,
)
from opinionframe.schemas.source import is_answer, is_calibrated, source_part, split_source
from opinionframe.tables import Table, settings, triples

FEW_SHOT = "few_shot"
COT = "cot"


def main_settings(paper: PaperResults) -> Table:
    """Table 1: the main models, and their means over datasets."""
    scores = of_elicitation(_standard(paper.scores), logprob=False)
    return _settings(paper, scores, paper.main, overall=True)


def all_settings(paper: PaperResults) -> Table:
    """Table 7: all models."""
    return _settings(paper, of_elicitation(_standard(paper.scores), logprob=False), paper.models)


def logprob_settings(paper: PaperResults) -> Table:
    """Table 6: log-probabilities."""
    return _settings(paper, of_elicitation(_standard(paper.scores), logprob=True), paper.models)


def out_of_domain_settings(paper: PaperResults) -> Table:
    """Table 11: calibrated on the other datasets."""
    return _settings(paper, of_elicitation(made(paper.out_of_domain), logprob=False), paper.models, note=_unseen(paper))


def out_of_domain_logprob(paper: PaperResults) -> Table:
    """Table 12: log-probabilities, calibrated on the other datasets."""
    return _settings(paper, of_elicitation(made(paper.out_of_domain), logprob=True), paper.models, note=_unseen(paper))


def cot_triples(paper: PaperResults) -> Table:
    """Table 2: raw, chain of thought and calibrated."""
    return _triples(paper, of_elicitation(paper.scores, logprob=False), COT)


def few_shot_triples(paper: PaperResults) -> Table:
    """Table 4: raw, few-shot and calibrated by as few examples."""
    raw = paper.scores.filter(~is_calibrated())
    scores = pl.concat([raw, made(paper.few)], how="diagonal")
    return _triples(paper, of_elicitation(scores, logprob=False), FEW_SHOT, note=paper.failures.get("few", ""))


def _unseen(paper: PaperResults) -> str:
    """What Tables 11 and 12 say of their calibration, in place of the protocol of the others."""
    failures = paper.failures.get("out_of_domain", "")
    return f"Each dataset is predicted by fits on all the others, which saw none of it. {failures}".strip()


def _standard(scores: pl.DataFrame) -> pl.DataFrame:
    """The rows of standard prompts, and baselines."""
    return scores.filter(~is_answer() | (source_part("variant") == "standard"))


def _settings(
    paper: PaperResults, scores: pl.DataFrame, names: tuple[str, ...], *, overall: bool = False, note: str = ""
) -> Table:
    """The grid of `scores` for the models `names`, with the tests of its own cells."""
    models = paper.present(scores, names)
    in_table = scores.filter(~is_answer() | source_part("model").is_in(models))
    tests = tests_against_raw(in_table, ["dataset"], "calibrated against raw answers of this table")
    return settings(means(in_table), tests, models=models, overall=overall, note=note, marks=MARKED, intervals=False)


def _triples(paper: PaperResults, scores: pl.DataFrame, variant: str, note: str = "") -> Table:
    """The grid of triples, of the models that were asked so."""
    answers = scores.filter(is_answer()).lazy().pipe(split_source).collect()
    variants = answers.filter(pl.col("variant").str.starts_with(variant))["variant"].unique().sort().to_list()
    if not variants:
        raise UnmadeError(f"No model was asked with variant {variant!r}.")
    name = variants[-1]
    asked_so = answers.filter(variant=name)["model"].unique().to_list()
    models = [model for model in paper.present(scores, paper.models) if model in asked_so]
    kept = scores.filter(~is_answer() | source_part("model").is_in(models))
    tests = anova(kept, variant=name, by="dataset", adjust="bonferroni")
    return triples(
        means(kept), tests, variant=name, models=models, note=note, marks=MARKED, bold="significant", intervals=False
    )
