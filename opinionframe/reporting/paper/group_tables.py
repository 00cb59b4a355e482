"""The paper's tables by group: Tables 3, 5 and 8 to 10."""

import polars as pl

from opinionframe.alignment.estimand import CELL_WEIGHT, LEAVE_OUT
from opinionframe.inference import compare
from opinionframe.reporting.paper.results import MARKED, PaperResults, UnmadeError, made, means, tests_against_raw
from opinionframe.schemas.demographic import ALL, ATTRIBUTE
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.one_metric import METRIC
from opinionframe.schemas.source import is_answer, is_calibrated, source_part, split_source
from opinionframe.tables import Table, degraded, demographics

ALPHA = 0.05

PROMPT = "base"
"""The prompt of these tables in the paper."""


def featured_groups(paper: PaperResults) -> Table:
    """Table 3: the groups of one attribute per dataset, and the mean over all groups."""
    if not paper.featured:
        raise UnmadeError("No survey names the attribute of its groups in `featured`.")
    scores, models = _of_main(paper, _of_elicitation(paper))
    is_featured = pl.any_horizontal(
        (pl.col("dataset") == dataset) & (attribute == ATTRIBUTE) for dataset, attribute in paper.featured.items()
    )
    groups, of_datasets = scores.filter(is_featured), scores.filter(pl.col("dataset").is_in([*paper.featured]))
    overall = means(of_datasets).with_columns(demographic=pl.lit(ALL))
    by_group = means(groups, "demographic")
    tests = [
        tests_against_raw(groups, ["dataset", "demographic"], "groups of this table"),
        tests_against_raw(of_datasets, ["dataset"], "all groups").with_columns(demographic=pl.lit(ALL)),
    ]
    return demographics(
        pl.concat([by_group, overall.select(by_group.columns)]),
        pl.concat(tests, how="diagonal"),
        elicitation=paper.elicitation,
        prompt=PROMPT,
        models=models,
        groups=paper.groups,
        note="All groups: the mean over the cells of all groups of the dataset, also of those in other tables.",
        marks=MARKED,
        bold="pair",
        intervals=False,
    )


def groups_of_dataset(paper: PaperResults, dataset: str) -> Table:
    """Tables 8 to 10: the other groups of one dataset."""
    scores = _of_elicitation(paper).filter(dataset=dataset)
    if scores.is_empty():
        raise UnmadeError(f"No answer by {paper.elicitation} to a base prompt on {dataset} was scored.")
    groups = scores.filter(paper.featured.get(dataset, "") != ATTRIBUTE)
    if groups.is_empty():
        raise UnmadeError(f"All groups of {dataset} stand in Table 3.")
    groups, models = _of_main(paper, groups)
    return demographics(
        means(groups, "demographic"),
        tests_against_raw(groups, ["dataset", "demographic"], "groups of this table"),
        elicitation=paper.elicitation,
        prompt=PROMPT,
        models=models,
        groups=paper.groups,
        marks=MARKED,
        bold="pair",
        intervals=False,
    )


def degraded_groups(paper: PaperResults) -> Table:
    """Table 5: the groups that lose most by learning from a few examples."""
    few = made(paper.few)
    scores = pl.concat([paper.scores.filter(is_calibrated()), few], how="diagonal")
    by_elicitation = scores.filter(
        source_part("elicitation") == paper.elicitation, source_part("variant") == "standard"
    )
    if by_elicitation.is_empty():
        raise UnmadeError(f"No answer by {paper.elicitation} was calibrated.")
    return degraded(
        means(by_elicitation, "demographic"),
        full=paper.calibrator,
        few=paper.few_calibrator,
        groups=paper.groups,
        note=f"{_losses(by_elicitation, paper)} {paper.failures.get('few', '')}".strip(),
    )


def _losses(scores: pl.DataFrame, paper: PaperResults) -> str:
    """How many groups lose significantly by learning from few examples, of all that were tested, printed or not."""
    by_model = scores.lazy().pipe(split_source).collect()
    keys = ["dataset", METRIC, *GROUP, "prompt"]
    both = by_model.group_by(*keys, "model").agg(
        pl.col("alignment").filter(calibrator=name).first().alias(name)
        for name in (paper.calibrator, paper.few_calibrator)
    )
    means_of_cells = (
        both.drop_nulls()
        .group_by(keys)
        .agg(pl.col(paper.calibrator, paper.few_calibrator).mean())
        .unpivot(index=keys, variable_name="calibrator", value_name="alignment")
        .with_columns(
            pl.format("all models|{}|{}|standard|{}", pl.lit(paper.elicitation), "prompt", "calibrator").alias("source")
        )
    )
    of_all = f"all models|{paper.elicitation}|{{}}|standard|{{}}".format
    of_prompts = [
        (of_all(prompt, paper.few_calibrator), of_all(prompt, paper.calibrator))
        for prompt in means_of_cells["prompt"].unique().sort()
    ]
    by = ["dataset", "demographic"]
    tests = compare(means_of_cells, pair=of_prompts, by=by, adjust="bonferroni", weight=CELL_WEIGHT, overlap=LEAVE_OUT)
    lost = (pl.col("p_adjusted") < ALPHA) & (pl.col("estimate") < 0)
    counts = tests.group_by("method", maintain_order=True).agg(lost.sum().alias("lost"), pl.len())
    texts = [f"{n_lost} of {n} by {method}" for method, n_lost, n in counts.rows()]
    return (
        f"Groups (of a dataset and prompt, printed or not) that lose significantly: {', '.join(texts)} (p < {ALPHA:g}, "
        "correction: bonferroni over all of them; means over models, question by question)."
    )


def _of_main(paper: PaperResults, scores: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """The scores of the main models, so that those printed alone are a family of tests, and their names."""
    models = paper.present(scores, paper.main)
    return scores.filter(source_part("model").is_in(models)), models


def _of_elicitation(paper: PaperResults) -> pl.DataFrame:
    """Standard answers to base prompts by the elicitation of tables by group, raw and calibrated."""
    asked = {"elicitation": paper.elicitation, "prompt": PROMPT, "variant": "standard"}
    return paper.scores.filter(is_answer(), *(source_part(name) == value for name, value in asked.items()))
