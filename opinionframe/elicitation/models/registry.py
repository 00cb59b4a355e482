"""The kinds of model that a study file can name: settings of a `[[model]]` table go in, a model comes out."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter
from typing import Any

from opinionframe.elicitation.models.fake import FakeModel
from opinionframe.elicitation.models.local.files import DEFAULT_NAME
from opinionframe.elicitation.models.local.load import Device, Dtype
from opinionframe.elicitation.models.local.local_model import LocalModel
from opinionframe.elicitation.models.protocol import THINKING_SWITCH, Model, check_model
from opinionframe.elicitation.models.server.openai_model import TOP_LOGPROBS, OpenAIModel
from opinionframe.errors import OptionError, check_option

STUDY_KEYS = ("kind", "label", "elicitation", "variant", "prices", "max_tokens", "own")
"""Keys of a `[[model]]` table that are the study's, not the model's: how it is asked, and what that costs."""

Maker = Callable[..., Model]
"""Called with keywords alone: the keys of a `[[model]]` table, and `seed` where it takes one."""


@dataclass(frozen=True)
class ModelKind:
    """One kind of model.

    Attributes:
        name: What a study file calls it.
        maker: Makes the model; its keywords are the keys that the kind takes.
        default_name: What the model is called where the file gives no name.
        name_hint: How a needed name is to be written, for a message.
    """

    name: str
    maker: Maker
    default_name: str
    name_hint: str = ""

    def keys(self) -> list[str]:
        """The keys that the kind takes, as its maker lists them."""
        return [name for name in self._parameters() if name != "seed"]

    def needed_keys(self) -> list[str]:
        """Those of its keys that have no default."""
        return [name for name in self.keys() if self._parameters()[name].default is Parameter.empty]

    def takes(self, key: str) -> bool:
        """Whether a `[[model]]` table of this kind may have `key`; a maker with **keywords takes any."""
        return key != "seed" and (key in self._parameters() or self._takes_any())

    def make(self, keys: Mapping[str, object], *, seed: int) -> Model:
        """The model of these keys, ready to be asked.

        Raises: OptionError, where what is made is no model; ModelError, where it cannot be loaded.
        """
        seeded = {"seed": seed} if "seed" in self._parameters() or self._takes_any() else {}
        model = self.maker(**keys, **seeded)
        check_model(model)
        return model

    def _parameters(self) -> dict[str, Parameter]:
        named = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
        parameters = inspect.signature(self.maker).parameters
        return {name: parameter for name, parameter in parameters.items() if parameter.kind in named}

    def _takes_any(self) -> bool:
        parameters = inspect.signature(self.maker).parameters.values()
        return any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters)


def register_model(kind: str, maker: Maker) -> None:
    """Makes `kind` a kind of model that study files can name, as in `[[model]]` with `kind = "mine"`.

    Register it before the study is read, in the Python that reads and runs it. To ask a model in Python alone
    nothing has to be registered: `ask`, `elicit` and `dry_run` take any object that has what a model needs.

    Args:
        kind: The name in the file. One of your own may be registered anew; the last one holds.
        maker: Called with keywords, and gives the model: a class, or a function. Its keywords are the keys that a
            `[[model]]` table of this kind takes, those without a default are needed. `seed` is the study's. Keys
            end up in the report's manifest, so a secret belongs in the environment.

    Raises: OptionError, for a kind that comes with the package, or a maker that cannot be called by keywords or
        has one that means something else in a study file (`elicitation`, `label`, `max_tokens`, `prices`, `variant`).

    >>> import opinionframe as of
    >>> def quiet(*, name="quiet", seed):
    ...     return of.FakeModel(seed=seed, name=name)
    >>> of.register_model("quiet", quiet)
    >>> of.register_model("fake", quiet)
    Traceback (most recent call last):
    ...
    opinionframe.errors.OptionError: kind='fake' comes with the package and stays. Register yours under another name.
    """
    if kind in SHIPPED:
        raise OptionError(f"kind={kind!r} comes with the package and stays. Register yours under another name.")
    if not isinstance(kind, str) or not kind:
        raise OptionError(f"kind={kind!r} must be a word, as study files will write it.")
    _refuse_uncallable(kind, maker)
    _KINDS[kind] = ModelKind(kind, maker, default_name=_default_name(kind, maker))


def model_kinds() -> Collection[str]:
    """The kinds that a study file can name: the package's, then those registered."""
    return _KINDS.keys()


