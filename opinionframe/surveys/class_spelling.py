"""Classes as the rows spell them: words for classes go in, and come out with `1` as `1.0` where rows have that."""

from collections.abc import Mapping, Sequence

import polars as pl

from opinionframe.errors import FrameError, examples


def spelled_as_rows(words: pl.DataFrame, classes: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """`words` whose classes are spelled as those that people have, where the two are one number or one truth value.

    A label that was the class stays as the words spell it.

    Raises: FrameError for words for a class that nobody has beside a class without words: one is the other, misspelt.

    >>> words = pl.DataFrame({"attribute": "educ", "class": ["1", "2"], "label": ["School", "College"]})
    >>> spelled_as_rows(words, {"educ": ["1.0", "2.0"]})["class"].to_list()
    ['1.0', '2.0']
    """
    pairs = list(zip(words["attribute"], words["class"], strict=True))
    lists = {name: {each for attribute, each in pairs if attribute == name} for name in words["attribute"].unique()}
    spelled = [_spelling(label, classes[name], lists[name]) for name, label in pairs]
    rows = words.with_columns(pl.Series("class", spelled, pl.String))
    _refuse_misspelt(classes, rows)
    return rows


def _spelling(label: str, classes: Sequence[str], with_words: set[str]) -> str:
    """The one class of `classes` without words that means what `label` does; `label` where there is none."""
    if label in classes or (meaning := _meaning(label)) is None:
        return label
    same = [other for other in classes if other not in with_words and _meaning(other) == meaning]
    return same[0] if len(same) == 1 else label


def _meaning(label: str) -> float | str | None:
    """The number or truth value that a class is, if it is one."""
    if label.strip().lower() in ("true", "false"):
        return label.strip().lower()
    try:
        return float(label)
    except ValueError:
        return None


def _refuse_misspelt(classes: Mapping[str, Sequence[str]], words: pl.DataFrame) -> None:
    lines = []
    for name in words["attribute"].unique().sort():
        with_words = words.filter(attribute=name)["class"].to_list()
        unmet, bare = (sorted(set(a) - set(b)) for a, b in ((with_words, classes[name]), (classes[name], with_words)))
        if unmet and bare:
            lines.append(
                f"groups: words name {len(unmet)} classes of {name} that nobody has, e.g. "
                f"{examples([(label,) for label in unmet])}, and none of {len(bare)} that somebody has, e.g. "
                f"{examples([(label,) for label in bare])}. Spell classes as the rows do."
            )
    if lines:
        raise FrameError("\n".join(lines))
