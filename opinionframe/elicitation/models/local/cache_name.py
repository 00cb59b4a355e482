"""What transformers calls the keys and values of earlier tokens: `past_key_values`, and from 5.24 on `cache`."""

from dataclasses import fields
from functools import cache


@cache
def cache_name() -> str:
    """The name of the argument and of the output, by the installed version."""
    from transformers.modeling_outputs import CausalLMOutputWithPast

    names = {field.name for field in fields(CausalLMOutputWithPast)}
    return "cache" if "cache" in names else "past_key_values"
