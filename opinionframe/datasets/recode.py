"""Source codes into choices and classes, as a survey's entry maps them."""

from typing import Any

import polars as pl


def recoded(microdata: pl.DataFrame, entry: dict[str, Any]) -> pl.DataFrame:
    """One column per attribute (class labels) and per question (choice numbers), nothing else."""
    attributes = (_classes(rule).alias(name) for name, rule in entry["demographics"].items())
    shared = entry["questions"]
    answers = (_choices(name, {**shared, **item}).alias(name) for name, item in shared["items"].items())
    return microdata.select(*attributes, *answers)


def _classes(rule: dict[str, Any]) -> pl.Expr:
    source = pl.col(rule["column"]).cast(pl.Int64)
    inside = {label: source.is_in(codes) for label, codes in rule.get("classes", {}).items()}
    inside |= {label: source.is_between(low, high) for label, (low, high) in rule.get("ranges", {}).items()}
    return pl.coalesce(pl.when(belongs).then(pl.lit(label)) for label, belongs in inside.items())


def _choices(name: str, item: dict[str, Any]) -> pl.Expr:
    codes = {code: choice for choice, code in enumerate(item["codes"], start=1)}
    return pl.col(name).cast(pl.Int64).replace_strict(codes, return_dtype=pl.UInt8)
