"""Prompt wording as data: a TOML file goes in, checked templates come out."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from opinionframe.elicitation.prompting.wording_check import check_wording
from opinionframe.errors import OptionError
from opinionframe.schemas.card import card, listed
from opinionframe.schemas.group_words import fill, group_words

SHIPPED = Path(__file__).parent / "wordings"
MARKS = ("|", "/", "+", "@")


@dataclass(frozen=True)
class Wording:
    """The templates of prompts, and how attributes and classes are spelled in them.

    Attributes:
        name: What it is called in `template`; one other than `paper` marks the source, as in `model+question_first`.
        data: The TOML file's content, laid out as `wordings/paper.toml` explains.
    """

    name: str
    data: dict[str, Any]

    def __post_init__(self) -> None:
        """Refuse a name that could not be told from other parts of a source or a template. Raises: OptionError."""
        if not self.name or any(mark in self.name for mark in MARKS):
            raise OptionError(
                f"wording name {self.name!r} is empty or has one of {' '.join(MARKS)}, which separate the parts of "
                'sources and templates. Write another one into the file: name = "mine".'
            )

    def __repr__(self) -> str:
        return f"Wording({self.name!r}: {listed(sorted(self.data['methods']))})"

    def _repr_html_(self) -> str:
        return card("Wording", self.name, {"Elicitations": listed(sorted(self.data["methods"]))})

    def asks(self, elicitation: str, prompt: str) -> list[str]:
        """The templates of a method, one per paraphrase."""
        templates: list[str] = self.data["methods"][elicitation][prompt]
        return templates

    def template(self, elicitation: str, prompt: str, variant: str) -> list[str]:
        """Whole prompts, one per paraphrase: the variant's frame around ask, respond and end.

        A few-shot template keeps its placeholders `{examples}` and `{task}`.
        """
        method = self.data["methods"][elicitation]
        parts = {"respond": self.data["respond"][method["respond"]], "end": self.data["end"]["text"]}
        frame = self.data["variants"][variant]
        return [fill(frame, {**parts, "ask": ask}) for ask in self.asks(elicitation, prompt)]


def read_wording(name_or_path: str | Path | Wording = "paper") -> Wording:
    """A shipped wording by name (`paper`, `question_first`), or a TOML file of your own merged over the paper's.

    A file of your own needs only what it changes: templates, attributes, another language.

    Args:
        name_or_path: The name, the path of the file, or a Wording, which is handed back.

    Returns: the Wording, whose `name` marks the source unless it is `paper`.
    Raises: OptionError, for a name that is neither, or a file that `check_wording` refuses.

    >>> read_wording().asks("self_random", "base")[0][:63]
    'Would you respond with {choices} to the following question? Que'
    """
    if isinstance(name_or_path, Wording):
        return name_or_path
    shipped = SHIPPED / f"{name_or_path}.toml"
    path = shipped if shipped.exists() else Path(name_or_path)
    if not path.is_file():
        names = ", ".join(sorted(file.stem for file in SHIPPED.glob("*.toml")))
        raise OptionError(f"wording={str(name_or_path)!r} is neither a file nor one of: {names}.")
    return _read(path, path.stat().st_mtime_ns)


@cache
def _read(path: Path, _modified: int) -> Wording:
    data = _merge(_merge({**group_words()}, _load(SHIPPED / "paper.toml")), _load(path))
    if path.parent != SHIPPED and data["name"] == "paper":
        data["name"] = path.stem
    check_wording(data, path)
    return Wording(name=data["name"], data=data)


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError(f"wording file {path} is not TOML: {error}. See {SHIPPED / 'paper.toml'}.") from error


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    nested = {k: _merge(base[k], v) for k, v in over.items() if isinstance(v, dict) and isinstance(base.get(k), dict)}
    return {**base, **over, **nested}
