"""What is measured, in which version of the project, for which windows (LANGUAGE §1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from aac.measures import Clock, Derived, Measure

if TYPE_CHECKING:
    from aac.planner.windows import Chosen
    from aac.project import Project

Of = TypeVar("Of", Clock, Measure, Derived)


@dataclass(frozen=True, slots=True, eq=False)
class Piece(Generic[Of]):
    """A measurement as a version of the project has it, and the windows that are measured with that version.

    ``is_shown``: whether it is asked for itself; others are only parts of formulas over numbers. ``as_of_us``: the
    moment it is measured at, where that is not the least watermark of what it rests on. ``in_detail``: whether it is
    told how the time used of a promise is spread.
    """

    project: Project
    of: Of
    windows: tuple[Chosen, ...]
    is_shown: bool = True
    as_of_us: int | None = None
    in_detail: bool = False

    @property
    def subject(self) -> str:
        """``kind:id`` of its document."""
        return self.of.subject
