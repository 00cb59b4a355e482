"""Groups: microdata, a mapping, a CSV or a survey's entry go in; label, order and phrase of every class come out."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.errors import FrameError, OptionError, examples
from opinionframe.schemas.borders import AnyFrame, groups_border
from opinionframe.schemas.class_order import in_order
from opinionframe.schemas.demographic import attribute_names, attributes
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import Groups
from opinionframe.schemas.group_words import group_words, is_column_name, said
from opinionframe.surveys.class_spelling import spelled_as_rows
from opinionframe.surveys.class_words import class_words, of_every_class


@takes_frames
def groups(
    source: AnyFrame | Mapping[str, Any] | str | Path,
    by: str | Sequence[str] | None = None,
    *,
    words: AnyFrame | Mapping[str, Any] | str | Path | None = None,
) -> pl.DataFrame:
    """Groups: what each class is called in print, where it stands in its attribute, how it is said in a prompt.

    From respondents, the classes of `by` in the order of their Enum, else by their numbers, dates and letters; a
    Categorical without numbers by its codes, the order in which Polars met the labels. From `words`, their labels,
    phrases and order.

    Args:
        source: Respondents, whose classes are the columns `by`; or, without `by`, words alone, or Groups such as
            `survey.groups`, which `words` say anew.
        by: The columns of classes, or intersections of them (`"sex & age"`), as in `reference`.
        words: Maps each attribute to a list of its classes in order, or to `classes` (as rows spell them), `labels`
            and `phrases`, lists of one length of which one may do, `phrase`, one for all in which `{label}` stands for
            the label, and `name`, what the attribute is called; these two alone are of every class. Or the path
            of a CSV, or a frame, with one row per class and the columns attribute, class, and any of label, place,
            phrase, name; further ones travel along.
            A phrase goes on after "Imagine": `you are a woman`, or short `a woman`; `your party is Labour`. Whatever
            words leave empty stays as it was; rows without a place stand behind those with one.

    Returns: Groups. Without words a label is the class, and the phrase what the package knows of the attribute, as
        `your sex is Female`, or null. Classes that words leave out follow, in an Enum where they stand.
    Raises: FrameError for words that fit neither each other nor the respondents; OptionError for `by` without these.

    >>> degree = pl.Series(["BA", "None", "BA"], dtype=pl.Enum(["None", "BA"]))
    >>> people = pl.DataFrame({"female": [1, 0, 1], "degree": degree})
    >>> women = {"classes": [1, 0], "labels": ["Women", "Men"], "phrases": ["a woman", "a man"]}
    >>> groups(people, ["female", "degree"], words={"female": women}).select("class", "label", "place", "phrase").rows()
    ... # doctest: +NORMALIZE_WHITESPACE
    [('None', 'None', 1, 'your highest educational degree is None'),
     ('BA', 'BA', 2, 'your highest educational degree is BA'),
     ('1', 'Women', 1, 'you are a woman'), ('0', 'Men', 2, 'you are a man')]
    """
    if by is None:
        rows = groups_border(with_phrases(class_words(source)))
        if rows.is_empty():
            raise FrameError("groups: no class is given. Name the classes of at least one attribute.")
        return rows if words is None else reworded(rows, words)
    if not isinstance(source, pl.DataFrame | pl.LazyFrame):
        raise OptionError(
            f"groups: by={by!r} names columns of respondents, which a {type(source).__name__} has none of. "
            "Give respondents first and the words as words=…, or leave by out."
        )
    entries = [by] if isinstance(by, str) else by
    if not (isinstance(entries, list | tuple) and all(isinstance(entry, str) for entry in entries)):
        raise OptionError(f"by={by!r} is no name of a column, nor a list of names. Write by=['sex', 'sex & age'].")
    schema = source.collect_schema()

    def of_respondents(name: str) -> list[tuple[str, str]]:
        return [(label, label) for label in _classes(source, name, schema[name])] if name in schema else []

    named = Groups.create_empty() if words is None else class_words(of_every_class(words, of_respondents))
    names = named["attribute"].unique()
    classes = {name: _classes(source, name, schema[name]) if name in schema else [] for name in names}
    return groups_border(with_phrases(named_classes(source, entries, spelled_as_rows(named, classes))))


def named_classes(microdata: AnyFrame, by: Iterable[str], words: pl.DataFrame) -> pl.DataFrame:
    """Groups rows of the classes that respondents have, as `words` name them; phrases are null where these have none.

    Raises: FrameError for a column that is missing, or words for an attribute that `by` does not name.
    """
    names = list(dict.fromkeys(name for entry in by for name in attribute_names(entry)))
    schema = microdata.collect_schema()
    if missing := [(name,) for name in names if name not in schema]:
        raise FrameError(
            f"groups: {len(missing)} columns of by are not there, e.g. {examples(missing)}. The respondents have: "
            f"{examples([(name,) for name in schema], 8)}."
        )
    if strange := [(name,) for name in words["attribute"].unique().sort() if name not in names]:
        raise FrameError(
            f"groups: words name {len(strange)} attributes that by does not, e.g. {examples(strange)}. By has: "
            f"{', '.join(names) or 'none'}."
        )
    rows = []
    for name in names:
        ordered = isinstance(schema[name], pl.Enum | pl.Categorical)
        rows.append(
            _named(name, _classes(microdata, name, schema[name]), words.filter(attribute=name), ordered=ordered)
        )
    return pl.concat([words.clear(), *rows], how="diagonal_relaxed")


def classes_of_demographics(demographics: Iterable[str]) -> pl.DataFrame:
    """Groups of the classes that demographics name, by their numbers and letters, in the package's own phrases."""
    pairs = {pair for demographic in demographics for pair in attributes(demographic)}
    by_attribute = {name: in_order(label for other, label in pairs if other == name) for name, _ in pairs}
    empty = Groups.create_empty()
    rows = [_named(name, by_attribute[name], empty) for name in sorted(by_attribute)]
    return groups_border(with_phrases(pl.concat([empty, *rows], how="diagonal")))


