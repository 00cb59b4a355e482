"""Where a local model would run: nothing goes in; its device, precisions and threads come out. No model is loaded."""

from __future__ import annotations

from opinionframe.elicitation.models.local.load import auto_device, takes_bfloat16


def machine() -> dict[str, str]:
    """What `LocalModel(device="auto", dtype="auto")` has to choose from here, in words.

    Raises: ImportError, where torch cannot be imported.
    """
    import torch

    device = auto_device("auto")
    name = torch.cuda.get_device_name() if device == "cuda" else ""
    small = "bfloat16" if takes_bfloat16(device) else "float16"
    # On a CPU the faster of the two is taken once a model is there to be timed.
    dtype = f"{small} or float32, whichever is faster for the model" if device == "cpu" else small
    return {
        "device": f"{device} ({name})" if name else device,
        "dtype": dtype,
        "torch threads": str(torch.get_num_threads()),
    }
