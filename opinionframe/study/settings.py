"""The study file: TOML goes in; a checked study, or an error that names each wrong key, comes out."""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, field_serializer

from opinionframe.alignment.estimand import Estimand
from opinionframe.divergence import BY_SCALE
from opinionframe.errors import StudyError
from opinionframe.schemas.card import card, listed
from opinionframe.study.model_settings import Count, Elicitation, ModelSettings, Section, TokenCeilings, Variant
from opinionframe.study.paper_settings import PaperSettings
from opinionframe.surveys.spelling import misspelt

DEFAULT_SURVEY = "gss2018"


def _listed(value: Any) -> Any:
    """One value, such as a table, as a list of one."""
    return value if isinstance(value, list | tuple) else [value]


class SurveySettings(Section):
    """Which survey is asked: a shipped one, the files of another, or Parquet files; GSS 2018 if neither.

    Attributes:
        name: A shipped survey; beside Parquet files what these are called, and their dataset where they name none.
        reader: Reads the survey's own files: `wgm`, `opinionqa` or `wvs`, as `of.read_wgm` and the like.
        path: What the reader reads: a file, or OpinionQA's folder.
        opinions: The Parquet file of human rows, Opinions.
        codebook: The Parquet file of its Codebook.
        groups: A CSV of labels, places and phrases of classes, as `of.groups` reads it, in place of the survey's own.
        demographics: Groups that are kept: whole keys (`sex=Female`), attributes (`sex`) or `all`; all if not given.
        questions: Questions that are kept; all if not given.
        featured: The attribute whose groups stand in Table 3 of `[paper]`; the others stand in a table of the survey.
    """

    name: str | None = None
    reader: Literal["wgm", "opinionqa", "wvs"] | None = None
    path: Path | None = None
    opinions: Path | None = None
    codebook: Path | None = None
    groups: Path | None = None
    demographics: list[str] | None = None
    questions: list[str] | None = None
    featured: str | None = None


class ElicitSettings(Section):
    """How models are asked, and where their answers are kept.

    Attributes:
        elicitation: The elicitation methods.
        prompt: `base`, without a group, or `sd`, sociodemographic.
        variant: `standard`, `few_shot` (with examples) or `cot` (chain of thought).
        orders: Options as `given`, in `both` directions, or in `balanced` rotations, averaged.
        draws: How often an answer is drawn, by elicitation, where it is not the usual number.
        max_tokens: The most tokens of an answer, its thought included: a number, or one by elicitation.
        temperature: Of sampling, by elicitation, where it is not the usual one.
        wording: The name of a wording, or a file of one's own.
        parser: `strict`, or `paper`, which renormalises any list of as many numbers as there are options.
        journal: The folder that keeps answers; beside the output if not given.
    """

    elicitation: list[Elicitation] = ["logprob"]
    prompt: list[Literal["base", "sd"]] = ["base", "sd"]
    variant: list[Variant] = ["standard"]
    orders: Literal["given", "both", "balanced"] = "given"
    draws: dict[str, Count] = {}
    max_tokens: TokenCeilings = None
    temperature: dict[str, float] = {}
    wording: str = "paper"
    parser: Literal["strict", "paper"] = "strict"
    journal: Path | None = None


class CalibrateSettings(Section):
    """How answers are calibrated.

    Attributes:
        method: The calibrators, by name, as `of.calibrators` lists them.
        split: What is held out together, as in `of.calibrate`.
        folds: How many folds the units are dealt into, 2 or more.
        variant: Which variants' answers are calibrated; all that are asked if not given.
    """

    method: Annotated[list[str], Field(min_length=1)] = ["ridge"]
    split: str = "question"
    folds: Annotated[int, Field(ge=2)] = 10
    variant: Annotated[list[Variant], Field(min_length=1)] | None = None


class CompareSettings(Section):
    """How sources are tested against each other.

    Attributes:
        pair: The pairs, as in `of.compare`.
        adjust: How p-values are adjusted, over all comparisons of a pair.
        cluster: The column whose values are independent of each other, or two of them.
        simultaneous: Whether the intervals of all comparisons of a pair are to hold at once, or each by itself.
        weight: What counts alike in means and their tests: every `cell`, `question` or `group`.
        overlap: `leave out` or `keep` cells of `all` and intersections beside their parts.
        cells: Means over cells `common` to all sources, or over each source's `own`.
    """

    pair: Annotated[list[str], Field(min_length=1)] = ["raw-calibrated"]
    adjust: str = "bonferroni"
    cluster: Annotated[list[str], BeforeValidator(_listed)] = ["question"]
    simultaneous: bool = False
    weight: Literal["cell", "question", "group"] = "cell"
    overlap: Literal["leave out", "keep"] = "leave out"
    cells: Literal["common", "own"] = "common"

    @property
    def estimand(self) -> Estimand:
        """What means are over."""
        return Estimand(self.weight, self.overlap, self.cells)


