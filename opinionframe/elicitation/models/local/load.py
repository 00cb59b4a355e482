"""Loading a local model: files go in, a model on its device in the precision that is fastest there comes out."""

from __future__ import annotations

import time
from typing import Any, Literal

from opinionframe.elicitation.models.local.abilities import refuse_if_not_causal
from opinionframe.elicitation.models.local.convert import converted
from opinionframe.elicitation.models.local.files import FINGERPRINTS, ModelFiles
from opinionframe.elicitation.models.local.forward import Forward
from opinionframe.elicitation.models.local.memory import free_memory
from opinionframe.elicitation.models.local.quiet import quiet_loading
from opinionframe.errors import MissingPackageError, ModelError

Device = Literal["auto", "cpu", "cuda", "mps"]
Dtype = Literal["auto", "float32", "bfloat16", "float16"]
NEEDS = "Local models need torch and transformers: pip install 'opinionframe[local]'."
PROBE_ROWS, PROBE_TOKENS = 8, 64
WORTH_IT = 1.3
"""bfloat16 rounds more than float32, so on a CPU it must be this many times faster to be chosen."""


def load(files: ModelFiles, device: str, dtype: str) -> tuple[Forward, str, str | None]:
    """The model ready to run, the precision in use, and the hub's commit (None for local files).

    Raises: MissingPackageError, ModelError.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingPackageError(NEEDS) from error
    place, pinned, where = converted(files), _pinned(files), auto_device(device)
    tokenizer = load_tokenizer(files)
    try:
        model, precision = _fastest(place, pinned, where, dtype)
    except (OSError, ValueError) as error:
        raise ModelError(f"{files.name} could not be loaded from {place}: {error}") from error
    if precision != torch.float32:
        _exact_head(model)
    forward = Forward(model, tokenizer, where)
    refuse_if_not_causal(forward)
    return forward, str(precision).removeprefix("torch."), getattr(model.config, "_commit_hash", None)


def load_tokenizer(files: ModelFiles) -> Any:
    """The model's tokenizer alone, with its chat template.

    Raises: MissingPackageError, ModelError.
    """
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise MissingPackageError(NEEDS) from error
    place = converted(files)
    try:
        return AutoTokenizer.from_pretrained(place, trust_remote_code=False, **_pinned(files))
    except (OSError, ValueError) as error:
        raise ModelError(f"{files.name} could not be loaded from {place}: {error}") from error


def _pinned(files: ModelFiles) -> dict[str, str]:
    """The revision of a model on the hub; nothing for local files."""
    local = files.revision is None or files.revision.startswith(FINGERPRINTS)
    return {} if local or files.revision is None else {"revision": files.revision}


def auto_device(device: str) -> str:
    """The device that is meant: for `auto` a GPU where there is one."""
    import torch

    if device != "auto":
        return device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _fastest(place: str, pinned: dict[str, str], device: str, dtype: str) -> tuple[Any, Any]:
    import torch

    if dtype != "auto":
        return _read(place, pinned, device, getattr(torch, dtype)), getattr(torch, dtype)
    small = torch.bfloat16 if takes_bfloat16(device) else torch.float16
    brief = _read(place, pinned, device, small)
    if device != "cpu" or 3 * _size(brief) > free_memory():
        return brief, small
    whole = _read(place, pinned, device, torch.float32)
    if _seconds(whole) > WORTH_IT * _seconds(brief):
        return brief, torch.bfloat16
    return whole, torch.float32


def takes_bfloat16(device: str) -> bool:
    """Whether the device computes in bfloat16."""
    import torch

    return bool(torch.cuda.is_bf16_supported()) if device.startswith("cuda") else device == "cpu"


def _read(place: str, pinned: dict[str, str], device: str, dtype: Any) -> Any:
    from transformers import AutoModelForCausalLM

    with quiet_loading():
        model: Any = AutoModelForCausalLM.from_pretrained(place, dtype=dtype, trust_remote_code=False, **pinned)
    return model.to(device).eval()


def _seconds(model: Any) -> float:
    """Wall time of a small batch, the second of two."""
    import torch

    ids = torch.full((PROBE_ROWS, PROBE_TOKENS), 1)
    seconds = 0.0
    for _ in range(2):
        start = time.perf_counter()
        with torch.inference_mode():
            model(input_ids=ids, logits_to_keep=1, use_cache=False)
        seconds = time.perf_counter() - start
    return seconds


def _exact_head(model: Any) -> None:
    """Computes logits in float32: in bfloat16 a logit of 20 is known to 0.1 only, a probability to 10%."""
    import torch

    head = model.get_output_embeddings()
    if head is None:
        return
    head.weight = torch.nn.Parameter(head.weight.detach().float(), requires_grad=False)
    if getattr(head, "bias", None) is not None:
        head.bias = torch.nn.Parameter(head.bias.detach().float(), requires_grad=False)
    head.register_forward_pre_hook(lambda _module, inputs: (inputs[0].float(), *inputs[1:]))


def _size(model: Any) -> int:
    return sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
