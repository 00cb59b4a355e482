"""The models a study names."""

from opinionframe.elicit import FakeModel, LocalModel, Model
from opinionframe.errors import StudyError
from opinionframe.study.settings import ModelSettings


def load_model(settings: ModelSettings, seed: int) -> Model:
    """The model of one `[[model]]` table, loaded and ready to be asked.

    Raises: StudyError where its keys do not go together; ModelError where it cannot be loaded.
    """
    if settings.kind == "fake":
        return FakeModel(seed=seed)
    if settings.kind == "local":
        return LocalModel(settings.name, revision=settings.revision, device=settings.device)
    raise StudyError("model.kind: 'api' is not available in this version. Use 'local'.")
