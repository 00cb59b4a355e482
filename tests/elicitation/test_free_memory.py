"""How much memory a batch may take: what the system has available, and what a container's or a job's limit leaves."""

from pathlib import Path

import pytest

from opinionframe.elicitation.models.local import batches, memory
from opinionframe.elicitation.models.local.batches import CPU_TOKENS, CPU_WRITING, token_budget

FIGURES = {
    "memory.max": "4000000000",
    "memory.current": "3000000000",
    "memory.stat": "anon 5\ninactive_file 500000000\n",
}


def limited(groups: Path, **limits: str) -> Path:
    """Control groups below `groups`, the job's within the slice's, and the file that says which is this process'."""
    for place, limit in limits.items():
        group = groups / place.replace("_", "/")
        group.mkdir(parents=True, exist_ok=True)
        for name, figure in (FIGURES | {"memory.max": limit}).items():
            (group / name).write_text(figure + "\n")
    own = groups / "own"
    own.write_text("1:name=systemd:/elsewhere\n0::/slice/job\n")
    return own


def test_the_tightest_limit_on_a_process_counts(tmp_path: Path) -> None:
    own = limited(tmp_path, slice="3600000000", slice_job="4000000000")
    # 4.0 and 3.6 GB, of which 3.0 are used and 0.5 of these are files that the system would let go
    assert list(memory._left_by_limits(tmp_path, own)) == [1_500_000_000, 1_100_000_000]


def test_groups_without_a_limit_say_nothing(tmp_path: Path) -> None:
    own = limited(tmp_path, slice_job="max", slice="3600000000")
    (tmp_path / "slice" / "memory.stat").write_text("anon 5\n")
    assert list(memory._left_by_limits(tmp_path, own)) == []
    assert list(memory._left_by_limits(tmp_path, tmp_path / "none")) == []


def test_free_memory_is_what_the_system_calls_available() -> None:
    told = Path("/proc/meminfo")
    if not told.exists():
        pytest.skip("no /proc/meminfo on this system")
    figures = dict(line.split(":") for line in told.read_text().splitlines())
    total = int(figures["MemTotal"].split()[0]) << 10
    assert 0 < memory.free_memory() <= total


@pytest.mark.parametrize(("free", "expected"), [(0, CPU_TOKENS), (8_000_000_000, 15_258), (1 << 50, CPU_WRITING)])
def test_a_written_batch_on_a_cpu_takes_a_quarter_of_what_is_free(
    monkeypatch: pytest.MonkeyPatch, free: int, expected: int
) -> None:
    import torch
    from transformers import AutoConfig

    class Model:
        config = AutoConfig.for_model(
            "llama", hidden_size=2048, intermediate_size=8192, num_hidden_layers=16, num_attention_heads=32,
            num_key_value_heads=8,
        )  # fmt: skip
        dtype = torch.bfloat16

    # By hand: keys and values of 16 layers, 8 heads, 64 wide, and the activations: 16,384 + 16,384 + 32,768 of 2 bytes.
    monkeypatch.setattr(batches, "free_memory", lambda: free)
    assert token_budget(Model, "cpu", writing=True) == expected
    assert token_budget(Model, "cpu", writing=False) == CPU_TOKENS
