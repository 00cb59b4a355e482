"""The client of one server: its address and key go in, an asynchronous OpenAI client comes out."""

from __future__ import annotations

from typing import Any

from opinionframe.elicitation.models.server.address import Address
from opinionframe.errors import MissingPackageError, ModelError


def client_of(address: Address, key: str | None, name: str, timeout: float) -> Any:
    """An AsyncOpenAI client that sends to `address` nothing but `key`.

    Raises: MissingPackageError; ModelError, where OpenAI's key is missing.
    """
    try:
        from openai import AsyncOpenAI
    except ImportError as error:
        raise MissingPackageError("API models need openai: pip install 'opinionframe[api]'.") from error
    if key is None:
        raise ModelError(
            f"{name} needs a key: set OPENAI_API_KEY, or give api_key=… or key_env=… (or base_url=… of your server)."
        )
    # Retries are ours, so that they are counted once and depend on nothing in the content.
    client = AsyncOpenAI(api_key=key, base_url=address.url, timeout=timeout, max_retries=0)
    if not address.is_openai:
        # The client reads more of OpenAI's account from the environment, which is no other server's business.
        client.organization = client.project = None
        for attribute, nothing in (("admin_api_key", None), ("_custom_headers", {})):
            if hasattr(client, attribute):
                setattr(client, attribute, nothing)
    return client
