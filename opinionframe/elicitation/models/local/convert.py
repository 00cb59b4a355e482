"""A GGUF file becomes a folder that transformers loads at once: converted once, kept in the user's cache folder.

The folder is named by the file's SHA-256 and holds safetensors, never a pickle.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from contextlib import redirect_stderr
from pathlib import Path

from opinionframe.elicitation.models.local.files import ModelFiles
from opinionframe.elicitation.models.local.quiet import quiet_loading
from opinionframe.errors import MissingPackageError, ModelError


def cache_folder() -> Path:
    """`OPINIONFRAME_CACHE`, or `opinionframe` in the user's cache folder."""
    if folder := os.environ.get("OPINIONFRAME_CACHE"):
        return Path(folder)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "opinionframe"


def converted(files: ModelFiles) -> str:
    """The folder of a GGUF's converted weights, made where it is not there yet; else `files.place`.

    The folder appears whole or not at all: it is written beside its place and renamed.

    Raises: MissingPackageError, ModelError.
    """
    if files.gguf is None:
        return files.place
    target = cache_folder() / "gguf" / str(files.revision).removeprefix("sha256:")
    if target.is_dir():
        return str(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="converting-", dir=target.parent))
    try:
        _convert(files.gguf, scratch)
        if not target.is_dir():
            _rename(scratch, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return str(target)


def _rename(scratch: Path, target: Path) -> None:
    try:
        scratch.rename(target)
    except OSError:
        # Another process finished first; its copy is the same.
        if not target.is_dir():
            raise


def _convert(gguf: Path, folder: Path) -> None:
    """Dequantised weights as fp32 safetensors, config and tokenizer: fp32 alone holds a 4-bit scale exactly."""
    try:
        import torch  # noqa: F401 - both are needed below
        import transformers  # noqa: F401 - as above
    except ImportError as error:
        raise MissingPackageError("Local models need the extra `local`: pip install 'opinionframe[local]'.") from error
    _write_plain(gguf, folder)


def _write_plain(gguf: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    where = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    try:
        with quiet_loading(), redirect_stderr(io.StringIO()):  # its bar for tensors has no switch
            model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32, trust_remote_code=False)
        tokenizer = AutoTokenizer.from_pretrained(**where, trust_remote_code=False)
    except ImportError as error:
        raise MissingPackageError(
            f"A GGUF file needs the extra `local`: pip install 'opinionframe[local]' ({error})."
        ) from error
    except (ValueError, OSError, KeyError, NotImplementedError) as error:
        raise ModelError(f"{gguf} could not be converted: {error}. Serve it with of.LlamaServer instead.") from error
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    # transformers refuses to save a model that it marks as quantised, though its weights are plain by now.
    plain = AutoModelForCausalLM.from_config(model.config, dtype=torch.float32)  # type: ignore[no-untyped-call]  # theirs
    plain.load_state_dict(model.state_dict())
    with quiet_loading():
        plain.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
