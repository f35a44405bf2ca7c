"""What is declared of dependencies: a lowest version each, that .ci/run installs and tries."""

import re
import tomllib
from pathlib import Path

import pytest

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
DECLARED = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))
NEEDED = [
    *DECLARED["build-system"]["requires"],
    *DECLARED["project"]["dependencies"],
    *(need for extra in DECLARED["project"]["optional-dependencies"].values() for need in extra),
]
# A lowest version comes first, so that .ci/run can pin it; an upper bound may follow.
BOUNDS = re.compile(r"[a-z-]+>=(?P<lowest>\d+(\.\d+)*)(?P<upper>,<\d+(\.\d+)*)?")


@pytest.mark.parametrize("need", NEEDED)
def test_a_dependency_has_a_lowest_version_and_below_1_an_upper_bound(need: str) -> None:
    bounds = BOUNDS.fullmatch(need)
    assert bounds is not None, f"{need}: give a lowest version, as in numpy>=2.2"
    if int(bounds["lowest"].partition(".")[0]) == 0:
        assert bounds["upper"], f"{need}: versions below 1.0 may break with any; say below which"
