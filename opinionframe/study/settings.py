"""The study file: TOML goes in; a checked study, or an error that names each wrong key, comes out."""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from opinionframe.elicitation.models.registry import model_kind, model_kinds
from opinionframe.errors import StudyError

DEFAULT_SURVEY = "gss2018"
Count = Annotated[int, Field(ge=1)]
Price = Annotated[float, Field(ge=0)]
Elicitation = Literal["logprob", "self_random", "paraphrase", "verbalized"]


class Section(BaseModel):
    """A table of the study file; unknown keys are refused, since a misspelt key would silently do nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SurveySettings(Section):
    """Which survey is asked: a shipped one, or Parquet files; GSS 2018 if neither.

    Attributes:
        name: A shipped survey.
        opinions: The Parquet file of human rows, Opinions.
        codebook: The Parquet file of its Codebook.
        demographics: Groups that are kept: whole keys (`sex=Female`), attributes (`sex`) or `all`; all if not given.
        questions: Questions that are kept; all if not given.
    """

    name: str | None = None
    opinions: Path | None = None
    codebook: Path | None = None
    demographics: list[str] | None = None
    questions: list[str] | None = None


_KEYS_OF_EVERY_KIND = {"kind", "elicitation", "prices"}
"""Keys of a `[[model]]` table that are the study's, not the model's."""


def _registered_kind(kind: object) -> object:
    """The kind of a model. Raises: PydanticCustomError, listing the registered kinds."""
    kinds = list(model_kinds())
    if kind not in kinds:
        names = ", ".join(f"'{name}'" for name in kinds[:-1])
        raise PydanticCustomError(
            "literal_error", "Input should be {expected}", {"expected": f"{names} or '{kinds[-1]}'"}
        )
    return kind


class ModelSettings(Section):
    """One model that is asked.

    A key for a server comes from the environment variable OPENAI_API_KEY, never from the file.

    Attributes:
        kind: `local` (Hub id, folder or GGUF file), `api` (OpenAI-compatible server), `fake`, or a registered kind.
        name: The Hub id, folder or file of a local model; the server's name for the model of an API.
        revision: The commit, branch or tag of a model of the Hub.
        device: Where a local model runs.
        base_url: The address of the server.
        concurrency: The most requests to a server at once.
        requests_per_minute: The most requests to a server per minute; no limit if not given.
        tokens_per_minute: The most tokens per minute; no limit if not given.
        elicitation: Overrides the study's for this model.
        prices: Of a million tokens in and out, for a dry run.
        own: Keys that only a registered kind takes; in a file they stand beside the others.
    """

    kind: Annotated[str, BeforeValidator(_registered_kind)] = "local"
    name: str | None = None
    revision: str | None = None
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    base_url: str | None = None
    concurrency: Count = 16
    requests_per_minute: Annotated[float, Field(gt=0)] | None = None
    tokens_per_minute: Annotated[float, Field(gt=0)] | None = None
    elicitation: list[Elicitation] | None = None
    prices: tuple[Price, Price] | None = None
    own: dict[str, Any] = {}

    def maker_keys(self) -> dict[str, Any]:
        """The keys that the file gives to the maker of the kind."""
        kind = model_kind(self.kind)
        table = self.model_dump(exclude_unset=True, exclude=_KEYS_OF_EVERY_KIND)
        return {key: value for key, value in table.items() if value is not None and kind.takes(key)}

    @model_validator(mode="before")
    @classmethod
    def _gather_own(cls, table: Any) -> Any:
        """The table with the keys that only a registered kind takes gathered under `own`."""
        kind = table.get("kind", "local") if isinstance(table, dict) and "own" not in table else None
        if kind not in list(model_kinds()):
            return table
        own = {key: table[key] for key in table if key not in cls.model_fields and model_kind(kind).takes(key)}
        other_keys = {key: value for key, value in table.items() if key not in own}
        return {**other_keys, "own": own} if own else table

    @model_validator(mode="after")
    def _refuse_keys_of_other_kinds(self) -> Self:
        """The settings. Raises: ValidationError for keys that the kind does not take."""
        kind = model_kind(self.kind)
        table = self.model_dump(exclude_defaults=True, exclude=_KEYS_OF_EVERY_KIND)
        not_taken = {key: value for key, value in table.items() if not kind.takes(key)}
        if not_taken:
            raise ValidationError.from_exception_data(
                type(self).__name__,
                [InitErrorDetails(type=_key_error(self, key), loc=(key,), input=not_taken[key]) for key in not_taken],
            )
        return self

    @model_serializer(mode="wrap")
    def _as_in_the_file(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The settings as a file has them, the keys of `own` beside the others."""
        table: dict[str, Any] = serialize(self)
        own: dict[str, Any] = table.pop("own", {})
        return {**table, **own}


