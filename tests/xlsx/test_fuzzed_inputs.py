"""Files with some bytes changed are read or refused in words: a few of the many that
`benchmarks/quality/fuzzing_inputs.py` tries, and each that ever broke something."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.broken import READERS, case, seeds, survived

BROKE = {"weights": (5_000_001,)}


@pytest.mark.parametrize("kind", READERS)
def test_what_is_whole_is_read(kind: str, tmp_path: Path) -> None:
    assert all(survived(kind, seed, tmp_path) for seed in seeds(kind))


@pytest.mark.parametrize("kind", READERS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(number=st.integers(0, 10**9))
def test_changed_files_are_read_or_refused(kind: str, number: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        survived(kind, case(kind, number), Path(folder))


@pytest.mark.parametrize(("kind", "number"), [(k, n) for k, all_ in BROKE.items() for n in all_])
def test_what_once_broke_something(kind: str, number: int, tmp_path: Path) -> None:
    survived(kind, case(kind, number), tmp_path)
