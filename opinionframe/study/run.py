"""A study from survey to report: ask, calibrate, align, compare, and write what came of it."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from opinionframe.alignment import align, summarize
from opinionframe.calibration import baselines, calibrate
from opinionframe.diagnosis import diagnose
from opinionframe.elicitation import Model
from opinionframe.exporting import export
from opinionframe.figures import spread
from opinionframe.inference import compare
from opinionframe.study.asking import elicited
from opinionframe.study.models import load_model
from opinionframe.study.preflight import refuse_namesakes, refuse_unworkable
from opinionframe.study.progress import Progress, silent
from opinionframe.study.settings import Study
from opinionframe.study.survey import study_survey
from opinionframe.surveys import Survey
from opinionframe.tables import alignment


@dataclass(frozen=True)
class Report:
    """What a study wrote: `summary` (Summary, one row per source), `diagnosis`, and the `files` in `folder`."""

    folder: Path
    summary: pl.DataFrame
    diagnosis: pl.DataFrame
    files: tuple[Path, ...]


def run_study(study: Study, progress: Progress | None = None) -> Report:
    """Runs the study and writes its report: tables, figure, tidy frames and manifest.

    Answers already in the journal are not asked again. Collects.

    Raises: OpinionFrameError, from the step that could not be done.
    """
    tell = progress or silent
    survey = study_survey(study.survey)
    refuse_unworkable(study, survey)
    loaded = [(settings, load_model(settings, study.seed)) for settings in study.model]
    models = [model for _, model in loaded]
    refuse_namesakes(models)
    asked = elicited(study, survey, loaded, tell)
    tell("calibrating", 0, 1)
    settings = study.calibrate
    opinions = (
        asked.pipe(
            calibrate,
            survey.codebook,
            method=settings.method,
            split=settings.split,
            folds=settings.folds,
            seed=study.seed,
        )
        .pipe(baselines, survey.codebook)
        .sort("source", "question", "demographic", "choice")
    )
    aligned = opinions.pipe(align, survey.codebook).sort("source", "question", "demographic")
    tests = _compared(study, aligned)
    tell("calibrating", 1, 1)
    tell("diagnosing", 0, 1)
    diagnosis = _diagnosed(study, survey, asked)
    tell("diagnosing", 1, 1)
    tell("writing", 0, 1)
    frames = {"opinions": opinions, "aligned": aligned, "tests": tests, "diagnosis": diagnosis}
    files = _written(study, survey, models, frames)
    tell("writing", 1, 1)
    return Report(study.output, summarize(aligned), diagnosis, files)


def _compared(study: Study, aligned: pl.DataFrame) -> pl.DataFrame:
    settings = study.compare
    return pl.concat(
        compare(aligned, pair=pair, adjust=settings.adjust, cluster=settings.cluster, seed=study.seed)
        for pair in settings.pair
    )


def _diagnosed(study: Study, survey: Survey, asked: pl.DataFrame) -> pl.DataFrame:
    settings = study.calibrate
    return pl.concat(
        diagnose(asked, survey.codebook, method=method, split=settings.split, folds=settings.folds, seed=study.seed)
        for method in settings.method
    )


def _written(study: Study, survey: Survey, models: list[Model], frames: dict[str, pl.DataFrame]) -> tuple[Path, ...]:
    folder = study.output
    folder.mkdir(parents=True, exist_ok=True)
    table = alignment(frames["aligned"], frames["tests"], title=study.title, note=survey.citation)
    figure = spread(frames["aligned"])
    report = [folder / name for name in ("alignment.html", "alignment.tex", "spread.svg", "spread.png")]
    for path in report:
        (table if path.suffix in {".html", ".tex"} else figure).save(path)
    manifest = {
        "study": study.model_dump(mode="json"),
        "survey": {"name": survey.name, "citation": survey.citation, "licence": survey.licence},
        "models": [{"name": model.name, "revision": model.revision} for model in models],
        "seed": study.seed,
    }
    summary = summarize(frames["aligned"])
    data = export(
        folder / "data",
        manifest=manifest,
        codebook=survey.codebook,
        summary=summary,
        opinions=frames["opinions"],
        aligned=frames["aligned"],
        tests=frames["tests"],
        diagnosis=frames["diagnosis"],
    )
    return (*report, *sorted(data.parent.iterdir()))
