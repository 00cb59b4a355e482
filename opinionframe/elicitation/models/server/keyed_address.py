"""An address with its key: both are used as they are, and shown, written and pickled without what is secret."""

from __future__ import annotations

from typing import Any

from opinionframe.elicitation.models.server.address import Address
from opinionframe.elicitation.models.server.masked import Mask
from opinionframe.errors import ModelError
from opinionframe.schemas.secret_shapes import secret_parts


class KeyedAddress:
    """The address of a server and the key that goes there.

    A pickle has no key: another process takes it from its own environment, when it is first needed. Copies share it.

    Args:
        base_url: The address, as in `OpenAIModel`.
        api_key: The key.
        key_env: The environment variable that holds the key.

    Attributes:
        address: As requests are sent to it.
        shown: For journals, messages and cards: without what looks like a key in its path.
        mask: Hides the key, and such parts of the path, in texts.

    Raises: OptionError.

    >>> KeyedAddress("http://localhost:8000/sk-0123456789abcdef/v1").shown
    'http://localhost:8000/***/v1'
    """

    def __init__(self, base_url: str | None, api_key: str | None = None, key_env: str | None = None) -> None:
        self.address = Address.of(base_url)
        self._key_env, self._is_given = key_env, bool(api_key)
        self._set_key(self.address.key(api_key, key_env))

    def __repr__(self) -> str:
        return f"KeyedAddress({self.shown!r})"

    def __getstate__(self) -> dict[str, Any]:
        """All but the key."""
        return {"address": self.address, "_key_env": self._key_env, "_is_given": self._is_given}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._set_key(None)
        self._is_unpickled = True

    def __copy__(self) -> KeyedAddress:
        return self

    def __deepcopy__(self, _: dict[int, Any]) -> KeyedAddress:
        return self

    @property
    def key(self) -> str | None:
        """The key; None where OpenAI's is missing.

        Raises: OptionError, for a variable that is not set; ModelError, where the key is not in the environment.
        """
        if self._is_unpickled:
            if self._is_given and not self.address.is_openai:
                raise ModelError(
                    f"The key of {self.shown} was given as api_key=…, which is not pickled with a model. "
                    "Make the model anew, or name the environment variable of the key: key_env='MY_API_KEY'."
                )
            self._set_key(self.address.key(None, self._key_env))
        return self._key

    def _set_key(self, key: str | None) -> None:
        self._key, self._is_unpickled = key, False
        self.mask = Mask(key, *secret_parts(self.address.path))
        self.shown = self.mask.message(self.address.url)
