"""What the paper's tables call the models of a study: by their `label`, else by their name."""

import polars as pl

from opinionframe.schemas.source import SEPARATOR
from opinionframe.study.models import model_name
from opinionframe.study.settings import Study

OTHER_WAYS = "+"
"""What stands between a model and the wording or order of options that it was asked in, other than the usual."""


def labels_of(study: Study) -> dict[str, str]:
    """The label of each model of the study, by its name, in the order of the file."""
    return {model_name(settings): settings.label or model_name(settings) for settings in study.model}


def labelled(frame: pl.DataFrame, labels: dict[str, str]) -> pl.DataFrame:
    """The frame with models under their labels in `source`; whatever follows their name stays."""
    model, rest = pl.col("source").str.extract(r"^([^|]*)"), pl.col("source").str.extract(r"^[^|]*(.*)$")
    name = model
    for known, label in labels.items():
        in_other_ways = model.str.starts_with(known + OTHER_WAYS)
        renamed = pl.when(model == known).then(pl.lit(label))
        name = renamed.when(in_other_ways).then(pl.lit(label) + model.str.slice(len(known))).otherwise(name)
    is_answer = pl.col("source").str.contains(SEPARATOR, literal=True)
    return frame.with_columns(pl.when(is_answer).then(name + rest).otherwise("source").alias("source"))
