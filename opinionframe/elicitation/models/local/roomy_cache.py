"""A cache that grows in steps: a model's keys and values go in, the same with room for the tokens to come goes out."""

from __future__ import annotations

from functools import cache
from typing import Any

ROOM = 64
"""Tokens that a layer makes room for at a time. transformers makes room for one, and copies all others for it."""


def roomy(grown: Any) -> Any:
    """The cache `grown`, its plain layers replaced by ones that are copied once per `ROOM` tokens, not once a token."""
    from transformers.cache_utils import DynamicLayer

    for place, layer in enumerate(grown.layers):
        if type(layer) is DynamicLayer:
            grown.layers[place] = _roomy_layer()(layer.keys, layer.values)
    return grown


@cache
def _roomy_layer() -> type:
    """The class of such layers: it extends one of transformers, which is imported only where a model runs."""
    from transformers.cache_utils import DynamicLayer

    plain: Any = DynamicLayer

    class RoomyLayer(plain):  # type: ignore[misc]  # theirs has no types
        """Keys and values of shape (rows, heads, tokens, width) at the beginning of larger tensors."""

        keys: Any
        values: Any

        def __init__(self, keys: Any, values: Any) -> None:
            super().__init__()
            self.lazy_initialization(keys, values)
            self._hold(keys, values)

        def update(self, key_states: Any, value_states: Any, *_args: Any, **_given: Any) -> tuple[Any, Any]:
            """Takes in further tokens."""
            before, more = self.keys.shape[2], key_states.shape[2]
            if before + more > self._room[0].shape[2]:
                self._hold(self.keys, self.values, more)
            for room, states in zip(self._room, (key_states, value_states), strict=True):
                room[:, :, before : before + more] = states
            self.keys, self.values = (room[:, :, : before + more] for room in self._room)
            return self.keys, self.values

        def reorder_cache(self, beam_idx: Any) -> None:
            """Keeps the rows at `beam_idx`, which may repeat."""
            self._hold(self.keys[beam_idx], self.values[beam_idx])

        def _hold(self, keys: Any, values: Any, more: int = 0) -> None:
            tokens = keys.shape[2]
            self._room = [
                states.new_empty((*states.shape[:2], tokens + more + ROOM, states.shape[3]))
                for states in (keys, values)
            ]
            self.keys, self.values = (room[:, :, :tokens] for room in self._room)
            self.keys.copy_(keys)
            self.values.copy_(values)

    return RoomyLayer
