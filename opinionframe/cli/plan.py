"""What a study would ask: its plan goes in; calls, tokens and cost per setting and in all are printed."""

import polars as pl

from opinionframe.cli.printing import Format, print_data, print_lines, print_table

RANGES = ("tokens_in", "tokens_out", "cost")


def print_plan(plan: pl.DataFrame, form: Format) -> None:
    """Prints what a study would ask, per setting and in all."""
    if form is not Format.TABLE:
        print_data(plan, form)
        return
    key = [name for name in ("dataset", "model", "elicitation", "prompt", "variant") if name in plan.columns]
    rows = [
        [
            " | ".join(str(row[name] or "no dataset") for name in key),
            _short(row["calls"]),
            *(_range(row, name) for name in RANGES),
        ]
        for row in plan.rows(named=True)
    ]
    title = f"{len(plan)} settings, nothing asked yet"
    print_table(title, rows, ("setting", "calls", "tokens in", "tokens out", "cost"))
    print_lines(_in_all(plan))


def _in_all(plan: pl.DataFrame) -> str:
    """The sums over settings, in a sentence."""
    sums = plan.select(pl.col("prompts", "calls", "on_record").sum(), pl.col("^(tokens|cost)_.*$").sum())
    total = sums.row(0, named=True)
    totals = ", ".join(f"{name.replace('_', ' ')} {_range(total, name)}" for name in RANGES if _range(total, name))
    unpriced = plan.filter(pl.col("cost_high").is_null())["model"].unique(maintain_order=True).to_list()
    is_part = 0 < len(unpriced) < plan["model"].n_unique()
    without = f" (without {', '.join(unpriced)}, which has no prices)" if is_part else ""
    recorded = " beside those on record" if total["on_record"] else ""
    return f"In all {total['prompts']:,} prompts, {total['calls']:,} calls{recorded}, {totals}{without}."


def _range(row: dict[str, float | None], name: str) -> str:
    """The low and high end of an estimate as text; empty where it is unknown or free."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if low is None or high is None or (name == "cost" and high == 0):
        return ""
    ends = (f"{low:,.2f}", f"{high:,.2f}") if name == "cost" else (_short(low), _short(high))
    return ends[0] if ends[0] == ends[1] else " - ".join(ends)


def _short(count: float) -> str:
    """A count in three digits: 940, 15.1k, 1.20M."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return f"{count:.0f}"
