"""The models that a study names: `[[model]]` tables go in, models and what they are called come out."""

from opinionframe.elicitation import Model
from opinionframe.elicitation.models.registry import model_kind
from opinionframe.errors import StudyError
from opinionframe.study.model_settings import ModelSettings


def load_model(settings: ModelSettings, seed: int) -> Model:
    """The model of one `[[model]]` table, ready to be asked.

    Raises: StudyError where a key is missing; ModelError where it cannot be loaded.
    """
    _refuse_missing_keys(settings)
    return model_kind(settings.kind).make(settings.maker_keys(), seed=seed)


def model_name(settings: ModelSettings) -> str:
    """How the model of one `[[model]]` table is called, which need not be loaded for it.

    Raises: StudyError where a key is missing, such as the name of a server's model.
    """
    _refuse_missing_keys(settings)
    return settings.name or model_kind(settings.kind).default_name


def _refuse_missing_keys(settings: ModelSettings) -> None:
    kind, keys = model_kind(settings.kind), settings.maker_keys()
    if missing := [key for key in kind.needed_keys() if key not in keys]:
        hint = f", {kind.name_hint}" if missing[0] == "name" and kind.name_hint else ""
        raise StudyError(f"model.{missing[0]}: needed for kind = {kind.name!r}{hint}.")
