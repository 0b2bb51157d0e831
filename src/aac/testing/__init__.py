"""For tests of connectors: `connector_suite` tries one on a source that it changes (docs/reference/connectors.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.testing.bench import NotConforming
from aac.testing.checks import CHECKS, run
from aac.testing.replaying import replayed
from aac.testing.trials import Trial

if TYPE_CHECKING:
    import pytest

__all__ = ["CHECKS", "NotConforming", "Trial", "connector_suite", "replayed", "run"]


def connector_suite(trial: type[Trial]) -> pytest.MarkDecorator:
    """Marks a test that gets the name of each ``check`` in turn, but for those that the trial says it cannot have.

    The test runs it on a new trial: ``run(check, trial, tmp_path / "project")``.
    """
    import pytest

    if unknown := sorted(trial.cannot.keys() - CHECKS.keys()):
        raise ValueError(f"there is no check `{unknown[0]}`: there are {', '.join(CHECKS)}")
    return pytest.mark.parametrize("check", [name for name in CHECKS if name not in trial.cannot])
