"""One method's requests answered side by side, and beside bare matrix products of as many operations."""

from __future__ import annotations

import numpy as np
from elicit_notes import factor, note, rate
from elicit_rate import operations, products
from elicit_routes import Harness, Loop
from elicit_trial import Amount, routes
from timing import ROUNDS, Row, scaled, side_by_side

import opinionframe as of
from opinionframe.elicitation.models.local.forward import Forward
from opinionframe.elicitation.models.protocol import Request

BARE = "matrix products of as many operations (scaled)"
CLOSE = {"float32": 1e-4, "bfloat16": 2e-2}
"""How far label probabilities of two routes may lie apart by rounding."""
AGREED = 4


def compared(
    title: str, model: of.LocalModel, requests: list[Request], amount: Amount, rounds: int = ROUNDS
) -> list[Row]:
    """A row per other route, and one for bare matrix products, whose ratio is our share of the matrix rate."""
    forward: Forward = model._forward  # noqa: SLF001 - the others run the same weights in the same precision
    own, *others = routes(model, forward, requests, amount)
    agree(model, [other.answerer for other in others], requests)
    needed = operations(forward, own.try_out)
    for other in others:
        other.try_out()
    multiply, done = products(forward)
    timed = {route.name: route.run for route in (own, *others)} | {BARE: multiply}
    lines = side_by_side("elicit", f"{title}, {len(requests)} answers", timed, rounds)
    factors = [*(factor(own, other) for other in others), needed / done]
    *found, bare = (scaled(line, by) for line, by in zip(lines, factors, strict=True))
    setting = f"{model.dtype}, {model.name}"
    found = [line | {"note": note(line, own, other, setting)} for line, other in zip(found, others, strict=True)]
    machine = f"measured matrix rate ({needed / float(str(bare['their_seconds'])) / 1e9:.4g} GFLOP/s)"
    share = f"{float(str(bare['ratio'])):.0%} of the {machine}"
    said = f"{rate(bare, 'seconds', own):.3g} answers per second, {setting}: {share}"
    return [*found, bare | {"note": f"{said}; operations by tokens read, padding left out, shared beginnings once"}]


def agree(model: of.LocalModel, others: list[Loop | Harness], requests: list[Request]) -> None:
    """All routes give the same label probabilities to rounding, or the same greedy answers in float32."""
    asked = requests[:AGREED]
    replies = {reply.request: reply for reply in model.answer(asked)}
    for other in others:
        found = other.answer(asked)
        if asked[0].mode == "score":
            np.testing.assert_allclose(found, [replies[r].masses for r in asked], atol=CLOSE[model.dtype])
        elif asked[0].temperature == 0 and model.dtype == "float32":
            np.testing.assert_array_equal(found, [replies[r].raw for r in asked])
