"""The elicit benchmark on a tiny shape: its routes answer alike, and its rows say what was measured."""

from importlib import import_module
from pathlib import Path

import pytest
from script import importable

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch, small_model):
    """A function that imports a benchmark by its name."""
    if not BENCHMARKS.is_dir():
        pytest.skip("the benchmarks do not lie beside the tests")
    importable(BENCHMARKS, monkeypatch)
    return import_module


@pytest.fixture(scope="module")
def tokenizer(small_model):
    """The tokenizer of the package's default model."""
    from transformers import AutoTokenizer

    from opinionframe.elicitation.models.local.convert import converted
    from opinionframe.elicitation.models.local.files import find_model

    return AutoTokenizer.from_pretrained(converted(find_model(None)))


@pytest.fixture
def tiny(benchmark):
    """A shape that a CPU answers with in no time; its vocabulary is larger than the tokenizer's, as on a GPU."""
    return benchmark("elicit_shapes").Shape("tiny", 2, 64, 96, 4, 2, 50_000)


@pytest.fixture
def few(benchmark):
    """Products of matrices too small to take time."""
    rate = benchmark("elicit_rate")
    rate.SIZES, rate.TIMES = {"cpu": 64}, 2


@pytest.fixture
def amounts(benchmark):
    """A handful of prompts of each method, the others answering a part of them."""
    amount = benchmark("elicit_trial").Amount
    return {
        "logprob": amount(6, looped=3, harnessed=4, batch=4),
        "self_random": amount(2, looped=3, harnessed=4, batch=4),
        "paraphrase": amount(4, looped=4, harnessed=4, batch=4),
        "verbalized": amount(1, looped=1, harnessed=2, batch=2),
    }


@pytest.mark.filterwarnings("ignore:::lm_eval")
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_path_of_a_gpu_runs_on_a_cpu(benchmark, tiny, few, amounts, tokenizer, dtype):
    pytest.importorskip("lm_eval")
    shapes = benchmark("elicit_shapes")
    rows = shapes.measured(tiny, tokenizer, amounts, "cpu", dtype, rounds=1)
    assert [row["size"].rsplit(",", 1)[0] for row in rows[::3]] == [f"tiny shape, {method}" for method in amounts]
    assert len(rows) == 12
    for loop, harness, bare in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
        assert loop["beside"].startswith("transformers")
        assert harness["beside"].startswith("lm-evaluation-harness")
        assert "of the measured matrix rate" in bare["note"]
        assert min(row["ratio"] for row in (loop, harness, bare)) > 0
    assert "scaled by answers" in rows[0]["note"]
    assert "scaled" not in rows[6]["note"] + rows[7]["beside"]
    assert "scaled by tokens written" in rows[9]["note"]


def test_operations_count_what_is_read(benchmark, tiny, tokenizer, tmp_path):
    shapes, rate = benchmark("elicit_shapes"), benchmark("elicit_rate")
    import opinionframe as of

    shapes.save(tiny, tokenizer, str(tmp_path), "cpu", "float32")
    model = of.LocalModel(tmp_path, device="cpu", dtype="float32")
    forward = model._forward
    rows = [[5, 6, 7, 8], [5, 6, 7, 9, 10]]
    layer = 2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 96
    head = 64 * 50_000
    assert rate.operations(forward, lambda: forward.next_token(rows)) == 2 * (9 * 2 * layer + 2 * head)
    # Three tokens once for both, then one and two more; the shared beginning's pass has an output row of its own.
    assert rate.operations(forward, lambda: forward.next_token(rows, shared=3)) == 2 * (6 * 2 * layer + 3 * head)


def test_scaling_keeps_our_own_time(benchmark):
    line = {"seconds": 2.0, "their_seconds": 1.0, "their_range": "1 to 2", "ratio": 0.5, "ratio_range": "0.5 to 1"}
    assert benchmark("timing").scaled(line, 4.0, "of a quarter") == {
        "seconds": 2.0, "their_seconds": 4.0, "their_range": "4 to 8", "ratio": 2.0, "ratio_range": "2 to 4",
        "note": "of a quarter",
    }  # fmt: skip


def test_without_a_gpu_there_are_no_lines(benchmark, monkeypatch):
    gpu = benchmark("gpu")
    monkeypatch.setattr(gpu.torch.cuda, "is_available", lambda: False)
    assert gpu.run() == []


@pytest.mark.parametrize(("place", "billions"), [(0, 0.1345), (1, 1.236), (2, 8.03)])
def test_shapes_have_their_size(benchmark, place, billions):
    import torch
    from transformers import AutoModelForCausalLM

    shape = benchmark("elicit_shapes").SHAPES[place]
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(shape.config())
    assert model.num_parameters() / 1e9 == pytest.approx(billions, rel=0.01)
