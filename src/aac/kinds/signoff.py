"""A sign-off: a team agreed to what a document said on a day, told by the fingerprint of its content."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from aac.hookspecs import hookimpl
from aac.kinds.base import Kind
from aac.kinds.classes import PROSE
from aac.kinds.written import Day, Handle, Looks, Print, wrong

OF = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*")


def read_of(value: str) -> str:
    """``definition/mql``; raises a finding AAC308."""
    if not OF.fullmatch(value):
        raise wrong("AAC308", f"`{value}` names no document", "write its kind and its id, as in `definition/mql`")
    return value


class Signoff(Kind):
    """One team's word that it agrees to a document as it was; `aac agree` writes it, a file for each document and team.

    It counts as long as the document says the same: prose may change, nothing else.
    """

    kind_name: ClassVar[str] = "signoff"
    written_by: ClassVar[str] = "aac agree"
    draft: ClassVar[str] = """\
kind: signoff
id: $id
of: definition/$definition          # the document
team: $team                    # who agrees: one of its parties
handle: "@example"             # who signs for the team: one of its members
date: 2026-03-02
fingerprint: 0123456789abcdef  # of what was agreed; `aac agree $definition --team $team --by @example` writes this
"""

    of: Annotated[str, AfterValidator(read_of), Looks({"type": "string", "pattern": f"^{OF.pattern}$"}), PROSE]
    """The document that is agreed to, as in `definition/mql`."""
    version: Annotated[Day | None, PROSE] = None
    """The day on which the version begins that is agreed to; without it the first one, or the only one."""
    team: Annotated[str, PROSE]
    """The team that agrees: one of the parties."""
    handle: Annotated[Handle, PROSE]
    """The account of the member who signs for the team."""
    date: Annotated[Day, PROSE]
    """The day on which it was signed."""
    fingerprint: Annotated[Print, PROSE]
    """Of what the document meant and promised on that day."""
    rests_on: Annotated[dict[str, Print], PROSE] = Field(default_factory=dict[str, str])
    """What it rested on, each with its fingerprint: a later change there is shown beside the agreement."""

    @property
    def title(self) -> str:
        return self.name or f"{self.team}: {self.of.partition('/')[2]}"


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Signoff]