class Study(Section):
    """A whole study.

    Attributes:
        title: Printed above the report.
        seed: Fixes folds, forests and draws.
        output: The folder of the report.
        survey: Which surveys are asked, one or more; with several, all scores stand per dataset.
        metric: The distance of the scores, as in `of.align`: `by scale`, or one for all questions.
        model: The models that are asked, one or more.
        elicit: How they are asked.
        calibrate: How their answers are calibrated.
        compare: How sources are tested.
        paper: The tables and figures of the paper, in the folder `paper` of the report; none if not given.
    """

    title: str = "Opinion alignment"
    seed: int = 1
    output: Path = Path("report")
    metric: str = BY_SCALE
    survey: Annotated[list[SurveySettings], BeforeValidator(_listed), Field(min_length=1)] = [
        SurveySettings(name=DEFAULT_SURVEY)
    ]
    model: Annotated[list[ModelSettings], Field(min_length=1)] = [ModelSettings()]
    elicit: ElicitSettings = ElicitSettings()
    calibrate: CalibrateSettings = CalibrateSettings()
    compare: CompareSettings = CompareSettings()
    paper: PaperSettings | None = None

    def _repr_html_(self) -> str:
        facts = {
            "Surveys": listed(str(each.name or each.path or each.opinions) for each in self.survey),
            "Models": listed(f"{each.name} ({each.kind})" if each.name else each.kind for each in self.model),
            "Elicitations": listed(self.elicit.elicitation),
            "Prompts": listed(self.elicit.prompt),
            "Calibrators": listed(self.calibrate.method),
            "Report": self.output,
        }
        return card("Study", self.title, facts)

    @field_serializer("survey")
    def _as_in_the_file(self, survey: list[SurveySettings]) -> Any:
        """One survey as a table, as a file has it."""
        tables = [settings.model_dump(mode="json") for settings in survey]
        return tables[0] if len(tables) == 1 else tables


SECTIONS = (SurveySettings, ElicitSettings, CalibrateSettings, CompareSettings, ModelSettings, PaperSettings)

REPEATED = ("model",)
"""Tables that stand in double brackets, also where there is one of them."""


def read_study(path: Path) -> Study:
    """The study in a TOML file; its relative paths are taken from the working folder.

    Raises: StudyError, naming the file and every key that is missing, unknown or wrong.
    """
    try:
        return parse_study(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise StudyError(f"{path} cannot be read: {error.strerror}. Give the path of a study file.") from error
    except UnicodeDecodeError as error:
        raise StudyError(f"{path} is not text in UTF-8. Save it as UTF-8, or give the path of a study file.") from error


def demo_study() -> Study:
    """The study that the demo runs: GSS 2018, a small local model, log-probabilities."""
    return parse_study(shipped_study("demo"), "demo.toml")


def shipped_study(name: Literal["demo", "paper"]) -> str:
    """The text of a study file that comes with the package, in TOML."""
    return files("opinionframe.study").joinpath(f"{name}.toml").read_text(encoding="utf-8")


def parse_study(text: str, name: str) -> Study:
    """The study in a TOML `text`; `name` stands for it in messages.

    Raises: StudyError, as `read_study`.
    """
    try:
        table = tomllib.loads(text)
        return Study.model_validate(table)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{name} is not TOML: {error}.") from error
    except ValidationError as error:
        raise StudyError(_error_text(error, name, single={"survey"} - _repeated(table))) from error


def model_table(table: dict[str, Any], name: str) -> ModelSettings:
    """The model of one `[[model]]` table; `name` stands for where it was written in messages. Raises: StudyError."""
    try:
        return Study.model_validate({"model": [table]}).model[0]
    except ValidationError as error:
        raise StudyError(_error_text(error, name, single={"model"})) from error


def _repeated(table: dict[str, Any]) -> set[str]:
    """The tables of a file that repeat, such as `[[survey]]`."""
    return {key for key, value in table.items() if isinstance(value, list)}


def _error_text(error: ValidationError, name: str, single: set[str]) -> str:
    """The text of an error with a line for each wrong key; `single` tables do not repeat in the file."""
    lines = [
        f"  {_dotted_key(problem['loc'], single)}: {_reason(problem)}{_nearest(problem)}" for problem in error.errors()
    ]
    count = f"{len(lines)} wrong key{'s' if len(lines) > 1 else ''}"
    return "\n".join([f"{name} has {count}:", *lines, "`opinionframe example` prints a whole file."])


def _nearest(problem: Any) -> str:
    """Where a key that does not exist here stands, or the nearest key of any section."""
    if problem["type"] != "extra_forbidden":
        return ""
    key = str(problem["loc"][-1])
    if tables := [_header(section) for section in SECTIONS if key in section.model_fields]:
        return f" (it is one of {' and '.join(tables)})"
    if key in Study.model_fields:
        return " (it stands above the first table)"
    keys = {key for section in (Study, *SECTIONS) for key in section.model_fields}
    right = misspelt([key], sorted(keys))
    return "".join(f" (is it to be {word!r}?)" for word in right.values())


def _header(section: type[Section]) -> str:
    """The line above the keys of a section, such as `[[model]]`."""
    name = section.__name__.removesuffix("Settings").lower()
    return f"[[{name}]]" if name in REPEATED else f"[{name}]"


def _dotted_key(location: tuple[int | str, ...], single: set[str]) -> str:
    """The name of a key as a path, such as `model[0].kind`, and `survey.name` where the table is a `single` one."""
    text = ""
    for part in location[:1] + location[2:] if location[0] in single else location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _reason(problem: Any) -> str:
    """What is wrong with a key."""
    kind, message, key = problem["type"], problem["msg"], problem["loc"][-1]
    if kind == "extra_forbidden":
        return "no such key"
    if kind == "model_type" and isinstance(key, str):
        return f"it is one table. Write [{key}] once, and its keys below"
    if kind == "list_type" and key in REPEATED:
        return f"it may be there several times. Write [[{key}]], and the keys of one below"
    return f"{message[:1].lower()}{message[1:]}"
