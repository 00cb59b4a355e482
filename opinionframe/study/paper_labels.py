"""What the paper's tables call the models of a study: by their `label`, else by their name in its file."""

from collections.abc import Iterable

import polars as pl

from opinionframe.elicitation import Model
from opinionframe.reporting.paper import whose
from opinionframe.schemas.source import SEPARATOR
from opinionframe.study.model_settings import ModelSettings
from opinionframe.study.models import model_name


def label_of(settings: ModelSettings) -> str:
    """What the model of one `[[model]]` table is called in print."""
    return settings.label or model_name(settings)


def labels_of(models: Iterable[tuple[ModelSettings, Model]]) -> dict[str, str]:
    """The label of each model, by the name that its answers have, in the order of the study's file.

    The two names differ: answers of `org/model` are those of `model`.
    """
    return {model.name: label_of(settings) for settings, model in models}


def labelled(frame: pl.DataFrame, labels: dict[str, str]) -> pl.DataFrame:
    """The frame with models under their labels in `source`; whatever follows their name stays."""
    model = pl.col("source").str.splitn(SEPARATOR, 2).struct.field("field_0")
    is_answer = pl.col("source").str.contains(SEPARATOR, literal=True)
    label = {}
    for name in frame.filter(is_answer).select(model).to_series().unique():
        if (known := whose(name, labels)) is not None:
            label[name] = labels[known] + name.removeprefix(known)
    renamed = model.replace(label) + pl.col("source").str.slice(model.str.len_chars())
    return frame.with_columns(pl.when(is_answer).then(renamed).otherwise("source").alias("source"))
