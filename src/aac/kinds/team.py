"""A team: who owns, owes and is asked. Roles and queues, never persons' names."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from aac.hookspecs import hookimpl
from aac.kinds.base import Kind, Ref, Scope
from aac.kinds.classes import PROSE, Change
from aac.kinds.written import Handle, Row, wrong


class Member(Row):
    """Somebody of the team, by account and role."""

    handle: Annotated[Handle, Change("prose", says="the account", speaks=True)]
    """The account by which your tools know them, as in `@maria-k`; no names, no addresses."""
    role: Annotated[str | None, PROSE] = None
    """What they do in the team."""


class Queue(Row):
    """A place where a team's work waits; escalations may go there."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """The name that `to:` of an escalation uses."""
    role: Annotated[str | None, PROSE] = None
    """Who looks after it."""


class Team(Kind):
    """``external``: a customer, never asked to agree. ``calendar``: when the team is at work, else the company's."""

    kind_name: ClassVar[str] = "team"
    required: ClassVar[tuple[str, ...]] = ("name",)

    draft: ClassVar[str] = """\
kind: team
id: $id
name: $name
means: What the team is there for, in a sentence or two.
lead_role: Head of the team                    # roles, never names of persons
members:
  - {handle: "@example", role: Team member}    # the account by which your tools know them
# calendar: desk                               # when the team is at work; left out: the company's
queues:
  - {id: ${id}_queue, role: On duty}           # where its work waits: escalations may go there
notify: "#${id}"                               # the channel in which it reads messages
"""

    lead_role: Annotated[str | None, PROSE] = None
    """The role that leads the team and speaks for it; never a person's name."""
    members: Annotated[tuple[Member, ...], Change("prose", says="the members", each="the member", speaks=True)] = ()
    """Who is in it, by account and role."""
    pod: Annotated[str | None, PROSE] = None
    """The pod it belongs to, where the company works in pods."""
    calendar: Annotated[Annotated[str, Ref("calendar")] | None, Change(says="the calendar")] = None
    """When the team is at work; without one the company's calendar holds."""
    queues: Annotated[tuple[Queue, ...], Change("promise", says="the queues", each="the queue", grows=True)] = ()
    """Places where its work waits; escalations may go there."""
    notify: Annotated[str | None, PROSE] = None
    """Where it reads messages: a channel or a shared address."""
    external: Annotated[bool, Change("promise", says="whether it is outside the company", speaks=True)] = False
    """`true` for a customer or a partner, who is never asked to agree."""

    @model_validator(mode="after")
    def _names_members_once(self) -> Self:
        seen: set[str] = set()
        for number, member in enumerate(self.members):
            if member.handle in seen:
                message = f"`{member.handle}` is told twice"
                raise wrong("AAC209", message, "name each member once, with all they do", "members", number, "handle")
            seen.add(member.handle)
        return self

    def compile(self, scope: Scope) -> tuple[()]:
        """Nothing; a queue whose name is a team's, or another queue's, is reported: escalations go to either.

        So is a pod in a company that works as an assembly line (AAC435).
        """
        company = next(iter(scope.models("company")), None)
        if self.pod is not None and company is not None and company.org_model == "assembly_line":
            message = f"`{company.id}` works as an assembly line, and this team is in a pod"
            advice = f"leave `pod` out, or write `org_model: pods` in company `{company.id}`"
            scope.report("AAC435", message, advice, "pod", level="warning")
        if not self.queues:
            return ()
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