def reworded(rows: pl.DataFrame, words: AnyFrame | Mapping[str, Any] | str | Path) -> pl.DataFrame:
    """The Groups `rows` with `words`, as `groups` takes them, in place of what they say of the same classes.

    Raises: FrameError, also for words of an attribute that `rows` do not have.
    """
    pairs = {name: rows.filter(attribute=name).select("class", "label").rows() for name in rows["attribute"].unique()}
    named = class_words(of_every_class(words, lambda name: pairs.get(name, [])))
    classes = {name: rows.filter(attribute=name)["class"].to_list() for name in rows["attribute"].unique().sort()}
    if strange := [(name,) for name in named["attribute"].unique().sort() if name not in classes]:
        raise FrameError(
            f"groups: words name {len(strange)} attributes that nobody is grouped by, e.g. {examples(strange)}. There "
            f"are: {', '.join(classes) or 'none'}."
        )
    spelled = spelled_as_rows(named, classes)
    others = rows.filter(~pl.col("attribute").is_in(spelled["attribute"].implode()))
    renamed = [
        _named(name, classes[name], spelled.filter(attribute=name), ordered=True).pipe(_as_before, rows, spelled)
        for name in spelled["attribute"].unique()
    ]
    return groups_border(with_phrases(pl.concat([others, *renamed], how="diagonal_relaxed")))


