"""What `[paper]` asks for beyond its types, checked before any model is loaded or asked."""

from opinionframe.errors import StudyError, examples
from opinionframe.schemas.source import SEPARATOR
from opinionframe.study.paper_examples import paper_examples
from opinionframe.study.paper_labels import label_of
from opinionframe.study.settings import Study
from opinionframe.surveys import Survey
from opinionframe.tables import marks

PAPER_FOLDER = "paper"
"""The folder of the paper's tables and figures, in that of the report."""

ROWS = ("Average", "Std Dev", "Uniform", "Ceiling")
"""What tables call their own rows and columns, beside those of models."""


def refuse_unpaperly(study: Study, survey: Survey) -> None:
    """Refuse settings of `[paper]` that contradict each other or the models and surveys of the study.

    Raises: StudyError, naming the key.
    """
    paper = study.paper
    if paper is None:
        _refuse_unused(study)
        return
    labels = [label_of(settings) for settings in study.model]
    _refuse_repeated("model.label", [marks.clean(label) for label in labels], "stand for several models, as printed")
    if own := [label for label in labels if marks.clean(label) in (*ROWS, "")]:
        raise StudyError(
            f"model.label: {own[0]!r} is empty, or what tables call a row of their own. Name the model otherwise."
        )
    for key, names in (("main", paper.main or []), ("stages", paper.stages)):
        _refuse_repeated(f"paper.{key}", names, "stand there more than once")
        if unknown := [name for name in names if name not in labels]:
            raise StudyError(
                f"paper.{key}: {len(unknown)} are no label or name of a model, e.g. {unknown[0]!r}. The models are: "
                f"{', '.join(labels)}."
            )
    elicitations = {name for model in study.model for name in model.elicitation or study.elicit.elicitation}
    if "elicitation" in paper.model_fields_set and paper.elicitation not in elicitations:
        asked = ", ".join(sorted(elicitations))
        raise StudyError(f"paper.elicitation: no model is asked by {paper.elicitation!r}. Asked are: {asked}.")
    if paper.shown > paper.draws:
        raise StudyError(f"paper.shown: {paper.shown} of paper.draws = {paper.draws} samples. Show as many at most.")
    calibrated = study.calibrate.variant
    if calibrated is not None and "standard" not in calibrated:
        raise StudyError("calibrate.variant: [paper] prints calibrated answers to standard prompts. Add 'standard'.")
    folder = study.output / PAPER_FOLDER
    if folder.exists() and not folder.is_dir():
        raise StudyError(f"output: {str(folder)!r} is a file, where [paper] makes a folder. Move it.")
    paper_examples(study, survey)


def _refuse_unused(study: Study) -> None:
    """Refuse keys that only `[paper]` reads, where there is none."""
    if any(settings.featured is not None for settings in study.survey):
        raise StudyError("survey.featured: only [paper] reads it. Add that table, or leave the key out.")
    if any(settings.label is not None for settings in study.model):
        raise StudyError("model.label: only [paper] reads it. Add that table, or leave the key out.")


def _refuse_repeated(key: str, names: list[str], what: str) -> None:
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise StudyError(f"{key}: {len(repeated)} names {what}, e.g. {examples([(name,) for name in repeated])}.")
    if SEPARATOR in "".join(names):
        raise StudyError(f"{key}: a name has {SEPARATOR!r} in it, which separates the parts of a source.")
