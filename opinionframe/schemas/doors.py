"""The doors of the public verbs: frames of any library enter, the verb is given Polars, and gives Polars back."""

from collections.abc import Callable
from functools import wraps
from itertools import zip_longest
from typing import Any, ParamSpec, TypeVar

from opinionframe.errors import OpinionFrameError
from opinionframe.schemas.to_polars import called, check_relation, conversion, is_foreign, is_relation, to_polars

P = ParamSpec("P")
R = TypeVar("R")

RELATIONS = ("opinions",)
"""The arguments that may stay in their engine, where a verb writes queries."""


def takes_frames(verb: Callable[P, R]) -> Callable[P, R]:
    """`verb`, whose frames may be of pandas, Arrow, DuckDB, Spark and whatever narwhals reads; it is given Polars.

    Relations of an engine are fetched, all columns and rows. What the verb refuses says what came and how it was read.
    """
    return _door(verb, staying=())


def takes_relations(verb: Callable[P, R]) -> Callable[P, R]:
    """`takes_frames`, but a relation of `opinions` stays in its engine, and the verb writes its query."""
    return _door(verb, staying=RELATIONS)


def _door(verb: Callable[P, R], staying: tuple[str, ...]) -> Callable[P, R]:
    names = verb.__code__.co_varnames[: verb.__code__.co_argcount]

    @wraps(verb)
    def door(*args: P.args, **kwargs: P.kwargs) -> R:
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        relations = [name for name in staying if is_relation(given.get(name))]
        for name in relations:
            check_relation(given[name], name)
        foreign: dict[str, Any] = {
            name: frame for name, frame in given.items() if name not in relations and is_foreign(frame)
        }
        if not foreign:
            return verb(*args, **kwargs)
        frames = {name: to_polars(frame, name) for name, frame in foreign.items()}
        by_place: Any = [frames.get(name, arg) for name, arg in zip_longest(names[: len(args)], args)]
        by_name: Any = {name: frames.get(name, arg) for name, arg in kwargs.items()}
        try:
            return verb(*by_place, **by_name)
        except OpinionFrameError as error:
            error.args = (f"{error}\n{_read(foreign)}",)
            raise

    return door


def _read(foreign: dict[str, Any]) -> str:
    """What came and how it was read, for whom advice in the words of Polars has to be told."""
    came = ", ".join(f"{name} as {called(frame)}" for name, frame in foreign.items())
    code = ", ".join(f"{name} = {conversion(frame, name)}" for name, frame in foreign.items())
    return f"({came}, read into Polars, which advice on columns and rows is for: {code}.)"