def _as_before(renamed: pl.DataFrame, rows: pl.DataFrame, words: pl.DataFrame) -> pl.DataFrame:
    """`renamed` whose classes without `words` keep their labels and phrases of `rows`, and attributes their names.

    A phrase in the package's own words is left to be said anew, since label or name may be others now.
    """
    package = rows.with_columns(pl.lit(None, pl.String).alias("phrase")).pipe(with_phrases)["phrase"]
    own = pl.when(~pl.col("phrase").eq_missing(package)).then("phrase")
    key = ["attribute", "class"]
    before = rows.join(words, on=key, how="anti").select(*key, before="label")
    phrases = rows.select(*key, own.alias("own")).join(words, on=key, how="anti")
    result = (
        renamed.join(before, on=key, how="left", maintain_order="left")
        .join(phrases, on=key, how="left", maintain_order="left")
        .with_columns(pl.coalesce("before", "label").alias("label"), pl.coalesce("phrase", "own").alias("phrase"))
        .drop("before", "own")
    )
    if "name" not in rows.columns:
        return result
    names = rows.group_by("attribute").agg(pl.col("name").drop_nulls().first().alias("called"))
    name = pl.coalesce("name", "called") if "name" in result.columns else pl.col("called")
    return result.join(names, on="attribute", how="left", maintain_order="left").with_columns(name=name).drop("called")


def with_phrases(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` whose empty phrases have become what the package knows of their attribute, where it knows anything."""
    words = group_words()
    names = rows["name"] if "name" in rows.columns else [None] * len(rows)
    phrases = [
        phrase
        or (None if not name and is_column_name(attribute, words) else said(attribute, label, "your", words, name=name))
        for attribute, label, phrase, name in zip(rows["attribute"], rows["label"], rows["phrase"], names, strict=True)
    ]
    return rows.with_columns(pl.Series("phrase", phrases, pl.String))


def entry_groups(entry: Mapping[str, Any], microdata: pl.DataFrame | None = None) -> pl.DataFrame:
    """Groups of a survey's entry: the classes of its attributes in the order in which it lists them.

    Where the entry lists none, those of `microdata`.
    """
    rules = entry["demographics"]
    listed = {
        name: [*rule.get("classes", {}), *rule.get("ranges", {})]
        for name, rule in rules.items()
        if isinstance(rule, Mapping)
    }
    listed |= {name: labels for name, labels in entry.get("classes", {}).items() if name in rules}
    words = class_words({name: labels for name, labels in listed.items() if labels})
    if microdata is not None:
        words = named_classes(microdata, list(entry["demographics"]), words)
    return groups_border(with_phrases(words))


def _classes(microdata: AnyFrame, name: str, dtype: pl.DataType) -> list[str]:
    """The classes of a column in their order; of an Enum also those that nobody has. Raises: FrameError."""
    if isinstance(dtype, pl.Enum):
        return dtype.categories.to_list()
    if dtype.is_nested() or dtype in (pl.Object, pl.Binary):
        raise FrameError(
            f"groups: the column {name!r} is {dtype}, which has no classes. Name a column of text or codes."
        )
    column = pl.col(name)
    distinct = microdata.lazy().select(column).drop_nulls().unique()
    labels = distinct.sort(column.to_physical() if dtype == pl.Categorical else column).collect()[name].cast(pl.String)
    by_codes = dtype == pl.Categorical and not labels.str.contains(r"\d").any()
    return labels.to_list() if by_codes else in_order(labels)


def _named(attribute: str, classes: Sequence[str], words: pl.DataFrame, *, ordered: bool = False) -> pl.DataFrame:
    """Groups rows of one attribute: words in their order, then classes without any.

    All stand in the order of `classes` where that is `ordered` and some have no words.
    """
    with_words = words["class"].to_list()
    bare = [label for label in classes if label not in with_words]
    order = classes if ordered and bare else [*with_words, *bare]
    places = pl.DataFrame({"class": order, "place": range(1, len(order) + 1)}, {"class": pl.String, "place": pl.UInt16})
    named = places.join(words.drop("attribute", "place"), on="class", how="left", maintain_order="left")
    filled = [pl.lit(attribute).alias("attribute"), pl.col("label").fill_null(pl.col("class"))]
    if "name" in words.columns:
        filled.append(pl.col("name").drop_nulls().first())
    return named.with_columns(filled).select(words.columns)
