"""Tokens at levels of the running sum of their weights, beside a sum over all of them by numpy."""

import numpy as np
import pytest

from opinionframe.elicitation.models.local.drawing import CHUNK, at_levels
from opinionframe.errors import ModelError


@pytest.mark.parametrize("tokens", [3, CHUNK, CHUNK + 1, 5000])
def test_the_token_at_a_level_is_that_of_the_running_sum(tokens: int) -> None:
    import torch

    random = np.random.default_rng(tokens)
    weights = random.random((6, tokens)) ** 20
    levels = random.random((6, 40))
    ends = weights.cumsum(1)
    expected = [[int((end <= level * end[-1]).sum()) for level in row] for end, row in zip(ends, levels, strict=True)]
    assert at_levels(torch.tensor(weights), torch.tensor(levels)).tolist() == expected


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("tokens", [7, 10 * CHUNK + 3])
def test_no_level_draws_a_token_without_weight(tokens: int, dtype: str) -> None:
    import torch

    random = np.random.default_rng(1)
    weights = torch.tensor(random.random((50, tokens)) ** 20).to(getattr(torch, dtype))
    weights[:, :2] = weights[:, -3:] = weights[:, CHUNK - 1 : 3 * CHUNK] = 0
    levels = torch.tensor([0.0, 1e-17, 0.5, 1 - 2**-53], dtype=torch.float64).expand(50, 4)
    drawn = at_levels(weights, levels)
    assert (weights.gather(1, drawn) > 0).all()
    assert (drawn[:, 0] == 2).all()


def test_shares_of_many_draws_are_those_of_the_weights() -> None:
    import torch
    from scipy.stats import chisquare

    weights = torch.tensor(np.random.default_rng(2).random((1, 3 * CHUNK)), dtype=torch.float32)
    levels = (torch.arange(300_000, dtype=torch.float64)[None] + 0.5) / 300_000
    found = np.bincount(at_levels(weights, levels)[0], minlength=3 * CHUNK)
    expected = (weights[0].double() / weights[0].double().sum()).numpy() * 300_000
    assert np.abs(found - expected).max() <= 1.5
    assert chisquare(found, expected).pvalue > 0.99


def test_a_model_without_probabilities_is_refused() -> None:
    import torch

    weights = torch.ones(3, 300)
    weights[1, 7] = float("nan")
    with pytest.raises(ModelError, match=r"1 of 3 prompts no probabilities .* dtype='float32'"):
        at_levels(weights, torch.full((3, 1), 0.5, dtype=torch.float64))


@pytest.mark.parametrize("temperature", [1e-300, 1e-40, 1e-3])
def test_at_temperatures_near_0_the_likeliest_token_is_written(temperature: float) -> None:
    import torch

    from opinionframe.elicitation.models.local.writing import _drawn, _Text
    from opinionframe.elicitation.models.protocol import Request

    class Endless:
        window = 100

    logits = torch.tensor([[1.0, 30.0, 20.0], [40.0, 30.0, -20.0]])
    texts = [_Text(Request("text", "write", ("1", "2"), draw, temperature, 9), Endless(), 3) for draw in (0, 1)]
    assert _drawn(logits, texts) == [1, 0]
