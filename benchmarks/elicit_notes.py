"""What a row's note says of its two routes: what each does, over how much, at which rate, in how much memory."""

from __future__ import annotations

from elicit_routes import Loop
from elicit_trial import Route
from timing import Row


def factor(own: Route, other: Route) -> float:
    """What the other's time is multiplied by. The loop's goes by tokens, where answers are written at length.

    A batch of the harness lasts as long as its longest answer, so its time goes by answers.
    """
    if _by_tokens(other):
        return own.written / other.written
    return len(own.requests) / len(other.requests)


def rate(line: Row, seconds: str, own: Route) -> float:
    """Answers per second, by the seconds of that name."""
    return len(own.requests) / float(str(line[seconds]))


def note(line: Row, own: Route, other: Route, setting: str) -> str:
    """The rates of both, and how the other was run."""
    rates = f"{rate(line, 'seconds', own):.3g} answers per second against {rate(line, 'their_seconds', own):.3g}"
    return "; ".join([f"{rates}, {setting}", *_lengths(own, other), *_part(own, other), *_memory(own, other)])


def _lengths(own: Route, other: Route) -> list[str]:
    first, looped = own.requests[0], isinstance(other.answerer, Loop)
    if first.mode == "score":
        return ["logits of every token" if looped else "log-likelihood of every label, a prompt read once"]
    again = ["each draw reads its prompt again"] if first.temperature else []
    if first.mode == "pick":
        return [*again, *(["logits of every token"] if looped else []), "one token written per answer"]
    theirs, ours = (route.written / len(route.requests) for route in (other, own))
    return [*again, f"{ours:.3g} tokens written per answer against {theirs:.3g}, {first.max_tokens} at most"]


def _part(own: Route, other: Route) -> list[str]:
    if len(other.requests) == len(own.requests):
        return []
    way = "tokens written" if _by_tokens(other) else "answers"
    return [f"measured on {len(other.requests)} answers, scaled by {way}"]


def _memory(own: Route, other: Route) -> list[str]:
    return [f"{own.peak:.3g} GB of GPU memory at most against {other.peak:.3g} GB"] if other.peak else []


def _by_tokens(route: Route) -> bool:
    return isinstance(route.answerer, Loop) and route.written > 0
