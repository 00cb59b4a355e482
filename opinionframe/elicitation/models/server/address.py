"""Where a server is: the URL goes in, its address for the journal comes out, and whose key may go there."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from opinionframe.errors import OptionError

OPENAI_URL = "https://api.openai.com/v1"
OPENAI_KEY = "OPENAI_API_KEY"
NO_KEY = "none"
"""What is sent to a server that needs no key."""
_LOCAL_ENDINGS = (".local", ".internal", ".lan", ".localhost")


@dataclass(frozen=True)
class Address:
    """The address of an OpenAI-compatible server, without anything that could be a secret.

    Attributes:
        url: As requests are sent to it.

    >>> Address.of("http://LOCALHOST:8000/v1/").url
    'http://localhost:8000/v1'
    >>> Address.of(None).is_openai, Address.of("http://10.0.0.7:8000/v1").is_own
    (True, True)
    """

    url: str

    @classmethod
    def of(cls, base_url: str | None) -> Address:
        """The address of `base_url`; OpenAI's where there is none.

        Raises: OptionError, for what is no http address, or one that holds a user name, a password or a query.
        """
        if base_url is None:
            return cls(OPENAI_URL)
        parts = _split(base_url)
        if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
            place = f"{parts.scheme}://{parts.hostname}"
            raise OptionError(
                f"base_url at {place} holds a user name, a password or a query, which would stand in journal and "
                "manifest. Write it without, and name the environment variable of the key: key_env='MY_API_KEY'."
            )
        host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
        port = f":{parts.port}" if parts.port else ""
        return cls(f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}")

    @property
    def path(self) -> str:
        """What stands behind the host."""
        return urlsplit(self.url).path

    @property
    def root(self) -> str:
        """The address without the version of the interface, where servers say what they are."""
        return self.url.removesuffix("/v1")

    @property
    def is_openai(self) -> bool:
        """Whether this is OpenAI's own address, encrypted."""
        parts = urlsplit(self.url)
        return parts.scheme == "https" and parts.netloc in ("api.openai.com", "api.openai.com:443")

    @property
    def is_own(self) -> bool:
        """Whether it is this machine or a private network, so that the server is somebody's own."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_private
        except ValueError:
            return "." not in host or host.endswith(_LOCAL_ENDINGS)

    def key(self, api_key: str | None, key_env: str | None) -> str | None:
        """The key for this address: given, or in the environment variable `key_env`; None where OpenAI's is missing.

        OPENAI_API_KEY goes to OpenAI's address and to no other.

        Raises: OptionError, for two keys, a variable that is not set, OpenAI's key for another address, or a key that
            no request can carry, which is not repeated.
        """
        for option, value in (("api_key", api_key), ("key_env", key_env)):
            if value is not None and not isinstance(value, str):
                raise OptionError(f"{option} is no text, but {type(value).__name__}. Give it in quotes.")
        if api_key and key_env:
            raise OptionError("Give api_key=… or key_env=…, not both.")
        if key_env == OPENAI_KEY and not self.is_openai:
            raise OptionError(
                f"key_env={OPENAI_KEY!r} is the key for OpenAI and goes to {OPENAI_URL} alone, not to {self.url}. "
                "Put the key of that server into a variable of its own, such as MY_API_KEY."
            )
        if api_key:
            return _sendable(api_key, "api_key")
        if key_env:
            if value := os.environ.get(key_env):
                return _sendable(value, f"The key in {key_env}")
            raise OptionError(f"key_env={key_env!r}: there is no such environment variable, or it is empty. Set it.")
        if not self.is_openai:
            return NO_KEY
        own = os.environ.get(OPENAI_KEY)
        return _sendable(own, f"The key in {OPENAI_KEY}") if own else None


def _sendable(key: str, what: str) -> str:
    """`key`. Raises: OptionError, where it has signs that the head of a request cannot hold."""
    if wrong := sum(not "!" <= sign <= "~" for sign in key):
        raise OptionError(
            f"{what} has {wrong:,} of {len(key):,} characters that no key has: blanks, ends of lines, or signs beyond "
            "ASCII. Copy it anew, or take what surrounds it off with .strip()."
        )
    return key


def _split(base_url: str) -> SplitResult:
    try:
        parts = urlsplit(str(base_url))
        is_http = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        is_http = False
    if not is_http:
        # What cannot be read may hold a key: it is not repeated.
        raise OptionError("base_url is no http address. Write it as in 'http://localhost:8000/v1'.")
    return parts
