"""A project that was pulled and can be asked: what tests need that look at single rules."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aac.evaluate import Asked
from aac.evaluation.opening import needed_from, prepare_calendars
from aac.evaluation.run import Run
from aac.landing.landed import prepared
from aac.operations import open_sound_project, pull_sources
from aac.project import RuleNames

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from aac.engines.base import Engine
    from aac.planner.setting import Setting
    from aac.project import Project

AS_OF_US = 4_102_444_800_000_000 - 1
"""The last microsecond of 2099: all data has happened."""


@dataclass(frozen=True)
class Running:
    """A project, what its rules may name, an engine that holds its data and calendars, and the setting of a run."""

    project: Project
    names: RuleNames
    engine: Engine
    setting: Setting


@contextmanager
def run_project(root: Path) -> Generator[Running]:
    """Pulls the project at ``root`` and keeps it open."""
    opened = open_sound_project(root)
    pulled = pull_sources(opened, AS_OF_US, lambda _: None)
    assert not [finding for finding in pulled.findings if finding.level == "error"]
    project = opened.project
    with prepared(root, project.tables, project.config.sources, project.timezone) as data:
        run = Run(project, data, Asked(AS_OF_US))
        prepare_calendars(run, needed_from(run, 0), data.engine)
        yield Running(project, RuleNames(project), data.engine, run.setting_at(AS_OF_US))
