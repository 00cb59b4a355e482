"""The `[[model]]` table of a study file: what each key means, and which a kind of model takes."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from opinionframe.elicitation.models.registry import SHIPPED, STUDY_KEYS, model_kind, model_kinds
from opinionframe.elicitation.models.server.address import Address
from opinionframe.elicitation.models.server.openai_model import TOP_LOGPROBS
from opinionframe.elicitation.requests import checked_ceilings
from opinionframe.errors import OptionError

Count = Annotated[int, Field(ge=1)]
Price = Annotated[float, Field(ge=0)]
Elicitation = Literal["logprob", "self_random", "paraphrase", "verbalized"]
Variant = Literal["standard", "few_shot", "cot"]


def _ceilings(max_tokens: Any) -> Any:
    """The ceilings as the file has them. Raises: PydanticCustomError, where they are none."""
    try:
        checked_ceilings(max_tokens)
    except OptionError as error:
        raise PydanticCustomError("ceilings", "{reason}", {"reason": str(error)}) from error
    return max_tokens


TokenCeilings = Annotated[int | dict[str, int] | None, BeforeValidator(_ceilings)]
"""The most tokens of an answer, of all elicitations or by elicitation."""


class Section(BaseModel):
    """A table of the study file; unknown keys are refused, since a misspelt key would silently do nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """What is printed: the keys that are set, since the rest is in the reference of study files."""
        return ((name, value) for name, value in super().__repr_args__() if name in self.model_fields_set)


