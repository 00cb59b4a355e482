"""What a study found, on a terminal: its report goes in; scores with intervals, gains and verdicts are printed."""

from __future__ import annotations

import polars as pl

from opinionframe.cli.consoles import console
from opinionframe.cli.printing import Format, print_data, print_lines, print_table
from opinionframe.diagnosis.verdicts import VERDICTS
from opinionframe.divergence import definition
from opinionframe.figures.source_labels import ranked_labels
from opinionframe.reporting import Report
from opinionframe.reporting.parts import UNNAMED
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.one_metric import METRIC

GAINS = ("over_placebo", "over_labels", "over_no_model")


def print_report(report: Report, form: Format) -> None:
    """Prints the scores of each dataset and metric, and what calibration gained."""
    if form is not Format.TABLE:
        print_data(_scores_and_gains(report), form)
        return
    scores = _with_intervals(report)
    apart = [name for name in (DATASET, METRIC) if name in scores.columns]
    for part in scores.select(apart).unique().sort(apart).rows(named=True):
        same = [pl.col(name).eq_missing(pl.lit(value)) for name, value in part.items()]
        of_dataset = f" in {part[DATASET] or UNNAMED}" if DATASET in part else ""
        diagnosis = report.diagnosis.filter(same) if report.diagnosis.height else report.diagnosis
        _print_part(scores.filter(same), diagnosis, f"{of_dataset}, {definition(part[METRIC], short=True)}")


def _with_intervals(report: Report) -> pl.DataFrame:
    """The Summary, with the ends of the interval of each mean."""
    keys = [name for name in ("source", DATASET, METRIC) if name in report.summary.columns]
    named = [pl.col(name).fill_null(UNNAMED).alias("_named") for name in keys if name == DATASET]
    intervals = report.intervals.select(*keys, "conf_low", "conf_high")
    ends = intervals.rename({DATASET: "_named"}) if named else intervals
    on = [name if name != DATASET else "_named" for name in keys]
    rows = report.summary.with_columns(*named)
    return rows.join(ends, on=on, how="left", maintain_order="left").drop("_named", strict=False)


def _scores_and_gains(report: Report) -> pl.DataFrame:
    """The Summary with intervals, and what calibration gained and the verdict where a source was diagnosed."""
    scores = _with_intervals(report)
    if not report.diagnosis.height:
        return scores
    keys = [name for name in ("source", DATASET, METRIC) if name in scores.columns]
    gains = report.diagnosis.select(*keys, pl.col("^over_.*$"), "verdict")
    return scores.join(gains, on=keys, how="left", nulls_equal=True, maintain_order="left")


def _print_part(summary: pl.DataFrame, diagnosis: pl.DataFrame, what: str) -> None:
    """The tables of one dataset and metric."""
    ranked = summary.sort("alignment", descending=True, maintain_order=True)
    names, common = _names(ranked["source"].to_list())
    of_all = f": {common}" if common else ""
    constant = {"n": ranked["n"].unique(), "baseline": ranked["baseline"].round(3).unique()}
    own = [name for name, values in constant.items() if len(values) > 1]
    rows = [
        [
            names[row["source"]],
            _percent(row["alignment"]),
            _interval(row),
            _percent(row["std_dev"]),
            _percent(row["skill"]),
            *([_percent(row["baseline"])] if "baseline" in own else []),
            *([f"{row['n']:,}"] if "n" in own else []),
        ]
        for row in ranked.rows(named=True)
    ]
    headings = ["source", "alignment", "95% interval", "sd", "skill"]
    headings += ["uniform"] * ("baseline" in own) + ["cells"] * ("n" in own)
    print_table(f"Opinion alignment in percent{what}{of_all}", rows, headings)
    cells = "each source's cells" if "n" in own else f"{constant['n'][0]:,} cells"
    questions = max(ranked["n_questions"])
    print_lines(
        f"Means and standard deviations (sd) are over {cells} of {questions} "
        "questions; intervals are of the mean, for new questions. Skill is "
        "(alignment - uniform) / (100 - uniform): at 0 a source knows nothing beyond uniform.",
        "",
    )
    if diagnosis.height:
        _print_gains(diagnosis, names, f"{what}{of_all}")


def _print_gains(diagnosis: pl.DataFrame, names: dict[str, str], what: str) -> None:
    """What calibration gained over a placebo and over what needs no model, and each verdict with what it means."""
    rows = [
        [names[source], *map(_percent, gains), *([] if console.is_terminal else [verdict])]
        for source, verdict, *gains in diagnosis.select("source", "verdict", *GAINS).rows()
    ]
    headings = ("calibrated source", "over placebo", "over labels", "over no model", "verdict")
    print_table(f"What calibration gained in points{what}", rows, headings[: len(rows[0])])
    for verdict, meaning in VERDICTS.items():
        sources = diagnosis.filter(verdict=verdict)["source"].to_list()
        if sources:
            print_lines(f"{'; '.join(names[source] for source in sources)}: {verdict}. That is, {meaning}.")
    print_lines("")


def _names(sources: list[str]) -> tuple[dict[str, str], str]:
    """What each source is called, and what all have in common; in a pipe the whole names, as they stand in frames."""
    return ranked_labels(sources) if console.is_terminal else ({source: source for source in sources}, "")


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"


def _interval(row: dict[str, float | None]) -> str:
    low, high = row["conf_low"], row["conf_high"]
    return "" if low is None or high is None else f"[{100 * low:.1f}, {100 * high:.1f}]"
