"""The models a study names."""

from opinionframe.elicitation import FakeModel, LocalModel, Model, OpenAIModel
from opinionframe.errors import StudyError
from opinionframe.study.settings import ModelSettings


def load_model(settings: ModelSettings, seed: int) -> Model:
    """The model of one `[[model]]` table, loaded and ready to be asked.

    Raises: StudyError where its keys do not go together; ModelError where it cannot be loaded.
    """
    if settings.kind == "fake":
        return FakeModel(seed=seed, name=model_name(settings))
    if settings.kind == "local":
        return LocalModel(settings.name, revision=settings.revision, device=settings.device)
    return OpenAIModel(
        model_name(settings),
        base_url=settings.base_url,
        revision=settings.revision,
        concurrency=settings.concurrency,
        requests_per_minute=settings.requests_per_minute,
        tokens_per_minute=settings.tokens_per_minute,
    )


def model_name(settings: ModelSettings) -> str:
    """How the model of one `[[model]]` table is called, which need not be loaded for it.

    Raises: StudyError where a server's model has no name.
    """
    if settings.kind == "api" and settings.name is None:
        raise StudyError("model.name: needed for kind = 'api', as the server spells it.")
    return settings.name or {"local": "SmolLM2-135M-Instruct", "fake": "fake"}[settings.kind]
