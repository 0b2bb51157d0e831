"""A team: who owns, owes and is asked. Roles and queues, never persons' names."""

from __future__ import annotations

from typing import Annotated, ClassVar

from aac.hookspecs import hookimpl
from aac.kinds.base import Kind, Ref, Scope
from aac.kinds.written import Strict


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

    def compile(self, scope: Scope) -> tuple[()]:
        """Nothing; a queue whose name is a team's, or another queue's, is reported: escalations go to either."""
        taken = {team: f"`{team}` is a team already" for team in scope.ids("team")}
        for team in scope.models("team"):
            for number, queue in enumerate(team.queues):
                if queue.id in taken and team.id == self.id:
                    scope.report("AAC209", taken[queue.id], "rename one of them", "queues", number, "id")
                taken.setdefault(queue.id, f"`{queue.id}` is a queue of `{team.id}` already")
        return ()


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Team]