def model_kind(kind: str) -> ModelKind:
    """The kind of this name.

    Raises: OptionError, listing the kinds there are.
    """
    check_option("kind", kind, _KINDS)
    return _KINDS[kind]


def _refuse_uncallable(kind: str, maker: Maker) -> None:
    remedy = f"Give the maker of kind={kind!r} as a class or function that is called with keywords, such as name=…"
    if not callable(maker):
        raise OptionError(f"maker must be callable, not {type(maker).__name__}. {remedy}")
    try:
        parameters = inspect.signature(maker).parameters
    except (TypeError, ValueError) as error:
        raise OptionError(f"maker says nothing of its keywords: {error}. {remedy}") from error
    if positional := [name for name, part in parameters.items() if part.kind is Parameter.POSITIONAL_ONLY]:
        raise OptionError(f"maker takes {positional[0]!r} by position alone. {remedy}")
    if of_the_study := [name for name in STUDY_KEYS if name in parameters]:
        raise OptionError(
            f"maker of kind={kind!r} takes {', '.join(of_the_study)}, which in a [[model]] table is the study's and "
            "never reaches a maker. Name that keyword otherwise."
        )


def _default_name(kind: str, maker: Maker) -> str:
    name = inspect.signature(maker).parameters.get("name")
    return name.default if name is not None and isinstance(name.default, str) else kind


def _local(
    *,
    name: str | None = None,
    revision: str | None = None,
    device: Device = "auto",
    dtype: Dtype = "auto",
    batch_tokens: int | None = None,
    template: Mapping[str, Any] | None = None,
    thinking: bool | None = None,
) -> Model:
    switch = {} if thinking is None else {THINKING_SWITCH: thinking}
    options = {**switch, **(template or {})}
    return LocalModel(name, revision=revision, device=device, dtype=dtype, batch_tokens=batch_tokens, template=options)


def _api(  # noqa: PLR0913 - the keys of a `[[model]]` table
    *,
    name: str,
    revision: str | None = None,
    base_url: str | None = None,
    concurrency: int = 16,
    requests_per_minute: float | None = None,
    tokens_per_minute: float | None = None,
    key_env: str | None = None,
    server: str | None = None,
    timeout: float = 120.0,
    retries: int = 6,
    top_logprobs: int = TOP_LOGPROBS,
    limit: str = "max_tokens",
    send_seed: bool = True,
    leave_out: Sequence[str] = (),
    thinking: bool | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Model:
    return OpenAIModel(
        name,
        revision=revision,
        base_url=base_url,
        concurrency=concurrency,
        requests_per_minute=requests_per_minute,
        tokens_per_minute=tokens_per_minute,
        key_env=key_env,
        server=server,
        timeout=timeout,
        retries=retries,
        top_logprobs=top_logprobs,
        limit=limit,
        send_seed=send_seed,
        leave_out=leave_out,
        thinking=thinking,
        extra=extra,
    )


def _fake(*, name: str = "fake", seed: int) -> Model:
    return FakeModel(seed=seed, name=name)


_KINDS = {
    kind.name: kind
    for kind in (
        ModelKind("local", _local, default_name=DEFAULT_NAME),
        ModelKind("api", _api, default_name="", name_hint="as the server spells it"),
        ModelKind("fake", _fake, default_name="fake"),
    )
}
SHIPPED = tuple(_KINDS)
