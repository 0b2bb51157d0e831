"""A team: who owns, owes and is asked. Roles and queues, never persons' names."""

from __future__ import annotations

from typing import Annotated, ClassVar

from aac.hookspecs import hookimpl
from aac.kinds.base import Kind, Ref, Strict


class Queue(Strict):
    """A place where a team's work waits; escalations may go there."""

    id: str
    role: str | None = None


class Team(Kind):
    """``external``: a customer, never asked to agree. ``calendar``: when the team is at work, else the company's."""

    kind_name: ClassVar[str] = "team"
    required: ClassVar[tuple[str, ...]] = ("name",)

    lead_role: str | None = None
    calendar: Annotated[str, Ref("calendar")] | None = None
    queues: tuple[Queue, ...] = ()
    external: bool = False


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Team]