_KEYS_OF_EVERY_KIND = {*STUDY_KEYS} - {"own"}
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

    A key for a server comes from the environment, never from the file: OPENAI_API_KEY for OpenAI's address, the
    variable that `key_env` names for any other.

    Attributes:
        kind: `local` (Hub id, folder or GGUF file), `api` (OpenAI-compatible server), `fake`, or a registered kind.
        name: The Hub id, folder or file of a local model; the server's name for the model of an API.
        revision: The commit, branch or tag of a model of the Hub.
        device: Where a local model runs.
        dtype: The precision of a local model.
        batch_tokens: Tokens of a local model's batch.
        template: Options of a local model's chat template.
        thinking: Whether the model writes a thought before its answer; without it, answers have lower ceilings.
        base_url: The address of the server, without user name, password or query.
        key_env: The environment variable that holds the key of the server at `base_url`.
        server: What the server is, where it cannot say: llama.cpp, vLLM, SGLang, transformers, own or vendor.
        concurrency: The most requests to a server at once.
        requests_per_minute: The most requests to a server per minute; no limit if not given.
        tokens_per_minute: The most tokens per minute; no limit if not given.
        timeout: Seconds until a request to a server is given up.
        retries: How often a request is sent again after a fault of the line, 429 or 5xx.
        top_logprobs: How many of the likeliest tokens a server is asked for, for `logprob`.
        limit: What the server calls the ceiling on an answer's tokens, such as `max_completion_tokens`.
        send_seed: Whether sampled requests carry a seed.
        leave_out: Parameters that the model refuses and is not sent, such as `temperature`.
        extra: Goes into the body of each request, and into the journal.
        label: What the tables and figures of `[paper]` call the model; its name if not given.
        elicitation: Overrides the study's for this model.
        variant: Overrides the study's for this model.
        max_tokens: Overrides the study's for this model.
        prices: Of a million tokens in and out, for a dry run.
        own: Keys that only a registered kind takes; in a file they stand beside the others.
    """

    kind: Annotated[str, BeforeValidator(_registered_kind)] = "local"
    name: str | None = None
    revision: str | None = None
    device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")] = "auto"
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    batch_tokens: Count | None = None
    template: dict[str, Any] = {}
    thinking: bool | None = None
    base_url: str | None = None
    concurrency: Count = 16
    requests_per_minute: Annotated[float, Field(gt=0)] | None = None
    tokens_per_minute: Annotated[float, Field(gt=0)] | None = None
    key_env: str | None = None
    server: str | None = None
    timeout: Annotated[float, Field(gt=0)] = 120.0
    retries: Annotated[int, Field(ge=0)] = 6
    top_logprobs: Count = TOP_LOGPROBS
    limit: str = "max_tokens"
    send_seed: bool = True
    leave_out: list[str] = []
    extra: dict[str, Any] = {}
    label: Annotated[str, Field(pattern=r"^[^|]+$")] | None = None
    elicitation: list[Elicitation] | None = None
    variant: list[Variant] | None = None
    max_tokens: TokenCeilings = None
    prices: tuple[Price, Price] | None = None
    own: dict[str, Any] = {}

    @field_validator("base_url")
    @classmethod
    def _address(cls, base_url: str | None, info: ValidationInfo) -> str | None:
        """The address as it was written. Raises: PydanticCustomError where it holds a secret or is none."""
        if info.data.get("kind") == "api":
            try:
                Address.of(base_url)
            except OptionError as error:
                raise PydanticCustomError("address", "{reason}", {"reason": str(error)}) from error
        return base_url

    def maker_keys(self) -> dict[str, Any]:
        """The keys that the file gives to the maker of the kind."""
        kind = model_kind(self.kind)
        table = self.model_dump(exclude_unset=True, exclude=_KEYS_OF_EVERY_KIND)
        return {key: value for key, value in table.items() if value is not None and kind.takes(key)}

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_passwords(cls, value: Any) -> Any:
        """The value. Raises: PydanticCustomError, for an address with a password, which would stand in the manifest."""
        if _has_password(value):
            message = "an address in it holds a user name, a password or a token. Put that into the environment"
            raise PydanticCustomError("password", message)
        return value

    @model_validator(mode="before")
    @classmethod
    def _gather_own(cls, table: Any) -> Any:
        """The table with the keys of a registered kind gathered under `own`, also those that shipped kinds have."""
        kind = table.get("kind", "local") if isinstance(table, dict) and "own" not in table else None
        if kind not in list(model_kinds()):
            return table
        shared = {*cls.model_fields} if kind in SHIPPED else {*_KEYS_OF_EVERY_KIND, "name"}
        own = {key: table[key] for key in table if key not in shared and model_kind(kind).takes(key)}
        other_keys = {key: value for key, value in table.items() if key not in own}
        return {**other_keys, "own": own} if own else table

    @model_validator(mode="after")
    def _refuse_keys_of_other_kinds(self) -> Self:
        """The settings. Raises: ValidationError for keys that the kind does not take."""
        kind = model_kind(self.kind)
        fields = {key: field for key, field in type(self).model_fields.items() if key not in {*STUDY_KEYS}}
        given = {key: getattr(self, key) for key in fields if getattr(self, key) != fields[key].default}
        table = {**given, **self.own}
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
        if self.kind not in SHIPPED:
            # What no key of the file said is the maker's to say, not that of the shipped kinds.
            table = {key: value for key, value in table.items() if key in {*_KEYS_OF_EVERY_KIND, "name"}}
        return {**table, **own}


def _key_error(settings: ModelSettings, key: str) -> PydanticCustomError | str:
    """The error for a key that the kind of a model does not take."""
    if key in settings.own:
        return "extra_forbidden"
    keys = ", ".join(model_kind(settings.kind).keys())
    message = "Not a key of kind = '{kind}', which takes: {keys}"
    return PydanticCustomError("key_of_another_kind", message, {"kind": settings.kind, "keys": keys or "none"})


_PASSWORD = re.compile(r"\w://[^/?#\s]*@")


def _has_password(value: object) -> bool:
    """Whether a text, or one within lists and tables, is an address with a user name or password."""
    if isinstance(value, dict):
        return any(map(_has_password, value.values()))
    if isinstance(value, list):
        return any(map(_has_password, value))
    return isinstance(value, str) and bool(_PASSWORD.search(value))
