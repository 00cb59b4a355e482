"""The floating-point operations of forward passes, and the rate of matrix products that they are held against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from opinionframe.elicitation.models.local.forward import Forward

SIZES = {"cpu": 2048, "cuda": 8192}
"""Rows and columns of the square matrices: large enough for the machine's best rate."""
TIMES = 20


def operations(forward: Forward, run: Callable[[], object]) -> int:
    """Operations of the passes that `run` makes: two per weight of a matrix and token read.

    Padding is not counted, and a beginning that prompts share is counted once, as it is read once. The output layer
    counts once per row of a pass. Attention's own products are left out: a fiftieth, at these lengths.
    """
    head = forward.model.get_output_embeddings()
    body = [m for m in forward.model.modules() if isinstance(m, torch.nn.Linear) and m is not head]
    per_token, per_row = sum(m.weight.numel() for m in body), head.weight.numel()
    counted: list[int] = []

    def count(_module: Any, _args: Any, given: dict[str, Any]) -> None:
        ids, mask = given["input_ids"], given.get("attention_mask")
        # The mask also covers what is in the cache already: the last columns are those of the tokens read now.
        tokens = read.pop() if mask is None else int(mask[:, -ids.shape[1] :].sum())
        counted.append(2 * (tokens * per_token + len(ids) * per_row))

    def padded(rows: list[list[int]]) -> Any:
        read.append(sum(map(len, rows)))
        return pad(rows)

    pad, read = forward.right_padded, []
    forward.right_padded = padded  # type: ignore[method-assign]
    hook = forward.model.register_forward_pre_hook(count, with_kwargs=True)
    try:
        run()
    finally:
        hook.remove()
        del forward.right_padded
    return sum(counted)


def products(forward: Forward, size: int | None = None, times: int = TIMES) -> tuple[Callable[[], None], int]:
    """A route of square matrix products in the model's precision on its device, and how many operations it takes."""
    kind = forward.device.split(":")[0]
    size = size or SIZES.get(kind, SIZES["cpu"])
    left, right = (torch.randn(size, size, device=forward.device).to(forward.model.dtype) for _ in range(2))
    out = torch.empty_like(left)

    def run() -> None:
        with torch.inference_mode():
            for _ in range(times):
                torch.mm(left, right, out=out)
        if kind == "cuda":
            torch.cuda.synchronize()

    return run, 2 * size**3 * times