def _key_error(settings: ModelSettings, key: str) -> PydanticCustomError | str:
    """The error for a key that the kind of a model does not take."""
    if key in settings.own:
        return "extra_forbidden"
    keys = ", ".join(model_kind(settings.kind).keys())
    message = "Not a key of kind = '{kind}', which takes: {keys}"
    return PydanticCustomError("key_of_another_kind", message, {"kind": settings.kind, "keys": keys or "none"})


class ElicitSettings(Section):
    """How models are asked, and where their answers are kept.

    Attributes:
        elicitation: The elicitation methods.
        prompt: `base`, without a group, or `sd`, sociodemographic.
        variant: `standard`, `few_shot` (with examples) or `cot` (chain of thought).
        orders: Options as `given`, in `both` directions, or in `balanced` rotations, averaged.
        draws: How often an answer is drawn, by elicitation, where it is not the usual number.
        wording: The name of a wording, or a file of one's own.
        journal: The folder that keeps answers; beside the output if not given.
    """

    elicitation: list[Elicitation] = ["logprob"]
    prompt: list[Literal["base", "sd"]] = ["base", "sd"]
    variant: list[Literal["standard", "few_shot", "cot"]] = ["standard"]
    orders: Literal["given", "both", "balanced"] = "given"
    draws: dict[str, Count] = {}
    wording: str = "paper"
    journal: Path | None = None


class CalibrateSettings(Section):
    """How answers are calibrated.

    Attributes:
        method: The calibrators, by name.
        split: What is held out together, as in `calibrate`.
        folds: How many folds the units are dealt into, 2 or more.
    """

    method: Annotated[list[str], Field(min_length=1)] = ["ridge"]
    split: str = "question"
    folds: Annotated[int, Field(ge=2)] = 10


class CompareSettings(Section):
    """How sources are tested against each other.

    Attributes:
        pair: The pairs, as in `compare`.
        adjust: How p-values are adjusted over all comparisons of the study.
        cluster: The column whose values are independent of each other.
    """

    pair: Annotated[list[str], Field(min_length=1)] = ["raw-calibrated"]
    adjust: str = "bonferroni"
    cluster: str = "question"


class Study(Section):
    """A whole study.

    Attributes:
        title: Printed above the report.
        seed: Fixes folds, forests and draws.
        output: The folder of the report.
        survey: Which survey is asked.
        model: The models that are asked, one or more.
        elicit: How they are asked.
        calibrate: How their answers are calibrated.
        compare: How sources are tested.
    """

    title: str = "Opinion alignment"
    seed: int = 1
    output: Path = Path("report")
    survey: SurveySettings = SurveySettings(name=DEFAULT_SURVEY)
    model: Annotated[list[ModelSettings], Field(min_length=1)] = [ModelSettings()]
    elicit: ElicitSettings = ElicitSettings()
    calibrate: CalibrateSettings = CalibrateSettings()
    compare: CompareSettings = CompareSettings()


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
        return Study.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{name} is not TOML: {error}.") from error
    except ValidationError as error:
        raise StudyError(_error_text(error, name)) from error


def _error_text(error: ValidationError, name: str) -> str:
    """The text of an error with a line for each wrong key."""
    lines = [
        f"  {_dotted_key(problem['loc'])}: {_reason(problem['type'], problem['msg'])}" for problem in error.errors()
    ]
    count = f"{len(lines)} wrong key{'s' if len(lines) > 1 else ''}"
    return "\n".join([f"{name} has {count}:", *lines, "`opinionframe example` prints a whole file."])


def _dotted_key(location: tuple[int | str, ...]) -> str:
    """The name of a key as a path, such as `model[0].kind`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _reason(kind: str, message: str) -> str:
    """What is wrong with a key."""
    return "no such key" if kind == "extra_forbidden" else message[:1].lower() + message[1:]
